"""What posts say of a topic, as a stage of its own: one scored segment to one segment of the posts on the topic.

It lies beside `scored/` in `towards/<model_id>/<key of the topic>/`, under the same names, so that here too what is
missing is the difference of two directories: a new topic, a new title or a new model has all of its past to do.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voxpop import segment as segments
from voxpop.errors import Poison
from voxpop.log import POISONED, Log
from voxpop.schema import SCORES
from voxpop.score import Job, ModelSpec, score_towards
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Engine
from voxpop.segment import Segment
from voxpop.stores.matched import incoming
from voxpop.topics import Matcher, Topic

TOWARDS: Final = pa.schema(
    [
        pa.field("position", pa.int64(), nullable=False),
        pa.field("post_id", pa.string(), nullable=False),
        *SCORES,
    ]
)
"""Columns of a segment of this stage, a row for each event on the topic, and none that holds what was said.

`position` is the row's place in the log; label, probabilities and polarity are towards the topic.
"""

SEGMENTS_A_ROUND: Final = 64


@dataclass(frozen=True)
class TowardsJob(Job):
    """Scores the posts of one scored segment that are on a topic, towards it. Picklable and idempotent, as any `Job`.

    Its `landing` is the directory of a model's scored segments, its `scored` that of this stage.
    """

    topic: Topic

    def answer(self, segment: Segment, rows: pa.Table) -> pa.Table:
        """The rows of `TOWARDS` for a segment: those that the topic's query matches, as the store matches them."""
        matched = incoming(segment, rows, Matcher([self.topic]))
        matched = matched.filter(pc.greater(pc.list_value_length(matched["topics"]), 0))
        scores = score_towards(self.model.open(), matched, self.topic.title)
        columns = [matched["position"], matched["post_id"], *scores.columns]
        return pa.Table.from_arrays(columns, schema=TOWARDS)


def key(topic: Topic) -> str:
    """16 hexadecimal digits that stand for what decides a topic's rows: what is matched, and its title.

    The title is what the model reads, so that another one asks for other scores.
    """
    return hashlib.blake2b(f"{topic.digest}\n{topic.title}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Stage:
    """The stage of one topic over a log.

    Attributes:
        log: where the segments are.
        model_id: the model whose `scored/` is read.
        spec: the model that reads a topic.
        topic: what posts are scored towards.
    """

    log: Log
    model_id: str
    spec: ModelSpec
    topic: Topic

    @property
    def job(self) -> TowardsJob:
        """What does one segment."""
        return TowardsJob(self.log.scored(self.model_id), self.directory, self.spec, self.topic)

    @property
    def directory(self) -> Path:
        """Where the stage's segments are."""
        return self.log.towards(self.spec.open().model_id, key(self.topic))

    @property
    def made_by(self) -> str:
        """What decides the stage's rows: the model, and the key of the topic."""
        return f"{self.spec.open().model_id} {key(self.topic)}"

    def missing(self) -> list[Segment]:
        """Scored segments that are not done, oldest first."""
        return self.log.missing_towards(self.log.scored(self.model_id), self.directory)

    def catch_up(self, engine: Engine, watch: Callable[[int], object] = lambda done: None) -> int:
        """Do what is missing; answers how many segments were done.

        Killed and started again, it ends in the same bytes. A scored segment that cannot be read is set aside until
        the next call, by when it may have been scored again.
        """
        for marker in self.directory.glob(f"*/[0-9]*{POISONED}"):
            marker.unlink()
        total = 0
        while missing := self.missing()[:SEGMENTS_A_ROUND]:
            for _ in engine.run(self.job, missing):
                total += 1
                watch(1)
        return total

    def counts(self) -> dict[str, Any]:
        """How many posts have each label, towards the topic and overall, each post in its newest version on the topic.

        Deletions are not looked at: these files are what a store folds them into. A segment that cannot be read is
        removed, so that it is missing again.
        """
        newest: dict[str, tuple[str, str]] = {}
        for path in sorted(self.directory.glob("*/[0-9]*.parquet")):
            newest |= self._labels(Segment.parse(path))
        labels = (*LABELS, UNSCORED)
        towards, overall = (Counter(pair[at] for pair in newest.values()) for at in (0, 1))
        return {
            "n": len(newest),
            "towards": {label: towards[label] for label in labels},
            "overall": {label: overall[label] for label in labels},
            "differ": sum(one != other for one, other in newest.values()),
        }

    def _labels(self, segment: Segment) -> dict[str, tuple[str, str]]:
        """By post, its label towards the topic and overall."""
        path = self.directory / segment.path
        try:
            rows = segments.read(path)
        except Poison:
            path.unlink()
            return {}
        whole = pq.read_table(self.log.scored(self.model_id) / segment.path, columns=["label"])["label"]
        overall = whole.take(pc.subtract(rows["position"], segment.offset)).to_pylist()
        pairs = zip(rows["label"].to_pylist(), overall, strict=True)
        return dict(zip(rows["post_id"].to_pylist(), pairs, strict=True))
