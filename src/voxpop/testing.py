"""The test kit that ships: a scripted source, and the laws of each seam as `check_*` functions.

Whoever writes a source, scorer, engine or store runs the laws on it; Voxpop runs them on every one it registers.
A law that does not hold raises `AssertionError` naming the law.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from voxpop import segment as segments
from voxpop.schema import SCORES, Post
from voxpop.score import Job
from voxpop.seams import Engine, Fetched, Rejected, Scorer, Source, Store
from voxpop.segment import Segment

LABELS = {"negative", "neutral", "positive", "unscored"}


class Aborted(Exception):
    """A scripted source was told to fail here."""


@dataclass(frozen=True)
class Abort:
    """In a script: fail once at this place, as a network would; a second reading goes on."""


@dataclass(frozen=True)
class Pause:
    """In a script: let `seconds` pass."""

    seconds: float


class ScriptedSource:
    """A source that plays a script: posts, rejected records, pauses and failures, in order.

    The cursor is the number of script items done, so reading resumes after the last one delivered.
    """

    def __init__(self, script: Sequence[Post | Rejected | Abort | Pause], name: str = "scripted") -> None:
        self.name = name
        self._script = list(script)

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Play the script from the cursor."""
        for at in range(int(cursor or 0), len(self._script)):
            item = self._script[at]
            if isinstance(item, Abort):
                self._script[at] = Pause(0)
                raise Aborted(f"aborted at item {at}")
            if isinstance(item, Pause):
                await asyncio.sleep(item.seconds)
            posts = (item,) if isinstance(item, Post) else ()
            rejected = (item,) if isinstance(item, Rejected) else ()
            yield Fetched(str(at + 1), posts, rejected, done=(at + 1) / len(self._script))


def read_all(source: Source, cursor: str | None = None) -> list[Fetched]:
    """Everything a finite source has after `cursor`."""

    async def gather() -> list[Fetched]:
        return [fetched async for fetched in source.read(cursor)]

    return asyncio.run(gather())


def check_source(make: Callable[[], Source]) -> None:
    """The laws of a finite source; `make` opens it anew.

    It delivers the same events every time; each cursor resumes after what came with it; times are aware; ids are
    `source:native_id`.
    """
    whole = read_all(make())
    assert _events(read_all(make())) == _events(whole), "reading twice must deliver the same events"
    for at, fetched in enumerate(whole):
        rest = read_all(make(), fetched.cursor)
        assert _events(rest) == _events(whole[at + 1 :]), f"cursor {fetched.cursor!r} must resume after its own posts"
    _check_posts(whole)


def _check_posts(whole: Sequence[Fetched]) -> None:
    for post in (post for fetched in whole for post in fetched.posts):
        assert post.post_id.startswith(f"{post.source}:"), f"{post.post_id!r} must begin with its source"
        assert post.created_at is None or post.created_at.tzinfo, f"{post.post_id} has a time without a zone"


async def check_live_source(make: Callable[[], Source], count: int) -> None:
    """The laws of a source without an end, which must hold `count` different events and deliver them again.

    From the beginning it delivers them all; after any cursor, at least all that came after it; times are aware; ids
    are `source:native_id`. Call it in an event loop; a source that delivers less never ends.
    """
    whole = await _listened(make(), None, count)
    for at, fetched in enumerate(whole):
        due = set(_events(whole[at + 1 :])) - set(_events(whole[: at + 1]))
        rest = await _listened(make(), fetched.cursor, len(due))
        assert due <= set(_events(rest)), f"cursor {fetched.cursor!r} must resume at or before what came after it"
    _check_posts(whole)


async def _listened(source: Source, cursor: str | None, count: int) -> list[Fetched]:
    """What a source delivers until it has delivered so many different events."""
    found: list[Fetched] = []
    if count:
        async for fetched in source.read(cursor):
            found.append(fetched)
            if len(set(_events(found))) >= count:
                break
    return found


def check_scorer(scorer: Scorer, texts: Sequence[str | None], cut: int, topic: str = "tea") -> None:
    """The laws of a scorer on any texts: total, a distribution per row, null where unscored, and the split law.

    A scorer that reads a topic beside a text is given `topic`.

    The split law, score(a + b) == score(a) + score(b), holds for probabilities within 1e-5 and for labels exactly.
    """
    whole = _score(scorer, texts, topic)
    assert whole.schema.names == SCORES.names, "a scorer answers the columns of SCORES"
    assert whole.num_rows == len(texts), "a scorer answers one row per row"
    assert set(whole["label"].to_pylist()) <= LABELS, "a label is one of four"
    values = np.array([whole[name].to_numpy(zero_copy_only=False) for name in SCORES.names[1:4]], dtype=float)
    unscored = np.array([label == "unscored" for label in whole["label"].to_pylist()], dtype=bool)
    assert np.isnan(values[:, unscored]).all(), "an unscored row has no probabilities"
    assert np.allclose(values[:, ~unscored].sum(axis=0), 1.0, atol=1e-4), "probabilities sum to 1"
    parts = pa.concat_tables(pa.table(_score(scorer, part, topic)) for part in (texts[:cut], texts[cut:]))
    assert parts["label"].to_pylist() == whole["label"].to_pylist(), "split law: labels"
    split = np.array([parts[name].to_numpy() for name in SCORES.names[1:4]], dtype=float)
    assert np.allclose(split, values, atol=1e-5, equal_nan=True), "split law: probabilities"


def check_engine(engine: Engine, job: Job, landed: Sequence[Segment], scratch: Path) -> None:
    """The laws of an engine: every segment once, and the bytes that calling the job directly gives."""
    direct = replace(job, scored=scratch / "direct")
    for segment in landed:
        direct(segment)
    by_engine = replace(job, scored=scratch / "engine")
    assert sorted(engine.run(by_engine, landed)) == sorted(landed), "each segment is yielded exactly once"
    assert digest(by_engine.scored) == digest(direct.scored), "an engine's bytes are the job's bytes"
    assert list(engine.run(by_engine, [])) == [], "no segments, no work"


def check_store(store: Store, scored: Path, landed: Sequence[Segment]) -> None:
    """The laws of a store: a segment loads once, and the ledger says which have."""
    for segment in landed:
        table = segments.read(scored / segment.path)
        assert store.load(segment, table), f"{segment} must load the first time"
        assert not store.load(segment, table), f"{segment} must not load twice"
    assert store.loaded() >= set(landed), "the ledger names what was loaded"


def digest(directory: Path) -> str:
    """One hash of every segment below a directory, by name and bytes."""
    total = hashlib.sha256()
    for path in sorted(directory.glob("*/[0-9]*.parquet")):
        total.update(f"{path.parent.name}/{path.name}".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _score(scorer: Scorer, texts: Sequence[str | None], topic: str) -> pa.RecordBatch:
    columns = [pa.array(texts, pa.string()), pa.repeat(pa.scalar(topic), len(texts))]
    return scorer(pa.record_batch(columns, names=["text", "topic"]))


def _events(fetched: Sequence[Fetched]) -> list[tuple[str | None, ...]]:
    """What identifies each event; not its time, which a replay moves."""
    posts = [(post.post_id, post.op, post.rev, post.text) for one in fetched for post in one.posts]
    return [*posts, *((record.origin, record.line, record.reason) for one in fetched for record in one.rejected)]
