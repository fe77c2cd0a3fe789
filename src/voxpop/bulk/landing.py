"""The landing of sorted posts: segments cut by count alone, which executors make and the driver puts into the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voxpop import segment as segments
from voxpop.bulk.decoding import SORTED, UNDATED
from voxpop.bulk.fresh import Piece
from voxpop.log import Tail
from voxpop.schema import POST


@dataclass(frozen=True)
class Slice:
    """Rows of a piece, from `begin` up to `end`."""

    piece: Piece
    begin: int
    end: int


@dataclass(frozen=True)
class Planned:
    """A segment to be made: where in the log it begins, and the rows it holds."""

    offset: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(part.end - part.begin for part in self.slices)

    def path(self, staging: Path) -> Path:
        """Where it is prepared."""
        return staging / "segments" / f"{self.offset:0{segments.OFFSET_DIGITS}d}.parquet"


def plan(pieces: Sequence[Piece], tail: Tail, rows: int) -> list[Planned]:
    """Cut pieces into segments of `rows` rows, the last with what is left; offsets go on from the log's end.

    Neither the number of executors nor how Spark cut its partitions shows in it.

    >>> [(made.offset, made.rows) for made in plan([Piece(0, 0, 5), Piece(1, 0, 2)], Tail(10), 3)]
    [(10, 3), (13, 3), (16, 1)]
    """
    planned, filling, room = [], list[Slice](), rows
    offset = tail.offset
    for part in _cut(pieces, rows):
        filling.append(part)
        room -= part.end - part.begin
        if room == 0:
            planned.append(Planned(offset, tuple(filling)))
            offset, filling, room = offset + rows, [], rows
    return [*planned, Planned(offset, tuple(filling))] if filling else planned


def _cut(pieces: Sequence[Piece], rows: int) -> Iterator[Slice]:
    room = rows
    for piece in pieces:
        begin = 0
        while begin < piece.rows:
            end = min(piece.rows, begin + room)
            yield Slice(piece, begin, end)
            room = room - (end - begin) or rows
            begin = end


@dataclass(frozen=True)
class Prepare:
    """Makes one segment whole below `staging`; it keeps the cursors that the log has, for its rows add none."""

    staging: Path
    cursors: dict[str, str]

    def __call__(self, planned: Planned) -> int:
        """Write it, the same bytes again when repeated; answers how many of its posts came without a time."""
        parts = [
            pq.read_table(part.piece.path(self.staging), partitioning=None).slice(part.begin, part.end - part.begin)
            for part in planned.slices
        ]
        # One chunk a column, so that its pages do not depend on how the rows were staged.
        rows = pa.concat_tables(parts).cast(SORTED).combine_chunks()
        footer = {"offset": planned.offset, "rows": rows.num_rows, "cursors": self.cursors}
        segments.write(planned.path(self.staging), rows.select(POST.names), footer)
        undated: int = pc.sum(rows[UNDATED]).as_py()
        return undated
