"""The page of sources: what is listened to, how far behind it is, what became of what was read, and what was missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from voxpop.api.quarantine import quarantined
from voxpop.api.service import Service
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, el, join
from voxpop.dashboard.pages import navigation, text, text_sources
from voxpop.dashboard.pages.frame import Page, card, command, facts, live, row, table
from voxpop.dashboard.state import ended, state
from voxpop.gaps import Gap
from voxpop.stores import queries
from voxpop.stores.queries import Filter

EVERY: Final = 5_000
MOST_GAPS: Final = 20
MOST_REASONS: Final = 20
SEEN: Final = timedelta(days=7)
_APART: Final = ("spend", "foreign_rules", "problem")

Status = Mapping[str, Any]


def page(service: Service, now: datetime) -> Page:
    """The page, each part of which can fail for itself."""
    known: list[Status] = []

    def status() -> Status:
        # Once for the page, in the first part that asks, so that its failure is said there.
        if not known:
            known.append(service.status())
        return known[0]

    left = (
        card(text_sources.NOW, live("now", lambda: _now(service, status(), now))),
        card(text_sources.READERS, live("readers", lambda: _readers(status(), service.gaps(), now))),
        card(text_sources.NETWORKS, live("networks", lambda: _networks(service, now))),
        card(text_sources.GAPS, live("gaps", lambda: _gaps(service.gaps(), now))),
    )
    right = (
        card(text_sources.ACCOUNT, live("account", lambda: _account(status()))),
        live("spend", lambda: _spend(status())),
        card(text_sources.QUARANTINE, live("quarantine", lambda: _quarantine(service, now))),
        _help(),
    )
    parts = el("div", el("div", *left, class_="column"), el("div", *right, class_="column"), class_="pair")
    return Page(navigation.SOURCES, text_sources.HEADING, text_sources.LEAD, (parts,), EVERY)


def _now(service: Service, status: Status, now: datetime) -> Child:
    judged = state(status, queries.span(service.store), now)
    lag, loads, engine = status.get("lag_seconds"), status.get("loads") or {}, status.get("engine") or {}
    received = text_sources.NO_POSTS if lag is None else text.since(now - timedelta(seconds=lag), now)
    pairs: list[tuple[str, Child]] = [
        (text_sources.LAG, received),
        (text_sources.BEHIND, text_sources.segments(status.get("behind_segments") or 0)),
    ]
    if backfill := status.get("backfill_segments"):
        pairs.append((text_sources.BACKFILL, text_sources.segments(backfill)))
    if loads:
        pairs.append((text_sources.LOADED, words.count(loads["posts"])))
    if engine:
        pairs.append((text_sources.ENGINE, ", ".join(str(one) for one in engine.values())))
    trouble = el("p", status["trouble"], class_="alert", role="note") if status.get("trouble") else None
    return join(el("p", el("span", judged.words, class_=f"pill {judged.kind}")), trouble, facts(pairs))


def _readers(status: Status, gaps: list[Gap], now: datetime) -> Child:
    sources = status.get("sources") or []
    if not sources:
        return join(el("p", text_sources.NO_READERS, class_="none"), command(text_sources.NO_READERS_COMMAND))
    told = status.get("source_status") or {}
    broken = {gap.source: gap for gap in gaps if gap.is_open}
    rows = [_reader(name, told.get(name) or {}, broken.get(name), (status, now)) for name in sources]
    head = text_sources.SOURCE, text_sources.STATE, text_sources.DETAIL
    return table(head, rows, text_sources.READERS)


def _reader(name: str, told: Status, gap: Gap | None, at: tuple[Status, datetime]) -> Markup:
    status, now = at
    notes: list[Child] = []
    if gap:
        kind, word = "behind", text_sources.STATES[gap.state]
        notes.append(el("p", text_sources.lost_since(text.since(gap.start, now), gap.reason)))
    elif end := ended(status, name):
        kind, word = "idle", words.ENDED
        notes.append(el("p", text_sources.ENDED_HELP.format(time=text.since(end, now))))
    else:
        kind, word = "live", text_sources.HEARD
    if detail := [f"{key.replace('_', ' ')} {value}" for key, value in told.items() if key not in _APART and value]:
        notes.append(el("p", ", ".join(detail)))
    if told.get("problem"):
        notes.append(el("p", told["problem"], class_="wrong"))
    pill = el("span", word, class_=f"pill {kind}")
    return row(el("bdi", name), pill, join(*notes) or text_sources.NO_TROUBLE, id=f"source-{name}")


def _networks(service: Service, now: datetime) -> Child:
    known = queries.span(service.store)
    if known is None:
        return el("p", text_sources.NO_POSTS, class_="none")
    seen = service.store.query("last_seen", since=known.end - SEEN).to_pylist()
    hour, day = (_counts(service, now - length, now) for length in (timedelta(hours=1), timedelta(days=1)))
    rows = [
        row(
            el("bdi", text.SOURCES.get(one["name"], one["name"])),
            text.seen(one["newest"], now),
            words.count(hour.get(one["name"], 0)),
            words.count(day.get(one["name"], 0)),
        )
        for one in seen
    ]
    head = text_sources.NETWORK, text_sources.LAST, text_sources.HOUR, text_sources.DAY
    return join(table(head, rows, text_sources.NETWORKS), el("p", text_sources.NETWORKS_HELP, class_="help"))


def _counts(service: Service, start: datetime, end: datetime) -> dict[str, int]:
    whole = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0) + timedelta(minutes=1)
    rows = queries.by(service.store, Filter(start=whole[0], end=whole[1]), "source").to_pylist()
    return {row["name"]: row["n"] for row in rows}


def _account(status: Status) -> Child:
    account = status.get("account")
    if account is None:
        return el("p", text_sources.NO_ACCOUNT, class_="none")
    pairs: list[tuple[str, Child]] = [
        (name, [el("b", words.count(account[key])), " ", el("span", help, class_="help")])
        for key, (name, help) in text_sources.ACCOUNTED.items()
        if key != "undated" or account[key]
    ]
    ignored: dict[str, int] = account["ignored"]
    kinds = ", ".join(f"{words.count(n)} {kind}" for kind, n in sorted(ignored.items(), key=lambda item: -item[1]))
    total = [el("b", words.count(sum(ignored.values()))), " ", el("span", text_sources.IGNORED_HELP, class_="help")]
    pairs.append((text_sources.IGNORED, [*total, el("p", kinds, class_="help") if kinds else None]))
    return join(facts(pairs), el("p", text_sources.BALANCES, class_="help"))


def _spend(status: Status) -> Child:
    told = status.get("source_status") or {}
    return [_purse(one) for one in told.values() if one.get("spend")]


def _purse(told: Status) -> Markup:
    periods = (text_sources.TODAY, told["spend"]["day"]), (text_sources.MONTH, told["spend"]["month"])
    lines = [_spent(name, one) for name, one in periods]
    foreign = told.get("foreign_rules")
    others = el("p", text_sources.FOREIGN.format(n=foreign), class_="help") if foreign else None
    return card(text_sources.SPEND, *lines, others, el("p", text_sources.SPEND_HELP, class_="help"))


def _spent(name: str, spent: Status) -> Markup:
    said = f"{text.dollars(spent['usd'])} of {text.dollars(spent['limit_usd'])}, {words.posts(spent['posts'])}"
    bar = el("meter", said, value=spent["usd"], max=max(spent["limit_usd"], 0.01), aria_label=f"{name}: {said}")
    return el("p", el("b", name), bar, el("span", said), class_="spent")


def _quarantine(service: Service, now: datetime) -> Child:
    found = quarantined(service)
    if not found.records:
        return el("p", text_sources.NO_RECORDS, class_="none")
    shown = found.reasons[:MOST_REASONS]
    rows = [row(el("bdi", one.reason), words.count(one.n), text.since(one.newest, now)) for one in shown]
    left = found.records - sum(one.n for one in shown)
    more = el("p", text_sources.MORE_REASONS.format(n=words.count(left)), class_="help") if left else None
    total = el("p", el("b", words.count(found.records), id="quarantined"), f" {text_sources.RECORDS.lower()}")
    head = text_sources.REASON, text_sources.RECORDS, text_sources.NEWEST
    help = el("p", text_sources.QUARANTINE_HELP, class_="help")
    return join(total, table(head, rows, text_sources.QUARANTINE), more, help)


def _gaps(gaps: list[Gap], now: datetime) -> Child:
    if not gaps:
        return el("p", text_sources.NO_GAPS, class_="none")
    head = text_sources.SOURCE, text_sources.STATE, text_sources.FROM, text_sources.LASTED, text_sources.REASON
    rows = [_gap(gap, now) for gap in reversed(gaps[-MOST_GAPS:])]
    return join(table(head, rows, text_sources.GAPS), el("p", text_sources.GAPS_HELP, class_="help"))


def _gap(gap: Gap, now: datetime) -> Markup:
    kind = "behind" if gap.state in ("lost", "lagging", "missed") else "live"
    pill = el("span", text_sources.STATES[gap.state], class_=f"pill {kind}", title=text_sources.STATE_HELP[gap.state])
    length = text.lasted(((gap.end or now) - gap.start).total_seconds())
    why = f"{gap.reason}; {text_sources.missed(gap.events)}" if gap.state == "missed" else gap.reason
    begun = words.moment(gap.start)
    return row(el("bdi", gap.source), pill, begun, length if gap.end else f"{text_sources.STILL}, {length}", why)


def _help() -> Markup:
    steps = [el("li", step) for step in text_sources.LOST_STEPS]
    steps[2] = el("li", text_sources.LOST_STEPS[2], " ", command(text_sources.DOCTOR))
    return card(text_sources.HELP, el("ol", *steps, class_="steps"))
