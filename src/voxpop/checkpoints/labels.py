"""From a checkpoint's own labels to negative, neutral and positive: recognised, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from voxpop.errors import Terminal
from voxpop.scorers.scores import LABELS

_WORDS: Final = {
    "negative": ("negative", "neg", "very negative", "extremely negative"),
    "neutral": ("neutral", "neu"),
    "positive": ("positive", "pos", "very positive", "extremely positive"),
}
_CLASSES: Final = {word: label for label, words in _WORDS.items() for word in words}
_STARS: Final = {
    "1 star": "negative",
    "2 stars": "negative",
    "3 stars": "neutral",
    "4 stars": "positive",
    "5 stars": "positive",
}
_LONGEST_SHOWN: Final = 40


def recognised(labels: Sequence[str]) -> list[str] | None:
    """The class of each of a checkpoint's labels, or None where their names do not say it beyond doubt.

    Known are, in any case, words for the three classes and the five stars of a review. `LABEL_0` says nothing: some
    checkpoints mean negative by it, others positive.

    >>> recognised(["NEGATIVE", "POSITIVE"]), recognised(["LABEL_0", "LABEL_1"])
    (['negative', 'positive'], None)
    """
    plain = [re.sub(r"[\s_-]+", " ", label).strip().lower() for label in labels]
    if sorted(plain) == sorted(_STARS):
        return [_STARS[label] for label in plain]
    found = [_CLASSES.get(label, "") for label in plain]
    return found if all(found) and {"negative", "positive"} <= set(found) else None


def classes_of(labels: Sequence[str], given: Mapping[str, str], model: str) -> list[str]:
    """The class of each of a checkpoint's labels; `given` (label to class, any case) wins over what is recognised.

    Raises:
        Terminal: `given` leaves a label out or names one that is not there, or there is none and the labels are not
            recognised; the message lists the labels and shows the option that maps them.
    """
    if not given:
        if known := recognised(labels):
            return known
        raise Terminal(f"{model} answers {_listed(labels)}, and which of them is negative is not known; {_fix(labels)}")
    wanted = {label.casefold(): chosen for label, chosen in given.items()}
    found = [wanted.pop(label.casefold(), "") for label in labels]
    if wanted or not all(found):
        raise Terminal(f"{model} answers {_listed(labels)}, which is not what the labels given name; {_fix(labels)}")
    return found


def matrix(classes: Sequence[str]) -> list[list[float]] | None:
    """What turns a checkpoint's probabilities `(rows, labels)` into `(rows, 3)`; None where they are that already.

    Labels of one class are summed. Without a neutral label, p_neutral is 0.

    >>> matrix(["negative", "positive"])
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if tuple(classes) == LABELS:
        return None
    return [[float(label == chosen) for label in LABELS] for chosen in classes]


def parse(text: str) -> dict[str, str]:
    """Read `LABEL=CLASS,...`. Raises `Terminal` for anything else.

    >>> parse("LABEL_0=negative, LABEL_1=Positive")
    {'LABEL_0': 'negative', 'LABEL_1': 'positive'}
    """
    pairs = [pair.rpartition("=") for pair in text.split(",") if pair.strip()]
    found = {label.strip(): chosen.strip().lower() for label, _, chosen in pairs}
    if not all(found) or not found or set(found.values()) - set(LABELS):
        raise Terminal(f"--labels cannot read {text!r}; write it as --labels LABEL=negative,OTHER=positive")
    return found


def _listed(labels: Sequence[str]) -> str:
    return "the labels " + ", ".join(repr(label[:_LONGEST_SHOWN]) for label in labels)


def _fix(labels: Sequence[str]) -> str:
    classes = ("negative", "positive") if len(labels) == 2 else LABELS
    pairs = [f"{label[:_LONGEST_SHOWN]}={classes[min(at, len(classes) - 1)]}" for at, label in enumerate(labels)]
    return f'say what each means, such as --labels "{",".join(pairs)}"'
