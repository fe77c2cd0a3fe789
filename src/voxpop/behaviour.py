"""What a scorer can and cannot do: a suite of small tests by capability, after CheckList (Ribeiro et al. 2020).

Three kinds: a minimum functionality test (MFT) says which labels are right; an invariance test (INV) changes a text in
a way that must not change its label; a directional test (DIR) in a way that must move its polarity one way. The texts
come from the templates in `behaviour.toml`, all invented, and are the same at every call.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import prod
from typing import Any, Final

import pyarrow as pa

from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Scorer

MFT, INV, DIR = KINDS = ("MFT", "INV", "DIR")
CASES: Final = 32
"""How many cases a test has at most, unless it has more templates than that."""

TOLERANCE: Final = 0.1
"""How far the polarity of a directional test may move the wrong way, unless the test says more (Ribeiro et al.)."""

_SLOT: Final = re.compile(r"\{(\w+)\}")
_LETTERS: Final = re.compile(r"[A-Za-z]{4,}")
_SIGNS: Final = {"up": 1, "down": -1}


@dataclass(frozen=True)
class Answer:
    """What a scorer said of a text; the polarity is None when unscored."""

    label: str
    polarity: float | None


@dataclass(frozen=True)
class Case:
    """One text, or a text before and after a change, and what must hold of the answers.

    Attributes:
        texts: one for an MFT, two for the others: before and after.
        expect: the labels that are right, for an MFT.
        sign: 1 where the polarity must move up and -1 where down, for a DIR.
        least: how far it must move, at least; negative where it may move a little the wrong way.
    """

    texts: tuple[str, ...]
    expect: frozenset[str] = frozenset()
    sign: int = 0
    least: float = -TOLERANCE

    def holds(self, answers: Sequence[Answer]) -> bool:
        """Tell whether the answers to `texts` are right; an unscored one never is.

        >>> moved = [Answer("neutral", 0.0), Answer("neutral", -0.05)]
        >>> Case(("a", "b"), sign=1).holds(moved), Case(("a", "b"), sign=1, least=0.0).holds(moved)
        (True, False)
        """
        if any(answer.label == UNSCORED for answer in answers):
            return False
        if self.expect:
            return answers[0].label in self.expect
        before, after = answers
        if not self.sign:
            return before.label == after.label
        return self.sign * ((after.polarity or 0.0) - (before.polarity or 0.0)) >= self.least

    def told(self, answers: Sequence[Answer]) -> str:
        """The case and its answers on one line, for people."""
        said = [f"{text!r} {answer.label} {_signed(answer)}" for text, answer in zip(self.texts, answers, strict=True)]
        if self.expect:
            return f"{said[0]}, not {' or '.join(label for label in LABELS if label in self.expect)}"
        return " → ".join(said)


@dataclass(frozen=True)
class Test:
    """Cases that ask one thing.

    Attributes:
        capability: what is tested, such as negation.
        kind: one of `KINDS`.
        name: what must hold, as a sentence.
    """

    __test__ = False

    capability: str
    kind: str
    name: str
    cases: tuple[Case, ...]


def suite() -> list[Test]:
    """The tests that come with Voxpop, their cases drawn from the templates by a fixed seed."""
    data = tomllib.loads(files("voxpop").joinpath("behaviour.toml").read_text(encoding="utf-8"))
    return [expand(test, data["words"]) for test in data["test"]]


def expand(test: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Test:
    """A test with its templates filled: each with as many different choices of words as its share of `CASES`.

    >>> found = expand({"capability": "c", "kind": "MFT", "name": "n", "expect": ["positive"], "texts": ["{a} {b}"]},
    ...                {"a": ["so", "very"], "b": ["good"]})
    >>> [case.texts for case in found.cases]
    [('so good',), ('very good',)]
    """
    dice = random.Random(test["name"])
    share = -(-CASES // len(test["texts"]))
    changed = test.get("changed", [None] * len(test["texts"]))
    cases = []
    for templates in zip(test["texts"], changed, strict=True):
        for choice in _choices([template for template in templates if template], words, share, dice):
            texts = [_filled(template, choice) for template in templates if template]
            if "change" in test:
                texts.append(CHANGES[test["change"]](texts[0], dice))
            cases.append(
                Case(
                    tuple(texts),
                    frozenset(test.get("expect", ())),
                    _SIGNS.get(test.get("direction", ""), 0),
                    test.get("least", -TOLERANCE),
                )
            )
    return Test(test["capability"], test["kind"], test["name"], tuple(cases))


def _choices(
    templates: Sequence[str], words: Mapping[str, Sequence[str]], most: int, dice: random.Random
) -> list[dict[str, str]]:
    slots = sorted({slot for template in templates for slot in _SLOT.findall(template)})
    total = prod(len(words[slot]) for slot in slots)
    found = []
    for number in sorted(dice.sample(range(total), min(most, total))):
        choice = {}
        for slot in slots:
            number, at = divmod(number, len(words[slot]))
            choice[slot] = words[slot][at]
        found.append(choice)
    return found


def _filled(template: str, choice: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda match: choice[match[1]], template)


def _swap(text: str, dice: random.Random) -> str:
    """Two neighbouring letters of one word change places, the first letter stays."""
    # Equal neighbours would leave the text as it was.
    places = [
        at
        for word in _LETTERS.finditer(text)
        for at in range(word.start() + 1, word.end() - 1)
        if text[at] != text[at + 1]
    ]
    at = dice.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _drop(text: str, dice: random.Random) -> str:
    """A letter of one word goes, the first one stays."""
    at = dice.choice([at for word in _LETTERS.finditer(text) for at in range(word.start() + 1, word.end())])
    return text[:at] + text[at + 1 :]


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "swap": _swap,
    "drop": _drop,
    "upper": lambda text, dice: text.upper(),
    "lower": lambda text, dice: text.lower(),
    "bare": lambda text, dice: re.sub(r"[.,!?]", "", text),
}
"""Changes that a template can name instead of spelling out."""


def evaluate(
    scorer: Scorer, tests: Iterable[Test], examples: int = 3, watch: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Run the tests: cases, failures and the first failing ones of each; plain JSON values. Calls `watch` per test."""
    rows = []
    for test in tests:
        rows.append(_run(scorer, test, examples))
        watch()
    count, failed = sum(row["n"] for row in rows), sum(row["failed"] for row in rows)
    return {"model_id": scorer.model_id, "n": count, "failed": failed, "rate": _rate(failed, count), "tests": rows}


def _run(scorer: Scorer, test: Test, examples: int) -> dict[str, Any]:
    texts = pa.array([text for case in test.cases for text in case.texts], pa.string())
    scored = scorer(pa.record_batch([texts], names=["text"]))
    columns = zip(scored["label"].to_pylist(), scored["polarity"].to_pylist(), strict=True)
    answers = [Answer(*row) for row in columns]
    failures = []
    for case in test.cases:
        own, answers = answers[: len(case.texts)], answers[len(case.texts) :]
        if not case.holds(own):
            failures.append(case.told(own))
    count = len(test.cases)
    figures = {"n": count, "failed": len(failures), "rate": _rate(len(failures), count)}
    named = {"capability": test.capability, "kind": test.kind, "name": test.name}
    return {**named, **figures, "examples": failures[:examples]}


def table(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """The failure rates of some reports by scorer name, by capability and kind, as a Markdown table."""
    keys = list(dict.fromkeys((row["capability"], row["kind"]) for row in next(iter(reports.values()))["tests"]))
    width = max(len(capability) for capability, _ in keys)
    lines = [
        f"| {'capability':<{width}} | kind | cases | {' | '.join(f'{name:>9}' for name in reports)} |",
        f"|{'-' * (width + 2)}|------|------:|{'|'.join('-' * (max(len(name), 9) + 1) + ':' for name in reports)}|",
    ]
    for key in [*keys, None]:
        found = [_sum(report, key) for report in reports.values()]
        cells = [
            f"{_percent(failed, count):>{max(len(name), 9)}}"
            for name, (count, failed) in zip(reports, found, strict=True)
        ]
        capability, kind = key or ("all", "")
        lines.append(f"| {capability:<{width}} | {kind:<4} | {found[0][0]:>5} | {' | '.join(cells)} |")
    return "\n".join(lines)


def failures(report: Mapping[str, Any]) -> str:
    """The failing examples of a report, by test, for people."""
    lines = []
    for row in report["tests"]:
        if row["examples"]:
            lines.append(f"{row['capability']}: {row['name']} ({row['failed']} of {row['n']} fail)")
            lines += [f"  {example}" for example in row["examples"]]
    return "\n".join(lines)


def _sum(report: Mapping[str, Any], key: tuple[str, str] | None) -> tuple[int, int]:
    rows = [row for row in report["tests"] if key is None or (row["capability"], row["kind"]) == key]
    return sum(row["n"] for row in rows), sum(row["failed"] for row in rows)


def _percent(failed: int, count: int) -> str:
    return f"{failed / count:.1%}".replace("%", " %")


def _rate(failed: int, count: int) -> float | None:
    return round(failed / count, 4) if count else None


def _signed(answer: Answer) -> str:
    return "–" if answer.polarity is None else f"{answer.polarity:+.2f}"
