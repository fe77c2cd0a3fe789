"""The page of the model: a box to try it in, its card, and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from voxpop.api.caller import current
from voxpop.api.cards import Serving, serving
from voxpop.api.models import MOST_CHARACTERS, MOST_CHARACTERS_EXPLAINED
from voxpop.api.service import Service
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, el, join
from voxpop.dashboard.pages import navigation, plots, text, text_model
from voxpop.dashboard.pages.frame import Page, card, command, facts, live, row, table
from voxpop.evaluation import MAJORITY
from voxpop.scorers.scores import LABELS

_PER_CLASS: Final = ("precision", "recall", "f1")
_MOST: Final = {"brier": 2.0}
"""What a bar ends at, where that is not 1."""

Reports = Mapping[str, Mapping[str, Any]]


def page(service: Service, now: datetime) -> Page:
    """The page of whichever model serves; figures that were never kept are asked for in their place."""
    known: list[Serving] = []

    def found() -> Serving:
        if not known:
            known.append(serving(service))
        return known[0]

    left = (
        _box(),
        card(text_model.QUALITY, live("quality", lambda: _quality(found()))),
        card(text_model.LIMITS, el("ul", *(el("li", limit) for limit in text_model.LIMITS_LIST), class_="steps")),
    )
    right = (
        card(text_model.CARD, live("card", lambda: _card(service, found()))),
        card(text_model.RELIABILITY, live("reliability", lambda: _reliability(found()))),
        card(text_model.BEHAVIOUR, live("behaviour", lambda: _behaviour(found()))),
    )
    columns = el("div", el("div", *left, class_="column"), el("div", *right, class_="column"), class_="pair")
    return Page(navigation.MODEL, text_model.HEADING, text_model.LEAD, (columns,))


def _box() -> Markup:
    if "score" not in current().scopes:
        return card(text_model.TRY, el("p", text_model.NO_SCORE, class_="why", role="note"), id="box")
    told = {f"data_{key}": value for key, value in text_model.SCRIPT.items()}
    area = el(
        "textarea", id="text", rows=3, maxlength=MOST_CHARACTERS, spellcheck="false", dir="auto",
        aria_describedby="text-help",
    )  # fmt: skip
    examples = [el("li", el("button", one, type="button", class_="example")) for one in text_model.EXAMPLES]
    bars = [
        el(
            "p",
            el("span", class_=f"marker {label}"),
            el("span", words.LABELS[label]),
            el("meter", min=0, max=1, value=0, id=f"p-{label}", class_=label, aria_label=words.LABELS[label]),
            el("b", "\N{EN DASH}", id=f"share-{label}"),
            class_="chance",
        )
        for label in LABELS
    ]
    weighed = el(
        "div",
        el("h3", text_model.WORDS),
        el("p", id="words", dir="auto", tabindex=0, role="group", aria_label=text_model.WORDS),
        id="weighed",
        hidden=True,
    )
    return card(
        text_model.TRY,
        el("label", text_model.YOURS, for_="text"),
        area,
        el("p", text_model.YOURS_HELP, class_="help", id="text-help"),
        el("p", el("input", type="checkbox", id="any"), el("label", text_model.ANY, for_="any"), class_="check"),
        el("p", text_model.EXAMPLES_LABEL, class_="help"),
        el("ul", *examples, class_="examples"),
        el("p", text_model.UNTRIED, id="verdict", role="status", **told, data_most=MOST_CHARACTERS_EXPLAINED),
        el("p", id="problem", class_="alert", role="alert", hidden=True),
        el("div", *bars, id="chances", hidden=True),
        weighed,
        el("p", text_model.WORDS_HELP, class_="help", id="words-help", hidden=True),
        id="box",
    )


def _card(service: Service, found: Serving) -> Child:
    pairs: list[tuple[str, Child]] = [(text_model.ID, el("code", found.model_id))]
    languages = ", ".join(sorted(service.scorer.languages)) or text_model.ANY_LANGUAGE
    help = el("span", text_model.LANGUAGES_HELP, class_="help") if service.scorer.languages else None
    pairs.append((text_model.LANGUAGES, [languages, " ", help]))
    if found.card is None:
        return join(facts(pairs), el("p", text_model.NO_CARD, class_="none"))
    export = found.card.get("export", {})
    size = f"{export['parameters'] / 1e6:.1f} million parameters" if "parameters" in export else ""
    size += f", {export['megabytes']} MB, {export.get('precision', '')}" if "megabytes" in export else ""
    more: list[tuple[str, Any]] = [
        (text_model.BASE, found.card.get("base_model")),
        (text_model.TRAINED, found.card.get("trained_on")),
        (text_model.SIZE, size),
        (text_model.EXITS, export.get("mean_layers")),
        (text_model.TOKENS, found.card.get("max_length")),
        (text_model.LICENCE, found.card.get("licence")),
    ]
    return facts([*pairs, *((name, str(value)) for name, value in more if value)])


def _none() -> Markup:
    return join(el("p", text_model.NO_FIGURES, class_="none"), command(text_model.MEASURE))


def _name(scorer: str) -> str:
    return text_model.NAMES.get(scorer, scorer)


def _quality(found: Serving) -> Child:
    if not found.evaluation:
        return _none()
    reports = {name: report for name, report in found.evaluation.items() if name != MAJORITY}
    first = next(iter(reports.values()))
    said = text_model.MEASURED_ON.format(n=words.count(first["n"]), posts=found.posts)
    rows = [_measure(name, reports) for name in text_model.MEASURES]
    head = (text_model.MEASURE_NAME, *(_name(scorer) for scorer in reports))
    classes = [_class(label, figures) for label, figures in first["per_class"].items()]
    answered = [
        row(words.LABELS[label], *(words.count(n) for n in counts[: len(LABELS)]))
        for label, counts in zip(LABELS, first["confusion"], strict=True)
    ]
    return join(
        table(head, rows, text_model.QUALITY),
        el("h3", text_model.CLASSES),
        table(text_model.CLASS_HEAD, classes, text_model.CLASSES),
        el("h3", text_model.CONFUSION),
        table(text_model.CONFUSION_HEAD, answered, text_model.CONFUSION),
        el("p", said, class_="help"),
    )


def _measure(name: str, reports: Reports) -> Markup:
    title, help = text_model.MEASURES[name]
    cells = [_figure(report[name], report[f"{name}_interval"], _MOST.get(name, 1.0)) for report in reports.values()]
    return row([title, el("span", help, class_="help")], *cells)


def _figure(value: float | None, bounds: list[float | None], most: float) -> Child:
    if value is None or bounds[0] is None or bounds[1] is None:
        return "\N{EN DASH}"
    ends = bounds[0], bounds[1]
    shown = el("span", f"({ends[0]:.3f} to {ends[1]:.3f})", class_="range")
    return [el("b", f"{value:.3f}"), shown, plots.interval(value, ends, most)]


def _class(label: str, figures: Mapping[str, Any]) -> Markup:
    values = ["\N{EN DASH}" if figures[name] is None else f"{figures[name]:.3f}" for name in _PER_CLASS]
    name = [el("span", class_=f"marker {label}"), " ", words.LABELS.get(label, label)]
    return row(name, *values, words.count(figures["support"]))


def _reliability(found: Serving) -> Child:
    if not found.evaluation:
        return _none()
    bins = [one for one in next(iter(found.evaluation.values()))["reliability"] if one["n"]]
    rows = [
        row(
            f"{one['low']:.2f} to {one['high']:.2f}",
            f"{one['confidence']:.3f}",
            f"{one['accuracy']:.3f}",
            words.count(one["n"]),
        )
        for one in bins
    ]
    spelled = el("details", el("summary", text_model.BINS), table(text_model.BIN_HEAD, rows, text_model.RELIABILITY))
    return join(plots.reliability(bins), el("p", text_model.RELIABILITY_HELP, class_="help"), spelled)


def _behaviour(found: Serving) -> Child:
    if not found.behaviour:
        return _none()
    first = next(iter(found.behaviour.values()))
    keys = list(dict.fromkeys((test["capability"], test["kind"]) for test in first["tests"]))
    rows = [_capability(key, found.behaviour) for key in keys]
    total = [_rate((one["n"], one["failed"])) for one in found.behaviour.values()]
    rows.append(row(el("b", text_model.ALL), words.count(first["n"]), *total))
    head = (text_model.CAPABILITY, text_model.CASES, *(_name(scorer) for scorer in found.behaviour))
    return join(el("p", text_model.BEHAVIOUR_HELP, class_="help"), table(head, rows, text_model.BEHAVIOUR))


def _capability(key: tuple[str, str], reports: Reports) -> Markup:
    sums = [_sum(report, key) for report in reports.values()]
    kind = el("abbr", key[1], title=text_model.KINDS.get(key[1], key[1]), class_="badge")
    return row([key[0], " ", kind], words.count(sums[0][0]), *(_rate(one) for one in sums))


def _sum(report: Mapping[str, Any], key: tuple[str, str]) -> tuple[int, int]:
    tests = [test for test in report["tests"] if (test["capability"], test["kind"]) == key]
    return sum(test["n"] for test in tests), sum(test["failed"] for test in tests)


def _rate(one: tuple[int, int]) -> Child:
    count, failed = one
    share = failed / count if count else 0.0
    return [plots.rate(share), text.share(share)]
