"""The command that lists spikes and shifts: `alerts`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, Store
from voxpop.cli.window import period_of, windowed
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings


@app.command()
def alerts(
    topic: Annotated[
        list[str] | None,
        typer.Option(help="Only of this topic; * is every post. May be repeated. [default: any]"),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Look at history from then on anew, as it is now; notes and sends nothing."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="With --since. [default: the last post]")] = None,
    test: Annotated[bool, typer.Option("--test", help="Send a test to every channel of the settings instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 50,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say what moved beyond chance: spikes of volume and shifts of net sentiment, since when, how much and why.

    Without --since, what was noted while Voxpop ran. Times are ISO 8601, UTC without a zone. docs/alerts.md says how
    alerts are found, and how often one is false.

    Example: voxpop alerts --open

    Example: voxpop alerts --topic gta6 --since 2026-11-19

    Example: voxpop alerts --test --config voxpop.toml
    """
    from voxpop.api.alerts import answer

    if until and not since:
        raise Terminal("--until goes with --since; give both, or neither")
    settings = config.load(settings_file, data=data, store=store)
    if test:
        return _tested(settings, as_json=json_)
    rows, looked = _kept(settings, topic) if since is None else _anew(settings, topic, (since, until))
    rows = [row for row in rows if not open_ or row["closed"] is None][:limit]
    found = {"until": looked.isoformat() if looked else None}
    answered = {**found, "alerts": [answer(row).model_dump(mode="json") for row in rows]}
    console.answer(answered, as_json=json_, text=shown(rows, looked))


def _tested(settings: Settings, *, as_json: bool) -> None:
    """Send a test through each channel; a channel that fails makes the command fail.

    Raises:
        Terminal: there are no channels, or a secret is not there.
    """
    from voxpop.notify.opening import channels_of
    from voxpop.notify.trial import trial

    channels = channels_of(settings)
    if not channels:
        raise Terminal("the settings have no channels; docs/alerts.md says how to write a [[channels]] table")
    found = {channel.name: channel.send(trial()).trouble for channel in channels}
    lines = [f"{name}: {'sent' if trouble is None else trouble}" for name, trouble in found.items()]
    console.answer({"channels": found}, as_json=as_json, text="\n".join(lines))
    if any(found.values()):
        raise typer.Exit(1)


def _kept(settings: Settings, topics: list[str] | None) -> tuple[list[dict[str, Any]], datetime | None]:
    from voxpop.stores.alerts import MOST, Wanted, alerts, looked_until

    with windowed(settings, topics, (None, None)) as (view, _, _):
        return alerts(view, Wanted(tuple(topics or ()), limit=MOST)).to_pylist(), looked_until(view)


def _anew(
    settings: Settings, topics: list[str] | None, period: tuple[str, str | None]
) -> tuple[list[dict[str, Any]], datetime | None]:
    from voxpop.catalogue import Catalogue
    from voxpop.insight.detection import detect
    from voxpop.insight.reasons import reasons
    from voxpop.lookout import EXPLAINED, record

    start, _ = period_of(*period)
    with windowed(settings, topics, period) as (view, window, _):
        names = [known.name for known in Catalogue(settings.all_topics(), settings.data).topics]
        begin, end = start or datetime.now(UTC), window.end or datetime.now(UTC)
        found = [alert for alert in detect(view, names, begin, end) if not topics or alert.topic in topics]
        newest = {alert.id for alert in found[-EXPLAINED:]}
        rows = [record(alert, reasons(view, alert) if alert.id in newest else None) for alert in found]
    return rows[::-1], end


def shown(rows: list[dict[str, Any]], until: datetime | None) -> str:
    """The alerts, newest first, each with why."""
    from voxpop.insight.telling import sentence, why

    if until is None:
        return "nobody has looked for alerts yet; start `voxpop run`, or look at history with --since"
    head = f"{len(rows)} alert{'' if len(rows) == 1 else 's'}, looked for until {until:%Y-%m-%d %H:%M}"
    lines = [
        line
        for row in rows
        for line in (
            f"{row['state']:<8} {sentence(row)}",
            *(f"{'':<11}{reason}" for reason in why(json.loads(row["why"]) if row["why"] else None)),
        )
    ]
    return "\n".join([head, *lines])
