"""Divide a table of posts and topics so that some topics are never trained on: `python -m voxpop.training.division`.

A figure on topics that training has seen says little of the next topic that somebody adds. So whole topics are held
out, and with them every post that is like one of theirs.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from voxpop import console
from voxpop.errors import Terminal
from voxpop.table import Table
from voxpop.text import prepare

Row = dict[str, str]
"""A row with `id`, `topic`, `label`, `text`, and whatever else the table has."""

NEEDED: Final = ("id", "topic", "label", "text")
ALIKE: Final = 0.5
"""Share of the shorter text's runs of four words from which two texts are too like each other to stand in two parts."""

_WORD: Final = re.compile(r"\w+")
_COMMON: Final = frozenset("a and day for in of on s the to vs".split())
_MOST_SHARED: Final = 2000


def read(path: Path) -> list[Row]:
    """Return the rows of a table. Raises `Terminal` where a column is missing or there is no row."""
    with Table(path) as table:
        found = [{name: str(value) for name, value in row.values.items()} for row in table.rows() if not row.problem]
    if not found or not set(NEEDED) <= set(found[0]):
        raise Terminal(f"{path} has no rows with {', '.join(NEEDED)}; its first line must name them")
    return found


def families(topics: Collection[str]) -> list[list[str]]:
    """Return the topics in groups that have to stay together: one's words are another's, or they share two.

    >>> families(["obama", "michelle obama", "green day", "Google", "google+"])
    [['Google', 'google+'], ['green day'], ['michelle obama', 'obama']]
    """
    words = {topic: _words(topic) - _COMMON or {topic} for topic in topics}
    of: dict[str, set[str]] = {}
    for topic in sorted(topics):
        near = [of[other] for other in of if _related(words[topic], words[other])]
        joined = {topic}.union(*near)
        of |= dict.fromkeys(joined, joined)
    return sorted({id(each): sorted(each) for each in of.values()}.values())


def divide(rows: Sequence[Row], shares: Mapping[str, float], seed: int = 1) -> dict[str, list[Row]]:
    """Return `train` and, for each name in `shares`, that share of the rows, by topics that no other part has.

    No id is in two parts, and no text that is like one of a part held out: from the earlier parts of `shares`, then
    the later ones, then `train`, such rows are left out, as are copies within a part held out.
    """
    counts = Counter(row["topic"] for row in rows)
    groups = families(counts)
    random.Random(seed).shuffle(groups)
    part: dict[str, str] = {}
    for name, share in shares.items():
        size = 0
        for group in [group for group in groups if group[0] not in part]:
            if size >= share * len(rows):
                break
            part |= dict.fromkeys(group, name)
            size += sum(counts[topic] for topic in group)
    found: dict[str, list[Row]] = {name: [] for name in (*shares, "train")}
    for row in rows:
        found[part.get(row["topic"], "train")].append(row)
    held: list[Row] = []
    for name in found:
        kept = _apart(found[name], held)
        found[name] = kept if name == "train" else _once(kept)
        held += found[name]
    return found


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _related(one: set[str], other: set[str]) -> bool:
    both = one & other
    return bool(both) and (both in (one, other) or len(both) > 1)


def _once(rows: Sequence[Row]) -> list[Row]:
    return list({(row["topic"], tuple(_plain(row))): row for row in reversed(rows)}.values())[::-1]


def _apart(rows: Sequence[Row], held: Sequence[Row]) -> list[Row]:
    """The rows with no id and no text that is like one of those held."""
    ids = {row["id"] for row in held}
    runs = [_runs(row) for row in held]
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(runs):
        for run in each:
            having[run].append(at)
    return [row for row in rows if row["id"] not in ids and not _is_like(_runs(row), runs, having)]


def _is_like(mine: set[str], runs: Sequence[set[str]], having: Mapping[str, list[int]]) -> bool:
    shared = Counter(at for run in mine if run in having for at in having[run][:_MOST_SHARED])
    return any(count / min(len(mine), len(runs[at])) >= ALIKE for at, count in shared.items())


def _plain(row: Row) -> list[str]:
    return [word for word in _WORD.findall(prepare(row["text"]).casefold()) if word not in ("http", "user")]


def _runs(row: Row) -> set[str]:
    words = _plain(row)
    return {" ".join(words[at : at + 4]) for at in range(len(words) - 3)} or {" ".join(words)}


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as a .tsv, text last, white space in a cell made single."""
    names = [name for name in rows[0] if name != "text"] + ["text"] if rows else list(NEEDED)
    lines = ["\t".join(" ".join(row.get(name, "").split()) for name in names) for row in rows]
    path.write_text("\n".join(["\t".join(names), *lines]) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.division", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help=f"a table with {', '.join(NEEDED)}")
    options.add_argument("--out", type=Path, required=True, help="a directory, for train.tsv, dev.tsv and test.tsv")
    options.add_argument("--test", type=float, default=0.15, help="share of the rows that test gets")
    options.add_argument("--dev", type=float, default=0.06, help="share of the rows that dev gets")
    options.add_argument("--seed", type=int, default=1, help="which topics are held out")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Divide, and say how large the parts are."""
    wanted = parser().parse_args(arguments)
    wanted.out.mkdir(parents=True, exist_ok=True)
    parts = divide(read(wanted.data), {"test": wanted.test, "dev": wanted.dev}, wanted.seed)
    for name, rows in parts.items():
        write(wanted.out / f"{name}.tsv", rows)
        console.say(f"{name}: {len(rows):,} posts on {len({row['topic'] for row in rows}):,} topics")


if __name__ == "__main__":
    main()
