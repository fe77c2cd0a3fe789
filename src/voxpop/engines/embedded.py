"""The default engine: this process, one segment after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voxpop.score import Job
from voxpop.segment import Segment


class EmbeddedEngine:
    """Calls the job here; the scorer's own threads use the cores. Needs nothing else."""

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        """Yield each segment as it is scored, in the order given."""
        for segment in segments:
            yield job(segment)
