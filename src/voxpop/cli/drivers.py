"""The command that says what moved the numbers: `drivers`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Copies, Data, Json, OneVoice, Reposts, Store, Topics, Towards
from voxpop.cli.window import one_judged, period_of, windowed
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.api.drivers import Compared, Driven, Drivers, Parts

_SHOWN: Final = 8


@app.command()
def drivers(
    topic: Topics = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="[default: a day before the end]")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive. [default: after the last post]")] = None,
    before_start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Of the window to set against it. [default: as long, just before]"),
    ] = None,
    before_end: Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive.")] = None,
    against: Annotated[str | None, typer.Option(help="Another topic, by default in the same window.")] = None,
    reposts: Reposts = True,
    copies: Copies = True,
    one_voice: OneVoice = False,
    towards: Towards = False,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say what moved the numbers from one window to another: words, hashtags, links, countries, languages, authors.

    Each author has one voice. The change of net sentiment is split into who talks and how they talk. Times are ISO
    8601, UTC without a zone. docs/drivers.md has the formulas.

    Example: voxpop drivers --topic gta6 --start 2026-11-19T09:00 --end 2026-11-19T10:00
    """
    from voxpop.api.drivers import answer
    from voxpop.insight.change import change, other

    if (before_start is None) != (before_end is None):
        raise Terminal("--before-start and --before-end go together; give both or neither")
    settings = config.load(settings_file, data=data, store=store)
    with windowed(settings, topic, (start, end)) as (view, now, known):
        if towards:
            one_judged(view, topic)
        now = replace(now, reposts=reposts, copies=copies, one_voice=one_voice, towards=towards)
        before = other(now, known(against) if against else now.topic, period_of(before_start, before_end))
        found = answer(change(view, now, before))
    console.answer(found.model_dump(mode="json"), as_json=json_, text=shown(found))


def shown(found: Drivers) -> str:
    """The windows, the parts of the change of net sentiment, then the strongest drivers of each kind."""
    if found.now is None or found.before is None:
        return "there are no posts"
    lines = [_window("now", found.now), _window("before", found.before), ""]
    if found.net_change is not None:
        lines += [f"net sentiment {found.net_change:+.3f}"]
        lines += [line for parts in found.mixes for line in _parts(parts)]
    lines += ["", *_table("more or less of than before", found.drivers)]
    lines += ["", *_table("goes with positive (+) and negative (-) posts", found.pushes)]
    return "\n".join(lines)


def _window(name: str, window: Compared) -> str:
    net = "no net sentiment" if window.net is None else f"net {window.net:+.3f}"
    read = f"; drivers are of a sample of {window.read:,}" if window.is_sample else ""
    when = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}" if window.start and window.end else ""
    return f"{name:<7} {window.topic}  {when}  {window.n:,} posts, {net}{read}"


def _parts(parts: Parts) -> list[str]:
    sample = f", a change of {parts.change:+.3f} in the sample" if parts.is_sample else ""
    head = f"  by {parts.group}: {parts.mix:+.3f} who talks, {parts.rate:+.3f} how they talk{sample}"
    rows = [f"    {part.name or 'unknown':<10} {part.mix:+.3f} {part.rate:+.3f}" for part in parts.parts[:3]]
    return [head, *rows]


def _table(title: str, drivers: list[Driven]) -> list[str]:
    if not drivers:
        return [f"{title}: nothing beyond chance"]
    lines = [f"{title}:", f"{'z':>8} {'now':>6} {'before':>6}  kind     thing"]
    told: dict[tuple[str, bool], int] = {}
    for driver in drivers:
        side = driver.kind, driver.log_odds > 0
        told[side] = told.get(side, 0) + 1
        if told[side] <= _SHOWN:
            lines.append(_row(driver))
    return lines


def _row(driver: Driven) -> str:
    # Other people's text must not move the cursor of the terminal that shows it.
    also = f" (also: {', '.join(driver.also[:4])})" if driver.also else ""
    thing = "".join(letter if letter.isprintable() else " " for letter in driver.name + also)
    return f"{driver.z:>+8.1f} {driver.share:>6.1%} {driver.share_before:>6.1%}  {driver.kind:<8} {thing}"
