"""The commands on shares and how sure they are: `prevalence`, `compare`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Copies, Data, Json, Model, OneVoice, Reposts, Store, Topics, Towards
from voxpop.cli.window import folded, judged, one_judged, opened, period_of, told_of
from voxpop.errors import Terminal

if TYPE_CHECKING:
    import pyarrow as pa

    from voxpop.config import Settings
    from voxpop.insight.correction import Correction
    from voxpop.stores.queries import Filter
    from voxpop.stores.view import View

CONFIDENCE: Final = 0.9
Period = tuple[str | None, str | None]

Start = Annotated[str | None, typer.Option(metavar="TIME", help="ISO 8601, UTC without a zone. [default: first post]")]
End = Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive. [default: after the last post]")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="Only posts from it; may be repeated.")]
Langs = Annotated[list[str] | None, typer.Option("--lang", help="Only posts in it; may be repeated.")]
Width = Annotated[
    int | None, typer.Option(min=60, metavar="SECONDS", help="A series of intervals, whole minutes each.")
]
Group = Annotated[Literal["topic", "country", "lang", "source"] | None, typer.Option(help="The shares by it, too.")]

_COLUMNS: Final = f"{'':<25} {'posts':>9}  {'net':<24}{'negative':<22}{'neutral':<22}positive"


@app.command()
def prevalence(
    topic: Topics = None,
    start: Start = None,
    end: End = None,
    width: Width = None,
    group: Group = None,
    country: Countries = None,
    lang: Langs = None,
    reposts: Reposts = True,
    copies: Copies = True,
    one_voice: OneVoice = False,
    towards: Towards = False,
    model: Model = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Shares of negative, neutral and positive posts of a store, corrected for the model's errors, with intervals.

    A raw count is biased: a model that takes one in five positive posts for neutral makes every crowd look calmer. The
    correction undoes that as far as labelled posts tell, and the 90 % intervals hold what they leave open.

    Example: voxpop prevalence --topic iphone --data my-data

    Example: voxpop prevalence --width 3600 --json

    Example: voxpop prevalence --topic gta6 --towards --data my-data
    """
    from voxpop.insight import shares, views

    if width and (group or width % 60):
        raise Terminal("--width is whole minutes in seconds, and does not go with --group; leave one out")
    settings = config.load(settings_file, data=data, store=store, model=model)
    with _reading(settings, towards) as (view, correction, names):
        chosen = _filter([_known(name, names) for name in topic or ()], (start, end), country, lang)
        if towards:
            one_judged(view, topic)
        filter = replace(chosen, reposts=reposts, copies=copies, one_voice=one_voice, towards=towards)
        seen = views.seen(view, filter)
        answer: dict[str, Any] = {"topic": filter.topic, "correction": _made_of(correction), "confidence": CONFIDENCE}
        answer["folded"] = folded(seen)
        answer["total"] = shares.total(seen, filter, correction).to_pylist()[0]
        if width:
            answer["rows"] = _series(view, filter, timedelta(seconds=width), correction).to_pylist()
        elif group:
            answer["rows"] = shares.by(seen, filter, group, correction).to_pylist()
    for row in answer.get("rows", []):
        row |= {"start": row["start"].isoformat()} if "start" in row else {"name": row["name"] or None}
    console.answer(answer, as_json=json_, text="\n".join([_head(correction), *_table(answer)]))


@app.command()
def compare(
    topic: Annotated[list[str] | None, typer.Option(help="A topic's name; repeat it. [default: all]")] = None,
    start: Start = None,
    end: End = None,
    country: Countries = None,
    lang: Langs = None,
    reposts: Reposts = True,
    copies: Copies = True,
    one_voice: OneVoice = False,
    towards: Towards = False,
    model: Model = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Topics beside each other: share of voice, net sentiment, and the probability that each leads.

    Differences are told where a 90 % interval that holds for all pairs at once leaves out 0, so that comparing many
    topics does not make one out of chance. A post on two topics counts in both.

    Example: voxpop compare --topic iphone --topic pixel --data my-data
    """
    from voxpop.insight import comparison, views

    settings = config.load(settings_file, data=data, store=store, model=model)
    with _reading(settings, towards) as (view, correction, names):
        wanted = [_known(name, names) for name in topic or names]
        chosen = _filter([], (start, end), country, lang)
        filter = replace(chosen, reposts=reposts, copies=copies, one_voice=one_voice, towards=towards)
        if towards:
            judged(view, wanted)
        seen = views.seen(view, filter)
        found, left = comparison.compare(seen, filter, wanted, correction), folded(seen, by_topic=True)
    answer = {"correction": _made_of(correction), "confidence": CONFIDENCE, "folded": left, **found}
    lines = [
        f"{row['name'][:20]:<20} {row['n']:>9,}   {_percent(row['voice'])}   {_percent(row['leads_voice'])}   "
        f"{_net(row):<24}{_percent(row['leads_net'])}"
        for row in found["topics"]
    ]
    heads = [_head(correction), *told_of(left), f"{'':<20} {'posts':>9}  voice  leads   {'net':<24}leads"]
    pairs = [pair for pair in found["differences"] if pair["apart"]]
    told = [
        f"{pair['one']} is {abs(pair['net']):.2f} {'above' if pair['net'] > 0 else 'below'} {pair['other']} "
        f"({pair['low']:+.2f} to {pair['high']:+.2f})"
        for pair in pairs
    ]
    text = "\n".join([*heads, *lines, "", *(told or ["no two of them are surely apart"])])
    console.answer(answer, as_json=json_, text=text)


def _table(answer: dict[str, Any]) -> list[str]:
    rows = answer.get("rows", [])
    lines = [_line(str(row.get("start") or row.get("name")), row) for row in rows]
    return [*told_of(answer["folded"]), _COLUMNS, _line(answer["topic"], answer["total"]), *lines]


@contextmanager
def _reading(settings: Settings, towards: bool) -> Iterator[tuple[View, Correction | None, list[str]]]:
    """The store that the settings name, the correction of the model whose labels are asked for, and topics' names."""
    from voxpop.checkpoints import opening
    from voxpop.insight import correction

    spec = opening.model_of(settings)
    with opened(settings, read_only=settings.database is not None) as (store, names):
        made_by, model_id = store.made_by(), spec.open().model_id
        if made_by not in ("", model_id):
            raise Terminal(f"the store holds scores of {made_by}, not of {model_id}; name its model with --model")
        if towards:
            yield store, correction.find(opening.towards_of(settings).directory), names
        else:
            yield store, correction.find(spec.directory, settings.correction), names


def _series(store: View, filter: Filter, width: timedelta, correction: Correction | None) -> pa.Table:
    from voxpop.insight import shares, views
    from voxpop.stores import queries
    from voxpop.stores.period import Intervals

    intervals = Intervals(width)
    counted = views.seen(store, queries.whole(queries.bounded(store, filter), intervals))
    return shares.series(counted, filter, intervals, correction)


def _filter(topics: list[str], period: Period, country: list[str] | None, lang: list[str] | None) -> Filter:
    from voxpop.stores.filter import Filter, any_of

    return Filter(any_of(topics), *period_of(*period), tuple(country or ()), tuple(lang or ()))


def _known(topic: str, names: list[str]) -> str:
    if topic not in ("*", *names):
        raise Terminal(f"there is no topic {topic!r}; there are {', '.join(names)}")
    return topic


def _made_of(correction: Correction | None) -> dict[str, int] | None:
    return {"posts": correction.posts, "topics": correction.topics} if correction else None


def _head(correction: Correction | None) -> str:
    if correction is None:
        return "counted, not corrected: the model has no correction; make one with `voxpop calibrate`"
    return f"corrected by {correction.posts:,} labelled posts; in () 90 % intervals, in [] what was counted"


def _line(name: str, row: dict[str, Any]) -> str:
    shares = "".join(f"{_share(row, label):<22}" for label in ("negative", "neutral", "positive"))
    return f"{name[:25]:<25} {row['n_scored']:>9,}  {_net(row):<24}{shares}".rstrip()


def _share(row: dict[str, Any], label: str) -> str:
    if row[label] is None:
        return "–"
    return f"{row[label]:.0%} ({row[f'{label}_low']:.0%}–{row[f'{label}_high']:.0%}) [{row[f'counted_{label}']:.0%}]"


def _net(row: dict[str, Any]) -> str:
    return "–" if row["net"] is None else f"{row['net']:+.2f} ({row['net_low']:+.2f} to {row['net_high']:+.2f})"


def _percent(share: float | None) -> str:
    return "   –" if share is None else f"{share:>4.0%}"
