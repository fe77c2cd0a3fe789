"""Posts that say two things of two topics, made of two posts: `python -m voxpop.training.joining --help`.

Few labelled posts speak of two topics and differ in what they say of them, so a network can learn from them to look at
the tone of the whole alone. In a post joined of two only the topic tells which half is asked about.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from voxpop import console
from voxpop.errors import Terminal
from voxpop.scorers.scores import LABELS
from voxpop.training.division import Row, read, write

BETWEEN: Final = (
    ". ", " but ", " and ", ", while ", " | ", "... ", ", though ", " - ", "; ", ", and ", ", but ",
)  # fmt: skip
_UNLIKE: Final = 0.75
"""Share of joined posts whose halves have different labels."""
_SHORTEST, _LONGEST = 4, 20
_TRIES: Final = 20
_LINK: Final = re.compile(r"https?://\S+")


def joined(rows: Sequence[Row], count: int, seed: int = 1) -> list[Row]:
    """Return `2 * count` rows: each of `count` joined posts beside either topic, with the label of that topic's half.

    Taken are posts of 4 to 20 words that name their topic and not the other one. Raises `Terminal` where the rows do
    not hold enough of them.
    """
    by_label: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["label"] in LABELS and _names(row, row["topic"]) and _SHORTEST <= len(_bare(row).split()) <= _LONGEST:
            by_label[row["label"]].append(row)
    labels = sorted(by_label)
    dice, found = random.Random(seed), list[Row]()
    for _ in range(_TRIES * count if len(labels) > 1 else 0):
        one = dice.choice(labels)
        other = dice.choice([label for label in labels if label != one]) if dice.random() < _UNLIKE else one
        pair = dice.choice(by_label[one]), dice.choice(by_label[other])
        if _names(pair[0], pair[1]["topic"]) or _names(pair[1], pair[0]["topic"]):
            continue
        text = _bare(pair[0]) + dice.choice(BETWEEN) + _bare(pair[1])
        found += [{"id": "+".join(row["id"] for row in pair), "topic": row["topic"], "label": row["label"],
                   "text": text} for row in pair]  # fmt: skip
        if len(found) == 2 * count:
            return found
    raise Terminal(f"only {len(found) // 2} posts could be joined; ask for fewer, or give more rows of unlike labels")


def _bare(row: Row) -> str:
    return " ".join(_LINK.sub("", row["text"]).split()).rstrip(" .")


def _names(row: Row, topic: str) -> bool:
    return topic.casefold() in row["text"].casefold()


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.joining", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="a part that voxpop.training.division wrote")
    options.add_argument("--out", type=Path, required=True, help="a .tsv for the joined posts")
    options.add_argument("--count", type=int, required=True, help="how many posts are joined; each gives two rows")
    options.add_argument("--seed", type=int, default=1, help="which posts are joined")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Join, and say how many rows there are."""
    wanted = parser().parse_args(arguments)
    rows = joined(read(wanted.data), wanted.count, wanted.seed)
    write(wanted.out, rows)
    console.say(f"{len(rows):,} rows in {wanted.out}")


if __name__ == "__main__":
    main()
