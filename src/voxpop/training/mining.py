"""Texts that a network has most to learn from, with its answers: `python -m voxpop.training.mining --help`.

Early exits are only as good as what the early layers know, and most texts tell these nothing new. Hard examples are
those on which an exported model's first exit and its last layer differ most (after Shrivastava et al. 2016), or the
first exit of another model that is to learn from it; joined ones, two posts of different tone in one, ask which part
counts. The last layer answers all of them, and so teaches the early ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop import console, models
from voxpop.emoji import spelled
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.text import is_blank
from voxpop.training.corpus import apart, read_lines, read_table
from voxpop.training.soft import LEAST, PROBABILITIES

Floats = npt.NDArray[np.float64]

BETWEEN: Final = (
    " but ", ", but ", " but ", ". But ", "... but ", " and ", ", though ", "; ", " yet ", ", although ", " however ",
    " - ", ", and ",
)  # fmt: skip
"""What stands between the halves of a joined text, mostly a contrast."""
_SURE: Final = 0.6
_SHORTEST, _LONGEST = 3, 11
_SAME: Final = 0.2
"""Share of joined texts whose halves have one tone."""
_AT_ONCE: Final = 4096
_NAMES: Final = re.compile(r"(@user|http)\s*")


@dataclass(frozen=True)
class Amounts:
    """How many texts are taken: the hardest, others at random, others with emoji, and joined ones."""

    hard: int = 25_000
    chance: int = 20_000
    emoji: int = 5_000
    joined: int = 8_000


def mine(
    scorer: OnnxScorer,
    labelled: Sequence[str],
    texts: Sequence[str],
    amounts: Amounts,
    student: OnnxScorer | None = None,
) -> tuple[list[str], Floats]:
    """Return all `labelled` texts and the chosen ones of `texts`, and the last layer's probabilities, `(rows, 3)`.

    Both are prepared, and have no text in common. The choice is the same each time. A text of fewer than three words
    is never hard: there it is the label that is in doubt. Hard is what the first exit of the `student` does not know,
    by default of `scorer` itself.

    Raises:
        Terminal: the model has no early exit, or too few of the texts can be joined.
    """
    first, last = heads(scorer, texts, "look for hard texts")
    if student is not None:
        first, _ = heads(student, texts, "ask the student")
    chosen = chosen_of(texts, divergence(last, first), amounts)
    made = joined(texts, last, amounts.joined)
    answered = list(dict.fromkeys([*labelled, *made]))
    kept = dict.fromkeys(answered) | dict.fromkeys(texts[at] for at in chosen)
    _, others = heads(scorer, answered, "answer labelled and joined texts")
    known = dict(zip(answered, others, strict=True)) | {texts[at]: last[at] for at in chosen}
    return list(kept), np.array([known[text] for text in kept])


def heads(scorer: OnnxScorer, texts: Sequence[str], what: str) -> tuple[Floats, Floats]:
    """Return what the first exit and the last layer say of each text, `(rows, 3)` each.

    Raises `Terminal` for a model without an early exit.
    """
    parts = []
    with console.counting(what, len(texts), "text") as bar:
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            parts.append(scorer.heads(some))
            bar.update(len(some))
    if any(len(part) < 2 for part in parts):
        raise Terminal("this model has no early exit to compare with; give one that was trained with --exit-layer")
    found = [np.concatenate([np.empty((0, 3)), *(part[at] for part in parts)]) for at in (0, -1)]
    return found[0], found[1]


def divergence(last: Floats, first: Floats) -> Floats:
    """Return KL(last || first) of each row of probabilities, in nats: what the early head does not know yet."""
    return np.asarray((last * (np.log(last + LEAST) - np.log(first + LEAST))).sum(axis=1))


def chosen_of(texts: Sequence[str], hardness: Floats, amounts: Amounts) -> list[int]:
    """Return the rows of the hardest texts, then of some with emoji, then of any, none twice, each kind at random."""
    draw = np.random.default_rng(1)
    order = [int(at) for at in np.argsort(-hardness, kind="stable") if len(texts[at].split()) >= _SHORTEST]
    taken = dict.fromkeys(order[: amounts.hard])
    for amount, fits in ((amounts.emoji, lambda text: spelled(text) != text), (amounts.chance, bool)):
        rest = [at for at, text in enumerate(texts) if at not in taken and fits(text)]
        taken |= dict.fromkeys(draw.permutation(rest)[:amount].tolist())
    return sorted(taken)


def joined(texts: Sequence[str], last: Floats, count: int) -> list[str]:
    """Return up to `count` texts made of two short ones that the model is sure of, four fifths of unlike tone."""
    dice = random.Random(1)
    sure, label = last.max(axis=1) >= _SURE, last.argmax(axis=1)
    short = [_SHORTEST <= len(text.split()) <= _LONGEST for text in texts]
    by_label = [[at for at in range(len(texts)) if short[at] and sure[at] and label[at] == of] for of in range(3)]
    full = [rows for rows in by_label if rows]
    if count and len(full) < len(LABELS):
        raise Terminal("too few short texts of each tone to join; give more texts, or --joined 0")
    found = []
    for _ in range(count):
        one, other = dice.sample(full, 2)
        pair = dice.choice(one), dice.choice(one if dice.random() < _SAME else other)
        halves = [_bare(texts[at]) for at in pair]
        found.append(halves[0] + dice.choice(BETWEEN) + halves[1])
    return [text for text in dict.fromkeys(found) if not is_blank(text)]


def _bare(text: str) -> str:
    return _NAMES.sub("", text).strip().rstrip(" .!")


def unbalanced(chances: Floats, counts: Sequence[int] | npt.NDArray[np.int64], balance: float) -> Floats:
    """Return probabilities `(rows, 3)` without the logit adjustment of `voxpop.training.classifier.adjust`.

    >>> unbalanced(np.array([[0.5, 0.25, 0.25]]), [1, 2, 1], 1.0).tolist()
    [[0.4, 0.4, 0.2]]
    """
    shares = np.asarray(counts, dtype=np.float64) / sum(counts)
    found = chances * (shares / shares[LABELS.index("neutral")]) ** balance
    return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float64)


def balance_of(directory: Path) -> float:
    """Return the `--balance` that an exported model was made with; 0 where its card says none."""
    card = json.loads((directory / "model.json").read_text(encoding="utf-8"))
    return float(card.get("export", {}).get("balance", 0.0))


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.mining", description=__doc__)
    options.add_argument("--model", required=True, help="a bundled model with early exits, or an exported one's folder")
    options.add_argument(
        "--student", help="another exported model with early exits, to find what its first exit does not know"
    )
    options.add_argument("--data", required=True, help="labelled table, all of whose texts are answered")
    options.add_argument("--unlabelled", type=Path, required=True, help="texts to choose from, one a line; .gz too")
    options.add_argument("--dev", required=True, help="labelled table whose texts are left out")
    options.add_argument(
        "--out",
        type=Path,
        required=True,
        help="OUT.parquet: all texts with the model's answers, "
        "for voxpop train --soft; OUT.txt: those without a label, for --unlabelled",
    )
    options.add_argument("--threads", type=int, default=2)
    for name, most in vars(Amounts()).items():
        options.add_argument(f"--{name}", type=int, default=most, metavar="N", help=f"{name} texts (%(default)s)")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Choose, answer and write."""
    given = parser().parse_args(arguments)
    labelled, dev = (read_table(name) for name in (given.data, given.dev))
    directory = models.find(given.model)
    scorer = OnnxScorer.open(directory, threads=given.threads, remembered=0)
    student = (
        OnnxScorer.open(models.find(given.student), threads=given.threads, remembered=0) if given.student else None
    )
    texts = apart(read_lines(given.unlabelled, 0), labelled, dev)
    known = [text for text in dict.fromkeys(labelled.texts) if not is_blank(text)]
    amounts = Amounts(given.hard, given.chance, given.emoji, given.joined)
    chosen, answers = mine(scorer, known, texts, amounts, student)
    counts = np.bincount(labelled.gold, minlength=len(LABELS))
    answers = unbalanced(answers, counts, balance_of(directory)).astype(np.float32)
    table = pa.table({"text": chosen, **dict(zip(PROBABILITIES, answers.T, strict=True))})
    pq.write_table(table, f"{given.out}.parquet")
    labels = set(known)
    without = [text for text in chosen if text not in labels]
    Path(f"{given.out}.txt").write_text("".join(f"{text}\n" for text in without), encoding="utf-8")
    console.say(f"{given.out}.parquet answers {len(chosen):,} texts, {len(known):,} of them labelled")


if __name__ == "__main__":
    main()
