"""Corrections as tab-separated values: what `voxpop evaluate`, `calibrate` and `train --add` read, and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from voxpop.output import inert

COLUMNS: Final = (
    "post_id", "label", "model_label", "author", "given_at", "drawn", "source", "lang", "topic", "model_id", "text",
)  # fmt: skip
"""The text comes last: readers of labelled tables take the rest of the line for it."""


def head() -> str:
    """The first line."""
    return "\t".join(COLUMNS) + "\n"


def lines(rows: Iterable[Mapping[str, Any]], *, guard: bool = True) -> Iterator[str]:
    r"""A line for each correction. There is no quoting, so white space of any kind within a cell becomes one space.

    Of several topics the first is told. With `guard` a cell that a spreadsheet would run as a formula begins with an
    apostrophe; a model that is trained on such a file reads it, too, so leave it out there.

    >>> row = {"post_id": "x:1", "label": "neutral", "topics": [], "text": "=1\t+ 1"}
    >>> list(lines([row]))
    ["x:1\tneutral\t\t\t\t\t\t\t\t\t'=1 + 1\n"]
    """
    for row in rows:
        cells = [" ".join(_text(row, name).split()) for name in COLUMNS]
        yield "\t".join(inert(cell) if guard else cell for cell in cells) + "\n"


def _text(row: Mapping[str, Any], name: str) -> str:
    if name == "topic":
        return next(iter(row["topics"]), "")
    value = row.get(name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)
