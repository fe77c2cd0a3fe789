"""The job: one landing segment to one scored segment of the same name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from voxpop import geo, language, models, registry, text
from voxpop import segment as segments
from voxpop.errors import Poison
from voxpop.log import set_aside
from voxpop.schema import SCORED, SCORES
from voxpop.seams import Scorer
from voxpop.segment import Segment

UNSCORED = "unscored"

_Texts = Callable[[pa.Array], pa.RecordBatch]
"""Answers `SCORES` for texts, row for row."""


@dataclass(frozen=True)
class ModelSpec:
    """What opens the same scorer in any process: its registered kind, its directory, its threads."""

    kind: str
    directory: Path
    threads: int = 1

    def open(self) -> Scorer:
        """The scorer, opened once per process."""
        return _open(self)

    def __reduce__(self) -> tuple[Callable[..., ModelSpec], tuple[str, str | Path, int]]:
        """A bundled model travels by name, for another machine may have Voxpop elsewhere."""
        bundled = {directory: name for name, directory in models.bundled().items()}
        if self.directory in bundled:
            return _bundled, (self.kind, bundled[self.directory], self.threads)
        return ModelSpec, (self.kind, self.directory, self.threads)


def _bundled(kind: str, name: str, threads: int) -> ModelSpec:
    return ModelSpec(kind, models.find(name), threads)


def openings() -> int:
    """How many scorers this process has opened: one for each model, however many segments it scored."""
    return _open.cache_info().misses


@lru_cache(maxsize=2)
def _open(spec: ModelSpec) -> Scorer:
    scorer: Scorer = registry.load("scorers", spec.kind).open(spec.directory, threads=spec.threads)
    return scorer


@dataclass(frozen=True)
class Job:
    """Scores one landing segment. Picklable, idempotent: running it again writes the same bytes.

    A landing segment that cannot be read is set aside beside the scored ones with its reason, so that every engine
    may go on.
    """

    landing: Path
    scored: Path
    model: ModelSpec

    def for_worker(self) -> Job:
        """The same job for a worker of a cluster, whose working directory is another and which has one core."""
        model = replace(self.model, directory=self.model.directory.absolute(), threads=1)
        return replace(self, landing=self.landing.absolute(), scored=self.scored.absolute(), model=model)

    def answer(self, segment: Segment, rows: pa.Table) -> pa.Table:
        """What is written for a segment's rows."""
        return score_rows(self.model.open(), rows)

    def __call__(self, segment: Segment) -> Segment:
        """Score the segment and commit it by one rename; again, if it was scrubbed since it was read.

        So what a scrub takes out of `landing/` does not come back in `scored/`: the scrub looks there afterwards.
        """
        landed = self.landing / segment.path
        version: tuple[int, int] | None = None
        while version != (version := _version(landed)):
            try:
                scored = self.answer(segment, segments.read(landed))
            except Poison as error:
                set_aside(self.scored, segment, str(error))
                return segment
            segments.write(self.scored / segment.path, scored, {"offset": segment.offset, "rows": scored.num_rows})
        return segment


def _version(path: Path) -> tuple[int, int]:
    """What changes when a file is replaced; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def score_rows(scorer: Scorer, rows: pa.Table) -> pa.Table:
    """Add the score and what is derived from each row to landing rows; answers `SCORED`, row for row.

    Texts that are equal after `voxpop.text.prepare` are scored once, and their language is detected once where no
    source names it. A row the scorer cannot read (another language, no text) is unscored, never guessed.
    """
    prepared, codes = _prepare(rows["text"])
    declared = _by_distinct(rows["lang"], language.declared)
    languages = pc.coalesce(declared, _detect(prepared, codes, pc.is_null(declared)))
    scores = _score_distinct(_beside(scorer, None), prepared, codes, _readable(scorer, languages))
    fingerprints = pa.array([fingerprint(known) for known in prepared], pa.string()).take(codes)
    derived = [languages, *_places(rows), fingerprints, pa.repeat(pa.scalar(scorer.model_id), len(rows))]
    return pa.Table.from_arrays([*rows.columns, *scores.columns, *derived], schema=SCORED)


def score_texts(
    scorer: Scorer, texts: pa.Array, *, any_language: bool = False, topic: str | None = None
) -> pa.RecordBatch:
    """Score texts as posts without a language are scored; answers `SCORES` and `lang_detected`, row for row.

    With `any_language` a text is scored whatever it is written in: the model guesses at what it cannot read. A scorer
    that reads a topic is given `topic`, in the words that people know it by.
    """
    prepared, codes = _prepare(pa.chunked_array([texts], pa.string()))
    everything = pa.repeat(pa.scalar(True), len(texts))
    languages = _detect(prepared, codes, everything)
    readable = everything if any_language else _readable(scorer, languages)
    scores = _score_distinct(_beside(scorer, topic), prepared, codes, readable)
    return scores.append_column("lang_detected", languages)


def score_towards(scorer: Scorer, rows: pa.Table, topic: str) -> pa.RecordBatch:
    """What scored rows say of a topic, given in the words that people know it by; answers `SCORES`, row for row.

    `scorer` is one that reads a topic. Equal texts are scored once; a row in a language it cannot read is unscored.
    """
    prepared, codes = _prepare(rows["text"])
    return _score_distinct(
        _beside(scorer, topic), prepared, codes, _readable(scorer, rows["lang_detected"].combine_chunks())
    )


def fingerprint(prepared: str) -> str:
    """16 hex digits that are equal for texts that are equal but for case; the same on every machine."""
    return xxhash.xxh3_64_hexdigest(prepared.casefold().encode("utf-8", "surrogatepass"))


def _prepare(column: pa.ChunkedArray) -> tuple[list[str], pa.Array]:
    """The distinct prepared texts, and for each row the index of its own."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    distinct: dict[str, int] = {}
    places = [distinct.setdefault(text.prepare(raw or ""), len(distinct)) for raw in encoded.dictionary.to_pylist()]
    return list(distinct), pa.array(places, pa.int64()).take(encoded.indices)


def _detect(prepared: Sequence[str], codes: pa.Array, asked: pa.Array) -> pa.Array:
    """The language of each row that is asked for, each distinct text looked at once; null for the other rows."""
    wanted = pc.unique(codes.filter(asked))
    found = pa.array([language.detected(prepared[at]) for at in wanted.to_pylist()], pa.string())
    return found.take(pc.if_else(asked, pc.index_in(codes, value_set=wanted), pa.scalar(None, pa.int32())))


def _readable(scorer: Scorer, languages: pa.Array) -> pa.Array:
    if not scorer.languages:
        return pa.repeat(pa.scalar(True), len(languages))
    known = pa.array(sorted(scorer.languages), pa.string())
    return pc.or_(pc.is_null(languages), pc.is_in(languages, value_set=known))


def _beside(scorer: Scorer, topic: str | None) -> _Texts:
    """What answers texts: the scorer, given each text beside the topic where there is one."""

    def answer(texts: pa.Array) -> pa.RecordBatch:
        columns = (
            {"text": texts} if topic is None else {"text": texts, "topic": pa.repeat(pa.scalar(topic), len(texts))}
        )
        return scorer(pa.record_batch(columns))

    return answer


def _score_distinct(answer: _Texts, prepared: Sequence[str], codes: pa.Array, readable: pa.Array) -> pa.RecordBatch:
    """Score each distinct text that some readable row has, once, and hand the scores back to the rows."""
    wanted = pc.unique(codes.filter(readable))
    scored = answer(pa.array(prepared, pa.string()).take(wanted))
    at = pc.if_else(readable, pc.index_in(codes, value_set=wanted), pa.scalar(None, pa.int32()))
    columns = [scored[name].take(at) for name in SCORES.names]
    columns[0] = pc.fill_null(columns[0], UNSCORED)
    return pa.RecordBatch.from_arrays(columns, schema=SCORES)


def _by_distinct(column: pa.ChunkedArray, function: Callable[[str | None], str | None]) -> pa.Array:
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    values = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return values.take(encoded.indices)


def _places(rows: pa.Table) -> list[pa.Array]:
    """The columns `country`, `lat`, `lon`, `h3`, `geo_source`."""
    names = ("gps_lat", "gps_lon", "place_country", "profile_location")
    evidence = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    known = {row: geo.locate(*row) for row in set(evidence)}
    places = [known[row] for row in evidence]
    fields = (
        ("country", pa.string()),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("h3", pa.string()),
        ("source", pa.string()),
    )
    return [pa.array([getattr(place, name) for place in places], kind) for name, kind in fields]
