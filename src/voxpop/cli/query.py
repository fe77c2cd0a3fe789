"""`voxpop query`: a running Voxpop's numbers as a table, or as a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from voxpop import console
from voxpop.cli.app import app
from voxpop.cli.options import Copies, OneVoice, Reposts, Towards
from voxpop.errors import Terminal

if TYPE_CHECKING:
    import pyarrow as pa

    from voxpop.output import Format

What = Literal["buckets", "compare", "countries", "cells", "posts", "topics", "gaps", "models"]
Url = Annotated[str | None, typer.Option(help="Where Voxpop runs. [default: VOXPOP_URL, or http://127.0.0.1:8050]")]
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_CHOSEN = frozenset({"topic", "start", "end", "country", "lang", "source", "reposts", "copies", "one_voice", "towards"})
_OPTIONS = {"q": "--text", "reposts": "--no-reposts", "copies": "--no-copies", "one_voice": "--one-voice"}
_TAKES: dict[str, frozenset[str]] = {
    "buckets": _CHOSEN | {"label", "width", "group", "tz"},
    "compare": _CHOSEN,
    "countries": _CHOSEN | {"label"},
    "cells": _CHOSEN | {"label"},
    "posts": _CHOSEN | {"label", "q", "limit"},
}


@app.command()
def query(
    what: Annotated[What, typer.Argument(help="What to ask for.")],
    topic: Annotated[list[str] | None, typer.Option(help="Repeat it for posts on any, or topics to compare.")] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="From this time on, such as 2026-11-19.")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Up to this time, exclusive.")] = None,
    width: Annotated[str | None, typer.Option(help="Of an interval: 5m, 1h, 1d, 1w. [default: 1m]")] = None,
    group: Annotated[str | None, typer.Option(help="A series for each topic, country, lang, source or label.")] = None,
    tz: Annotated[str | None, typer.Option(metavar="ZONE", help="Time zone whose days count. [default: UTC]")] = None,
    country: Annotated[list[str] | None, typer.Option(help="ISO code; may be repeated.")] = None,
    lang: Annotated[list[str] | None, typer.Option(help="ISO code; may be repeated.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="A source's name; may be repeated.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="negative, neutral, positive or unscored.")] = None,
    reposts: Reposts = True,
    copies: Copies = True,
    one_voice: OneVoice = False,
    towards: Towards = False,
    q: Annotated[str | None, typer.Option("--text", metavar="WORDS", help="Posts whose text holds these.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Newest posts only. [default: all]")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a .csv, .jsonl or .parquet file.")] = None,
    format: Annotated[str | None, typer.Option(help="csv or jsonl instead of a table for people.")] = None,
    url: Url = None,
) -> None:
    """Ask a running Voxpop; a key comes from VOXPOP_KEY in the environment.

    Example: voxpop query buckets --topic gta6 --width 1h --tz Europe/Berlin

    Example: voxpop query compare --topic gta6 --topic tesla --start 2026-11-19

    Example: voxpop query buckets --topic gta6 --no-copies --one-voice

    Example: voxpop query posts --topic gta6 --text delay --out posts.parquet
    """
    from voxpop.client import Client
    from voxpop.output import format_of

    chosen = {
        "topic": topic, "start": start, "end": end, "width": width and _width(width), "group": group, "tz": tz,
        "country": country, "lang": lang, "source": source, "label": label, "q": q, "limit": limit,
        "reposts": None if reposts else False, "copies": None if copies else False, "one_voice": one_voice or None,
        "towards": towards or None,
    }  # fmt: skip
    given = _taken(what, chosen)
    form = format_of(out, format) if out or format else None
    with Client(url) as client:
        table: pa.Table = getattr(client, what)(**given)
    if form is None:
        console.answer({}, as_json=False, text=_text(table))
    else:
        _write(table, out, form)


def _write(table: pa.Table, out: Path | None, form: Format) -> None:
    import pyarrow as pa

    from voxpop.output import Output

    with Output(out, form) as sink:
        for batch in table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]:
            sink.write([{}] * batch.num_rows, batch)


def _taken(what: str, chosen: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in chosen.items() if value not in (None, [])}
    unknown = [_OPTIONS.get(name, f"--{name}") for name in given if name not in _TAKES.get(what, frozenset())]
    if unknown:
        raise Terminal(f"{what} does not take {', '.join(unknown)}; leave it out")
    return given


def _width(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()):
        raise Terminal(f"{text!r} is no width; give a number and m, h, d or w, such as 1h")
    return int(number) * _UNITS[unit]


def _text(table: pa.Table) -> str:
    """Columns side by side, numbers to the right."""
    rows = [[_cell(value) for value in row.values()] for row in table.to_pylist()]
    lines = [table.column_names, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(table.num_columns)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= 60 else shown[:59] + "…"
