"""The four seams as protocols: a source, a scorer, an engine, a store.

Each seam has one list of laws in `voxpop.testing`, run on every implementation.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa

from voxpop.gaps import Gap
from voxpop.schema import Post

if TYPE_CHECKING:
    from voxpop.score import Job
    from voxpop.segment import Segment


@dataclass(frozen=True)
class Rejected:
    """A record that could not be read: it goes to quarantine whole, with its reason.

    Attributes:
        origin: file name or source the record came from.
        position: where in the origin, counted in records from 1.
        line: the record as it was read, undecodable bytes escaped.
        reason: one sentence a person can act on.
    """

    origin: str
    position: int
    line: str
    reason: str


@dataclass(frozen=True)
class Fetched:
    """What a source had ready.

    Every record read is in exactly one place: `posts`, `rejected` or counted in `ignored` by what it was (a like, a
    follow, a user profile: known, and not a post).

    Attributes:
        cursor: resumes *after* the last record of this value, never on it.
        done: fraction of a finite source read so far, in [0, 1]; None where the source has no end.
        gaps: what changed about periods in which a live source was not heard; those `recovered` are so by the posts
            delivered up to here.
    """

    cursor: str
    posts: Sequence[Post] = ()
    rejected: Sequence[Rejected] = ()
    ignored: dict[str, int] = field(default_factory=dict)
    done: float | None = None
    gaps: Sequence[Gap] = ()


class Source(Protocol):
    """Where posts come from. Delivery is at least once; `ingest` removes what came twice."""

    name: str

    def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what is ready, from the beginning or after `cursor`.

        Must not block the event loop. The iterator ends when a finite source does. Raises `Transient` when the other
        side failed and reading again from the last cursor may help, `Terminal` when it cannot.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A source, an engine or a scorer that has more to say of itself: what it costs, what hinders it, where it runs."""

    def status(self) -> dict[str, Any]:
        """Plain JSON values, for `GET /v1/status`; called from a thread."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A source that keeps what it delivered until it is told that it has landed."""

    def landed(self, cursor: str) -> None:
        """Whatever was delivered up to `cursor` is in a segment on the disk, or was accounted for otherwise."""
        ...


class Scorer(Protocol):
    """A row-wise function on batches. Total: any text gets a row, never an exception."""

    model_id: str
    languages: frozenset[str]
    """ISO 639-1 codes it can read; empty means any."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Score the column `text`; answers `voxpop.schema.SCORES`, one row per row, in order.

        The split law: scoring two batches apart equals scoring them as one, whatever the cut.
        """
        ...


@runtime_checkable
class Cutting(Protocol):
    """A scorer that reads only so much of a text."""

    def cuts(self, text: str) -> bool:
        """Tell whether a text is longer than what counts of it; costs about a tenth of a score."""
        ...


def reads_topic(scorer: Scorer) -> bool:
    """Whether a scorer answers what a post says of a topic: its batches have a column `topic` beside `text`."""
    return bool(getattr(scorer, "reads_topic", False))


class Engine(Protocol):
    """A way to call `job` on many segments. Owns no state, no storage and no order."""

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        """Yield each scored segment as it is done, in any order, each exactly once."""
        ...


@runtime_checkable
class Wide(Protocol):
    """An engine on many cores, which is given many segments at once."""

    def cores(self) -> int:
        """How many jobs it runs at once, as of now; at least 1."""
        ...


@runtime_checkable
class Following(Protocol):
    """An engine that finds what is missing itself, as it lands."""

    def follow(self, job: Job, stopped: threading.Event) -> Iterator[Segment]:
        """Yield each segment of the job's log as it is scored or set aside, until `stopped` is set.

        The job's `landing` and `scored` must be those of one log. What is missing is the log's to say, not the
        engine's to remember.
        """
        ...


class Store(Protocol):
    """A view over the scored log. Dropping and rebuilding it loses nothing."""

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """Fold a scored segment into posts and buckets, with its ledger entry, in one transaction.

        Answers False, having changed nothing, when the ledger already has the segment.
        """
        ...

    def loaded(self) -> set[Segment]:
        """The segments in the ledger."""
        ...

    def query(self, name: str, **params: Any) -> pa.Table:
        """Run the named `.sql` file with `params` and answer its rows."""
        ...
