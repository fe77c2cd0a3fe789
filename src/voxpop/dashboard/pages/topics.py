"""The page of topics: what there is, how it does, and a form that tries a query before it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from voxpop.api.caller import current
from voxpop.api.models import Counts, Topic
from voxpop.api.revisions import revision
from voxpop.api.service import Service
from voxpop.api.topics import listed
from voxpop.catalogue import Catalogue
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, Value, el, join
from voxpop.dashboard.pages import navigation, text_topics
from voxpop.dashboard.pages.frame import Page, card, facts, live
from voxpop.sources.x.spend import MICROS, Prices

EVERY: Final = 10_000
SHOWN: Final = 250
"""Characters of a query that are seen without scrolling, on a telephone as well."""
LONGEST_NAME: Final = 64
LONGEST_TITLE: Final = 200


def page(service: Service, now: datetime) -> Page:
    """The page for the current caller: without the scope that a part needs, it says so in the part's place."""
    known = card(text_topics.KNOWN, live("topics", lambda: _known(service)), wide=True)
    beside = el("div", _editor(service), _results(service), class_="beside")
    lead = text_topics.LEAD
    return Page(
        navigation.TOPICS, text_topics.HEADING, lead, (el("div", known, beside, class_="pair"), _dialog()), EVERY
    )


def _known(service: Service) -> Child:
    topics = listed(service)
    if not topics.topics:
        return el("p", text_topics.NONE, class_="none")
    waiting = {row["topic"]: row for row in service.store.query("progress").to_pylist()}
    may = refused(service) is None
    lines = [_line(topic, topics.all, waiting.get(topic.name), may) for topic in topics.topics]
    period = el("p", text_topics.period(topics.end), class_="help")
    return join(period, el("ul", *lines, class_="topics"))


def _line(topic: Topic, every: Counts, waiting: dict[str, Any] | None, may: bool) -> Markup:
    name = el("h3", el("a", el("bdi", topic.title), href=f"/?{urlencode({'topic': topic.name})}"))
    share = topic.n / every.n if every.n else None
    counts = facts(
        [
            (text_topics.POSTS, words.count(topic.n)),
            (text_topics.SHARE, words.percent(share)),
            (words.NET, words.signed(topic.net)),
        ]
    )
    actions = _actions(topic) if topic.added and may else None
    badge = None if topic.added else el("span", text_topics.FIXED, class_="badge", title=text_topics.FIXED_HELP)
    head = el("div", name, el("code", topic.name, class_="name"), badge, actions, class_="line")
    scrolls = len(topic.query) > SHOWN
    query = el(
        "p",
        el("code", topic.query),
        class_="query",
        dir="auto",
        tabindex=0 if scrolls else None,
        role="region" if scrolls else None,
        aria_label=text_topics.query_of(topic.title) if scrolls else None,
    )
    return el("li", head, query, counts, _progress(waiting), data_topic=topic.name)


def _actions(topic: Topic) -> Markup:
    known = {
        "data_name": topic.name,
        "data_title": topic.title,
        "data_query": topic.query,
        "data_revision": revision(topic),
    }
    buttons = [
        el("button", word, type="button", data_do=what, id=f"{what}-{topic.name}", aria_label=f"{word} {topic.title}",
           **known)
        for what, word in (("edit", text_topics.EDIT), ("remove", text_topics.REMOVE))
    ]  # fmt: skip
    return el("span", *buttons, class_="actions")


def _progress(waiting: dict[str, Any] | None) -> Markup | None:
    if waiting is None:
        return None
    done, of = waiting["loaded"] - waiting["waiting"], waiting["loaded"]
    said = text_topics.progress(done, of)
    bar = el("progress", value=done, max=max(1, of), aria_label=text_topics.PROGRESS)
    return el("p", bar, el("span", said), class_="progress")


def refused(service: Service) -> str | None:
    """Why the current caller cannot change topics here; None where it can."""
    if not isinstance(service.topics, Catalogue):
        return text_topics.NO_CATALOGUE
    return None if "admin" in current().scopes else text_topics.NO_ADMIN


def untried(service: Service) -> str | None:
    """Why the current caller cannot try a query here; None where it can."""
    if service.log is None:
        return text_topics.NO_LOG
    return None if "score" in current().scopes else text_topics.NO_SCORE


def _editor(service: Service) -> Markup:
    cannot_keep, cannot_try = refused(service), untried(service)
    said = [el("p", why, class_="why", role="note") for why in (cannot_keep, cannot_try) if why]
    if cannot_keep and cannot_try:
        return card(text_topics.NEW, *said, id="editor")
    fields = [] if cannot_keep else [_field("title", text_topics.TITLE, text_topics.TITLE_HELP, LONGEST_TITLE)]
    fields += [] if cannot_keep else [_field("name", text_topics.NAME, text_topics.NAME_HELP, LONGEST_NAME)]
    # The script enables them once it can answer.
    buttons = [
        None if cannot_keep else el("button", text_topics.ADD, type="submit", class_="main", id="save", disabled=True),
        None if cannot_try else el("button", text_topics.TRY, type="button", id="try", disabled=True),
        None if cannot_keep else el("button", text_topics.CANCEL, type="button", id="cancel", hidden=True),
    ]
    told = {f"data_{key}": value for key, value in text_topics.SCRIPT.items()}
    form = el(
        "form",
        *fields,
        _query(),
        el("div", *buttons, class_="buttons"),
        el("p", id="said", role="status"),
        el("p", id="problem", class_="alert", role="alert", hidden=True),
        id="form",
        novalidate=True,
        autocomplete="off",
        **told,
    )
    heading = text_topics.TRY_ONLY if cannot_keep else text_topics.NEW
    return el("section", el("h2", heading, id="form-heading"), *said, form, class_="card", id="editor")


def _field(name: str, label: str, help: str, longest: int) -> Markup:
    given: dict[str, Value] = {"name": name, "maxlength": longest, "aria_describedby": f"{name}-help"}
    return el(
        "p",
        el("label", label, for_=name),
        el("input", id=name, type="text", required=True, spellcheck="false", **given),
        el("span", help, class_="help", id=f"{name}-help"),
        class_="field",
    )


def _query() -> Markup:
    described = "query-error query-help"
    area = el(
        "textarea", id="query", name="query", rows=4, required=True, spellcheck="false", aria_describedby=described
    )
    help = el("details", el("summary", text_topics.GRAMMAR), el("table", *_grammar(), class_="grammar"))
    error = el("span", id="query-error", class_="wrong", hidden=True)
    hint = el("span", text_topics.QUERY_HELP, class_="help", id="query-help")
    return el("div", el("label", text_topics.QUERY, for_="query"), area, error, hint, help, class_="field")


def _grammar() -> list[Markup]:
    return [
        el("tr", el("th", el("code", written), scope="row"), el("td", means))
        for written, means in text_topics.OPERATORS
    ]  # fmt: skip


def _results(service: Service) -> Markup | None:
    if untried(service):
        return None
    x = el(
        "div",
        el("h3", text_topics.ON_X),
        el("ol", id="rules"),
        el("ul", id="notes", class_="help"),
        el("p", _cost(service), class_="help"),
        el("p", text_topics.COUNTS, el("code", id="counts"), class_="help", id="counts-line"),
        id="x",
    )
    found = el("ul", id="found", class_="posts", tabindex=0, aria_label=text_topics.FOUND)
    content = [el("p", text_topics.UNTRIED, id="caught", role="status"), el("div", found, x, id="results", hidden=True)]
    return card(text_topics.PREVIEW, *content, id="preview")


def _cost(service: Service) -> str:
    """What X asks for posts, and how many the limit of a day lets in, where X is listened to."""
    prices = Prices()
    said = text_topics.cost(prices.of(1000, 1000) / MICROS, prices.post / MICROS, prices.user / MICROS)
    try:
        told = service.status().get("source_status") or {}
    except Exception:
        # The page's live part says so.
        return said
    spend = next((one["spend"] for one in told.values() if one.get("spend")), None)
    if spend is None:
        return said
    limit = float(spend["day"]["limit_usd"])
    return f"{said} {text_topics.limit(limit, int(limit * MICROS // prices.of(1, 1)))}"


def _dialog() -> Markup:
    """The question before a topic is removed."""
    buttons = el(
        "div",
        el("button", text_topics.REMOVE, type="button", id="sure", class_="grave"),
        el("button", text_topics.KEEP, type="button", id="keep"),
        class_="buttons",
    )
    asked = el("h2", text_topics.ASK, el("bdi", id="removed"), "?", id="ask")
    wrong = el("p", id="not-removed", class_="alert", role="alert", hidden=True)
    return el(
        "dialog", asked, el("p", text_topics.ASK_HELP, id="ask-help"), wrong, buttons, id="dialog",
        aria_labelledby="ask", aria_describedby="ask-help",
    )  # fmt: skip
