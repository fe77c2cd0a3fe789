"""The command that says what a profile's location becomes: `place`."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from voxpop import console
from voxpop.cli.app import INTERRUPTED, app
from voxpop.cli.options import Json
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.place import Found

Format = Literal["jsonl", "csv"]

_COLUMNS: Final = ("text", "country", "name", "lat", "lon", "confidence", "why")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@app.command()
def place(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What an author's profile says about where they are.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A text file with a location a line; - reads a pipe.")] = None,
    format: Annotated[Format, typer.Option(help="How the rows of --file are written.")] = "jsonl",
    json_: Json = False,
) -> None:
    """Say which country and city a profile's location means, and why, or why it means none.

    It works offline and would rather say nothing than the wrong country. With --file one row comes out for each line,
    in order, and the share that has a country at the end. In CSV, text that a spreadsheet would run gets an apostrophe.

    Example: voxpop place "London, ON"

    Example: voxpop place --file locations.txt --format csv > places.csv
    """
    from voxpop.place import find

    if (text is None) == (file is None):
        raise Terminal(
            'nothing to place, or two things; give one TEXT, as in voxpop place "London, ON", or --file FILE'
        )
    if text is not None:
        found = find(text)
        console.answer({"text": text, **found.to_json()}, as_json=json_, text=shown(found))
        return
    summary, status = _place_file(Path(str(file)), format)
    console.answer(summary, as_json=json_)
    if not json_:
        console.say(_told(summary))
    if status:
        raise typer.Exit(status)


def shown(found: Found) -> str:
    """One line: country, city and its point, confidence, and why."""
    if found.country is None:
        return f"none: {found.why}"
    city = f", {found.name} ({found.lat:.2f}, {found.lon:.2f})" if found.name else ""
    return f"{found.country}{city}; confidence {found.confidence}: {found.why}"


def _place_file(path: Path, format: Format) -> tuple[dict[str, Any], int]:
    """Write a row for each line; answers the summary, and the exit status when the user stopped it."""
    from voxpop.place import find

    why: Counter[str] = Counter()
    placed = status = 0
    rows = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n") if format == "csv" else None
    if rows:
        rows.writeheader()
    try:
        for line in _lines(path):
            found = find(line)
            why[found.why] += 1
            placed += found.country is not None
            row = {"text": line, **found.to_json()}
            if rows:
                rows.writerow(row | {"text": "'" + line if line.startswith(_FORMULA) else line})
            else:
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    except KeyboardInterrupt:
        status = INTERRUPTED
    lines = why.total()
    coverage = round(placed / lines, 4) if lines else None
    return {"lines": lines, "placed": placed, "coverage": coverage, "why": dict(why.most_common())}, status


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, with a bar by its bytes; bytes that are no UTF-8 are replaced, and so name no place."""
    if path != Path("-") and not path.is_file():
        raise Terminal(f"there is no file {path}; check the path")
    stream = sys.stdin.buffer if path == Path("-") else path.open("rb")
    size = 0 if path == Path("-") else path.stat().st_size
    with stream, console.ShareBar("placing") as bar:
        read = 0
        for count, line in enumerate(stream, start=1):
            read += len(line)
            yield line.rstrip(b"\r\n").decode("utf-8", "replace")
            if count % 1000 == 0:
                bar.show(count, read / size if size else None)


def _told(summary: dict[str, Any]) -> str:
    share = f" ({summary['coverage']:.1%})" if summary["lines"] else ""
    head = f"{summary['placed']:,} of {summary['lines']:,} lines have a country{share}"
    return "\n".join([head, *(f"{count:>8,}  {why}" for why, count in summary["why"].items())])
