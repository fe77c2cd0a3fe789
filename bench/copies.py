"""How well near-copies are found: invented posts, copies of some with planted edits, pairs found and missed.

PYTHONPATH=src:. python bench/copies.py [--posts 20000]
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations

from voxpop.insight.clusters import Clusters, Said

START = datetime(2026, 11, 19, 9, tzinfo=UTC)
WORDS = (
    "ferry harbour ticket queue morning evening captain engine delay storm island bridge market baker bread "
    "coffee garden window letter station platform driver signal winter summer river stone paper music concert "
    "singer album guitar drum battery screen camera charger cable update release price shop discount parcel "
    "courier refund keyboard neighbour kitchen dinner recipe onion pepper potato lemon butter cheese holiday "
    "beach mountain forest trail camping doctor nurse clinic school teacher lesson student library novel "
    "chapter author editor film actor scene director seat slow quick bright dark quiet loud heavy light clean "
    "dirty cheap honest strange lovely broken modern ancient narrow arrives leaves opens closes breaks works "
    "sounds tastes looks feels costs saves helps hurts begins ends waits moves today tomorrow tonight again "
    "never always finally almost nearly about without behind under between against during"
).split()
FILLERS = ("the", "a", "this", "my", "our", "and", "but", "so", "with", "for", "to", "of", "in", "on", "is", "was")
Edit = Callable[[random.Random, list[str]], list[str]]


def sentence(dice: random.Random) -> list[str]:
    """Words of an invented post; half of them are the little words that all posts share."""
    return [dice.choice(FILLERS) if at % 2 == 0 else dice.choice(WORDS) for at in range(dice.randint(10, 26))]


def decorated(dice: random.Random, words: list[str]) -> list[str]:
    """Other case, signs, a link and a mention."""
    shouted = [word.upper() if dice.random() < 0.2 else word for word in words]
    return [f"@u{dice.randrange(1000)}", *shouted, "!!!", "🚢", f"https://example.org/{dice.randrange(10**6)}"]


def replaced(count: int) -> Edit:
    """Other words in place of `count`."""

    def edit(dice: random.Random, words: list[str]) -> list[str]:
        places = dice.sample(range(len(words)), count)
        return [dice.choice(WORDS) if at in places else word for at, word in enumerate(words)]

    return edit


def added(dice: random.Random, words: list[str]) -> list[str]:
    """A word before and two tags behind."""
    return [dice.choice(WORDS), *words, f"#{dice.choice(WORDS)}", f"#{dice.choice(WORDS)}"]


def shortened(dice: random.Random, words: list[str]) -> list[str]:
    """A fifth cut off at the end."""
    return words[: max(8, len(words) * 4 // 5)]


EDITS: dict[str, Edit] = {
    "decorated": decorated,
    "one word replaced": replaced(1),
    "two words replaced": replaced(2),
    "three words replaced": replaced(3),
    "words added": added,
    "a fifth cut off": shortened,
}
Planted = list[tuple[str, int, str]]


def planted(posts: int, seed: int = 1) -> Planted:
    """Texts with the number of the original they come from, and the edit: about a third are copies.

    A third of the originals share one of twenty openings of six words, and are no copies.
    """
    dice = random.Random(seed)
    rows: Planted = []
    openings = [sentence(dice)[:6] for _ in range(20)]
    for number in range(posts * 2 // 3):
        words = sentence(dice)
        if number % 3 == 1:
            # No copies, though they begin alike.
            words = dice.choice(openings) + words
        rows.append((" ".join(words), number, ""))
        if number % (2 * len(EDITS)) == 0:
            rows += [(" ".join(edit(dice, words)), number, name) for name, edit in EDITS.items()]
    dice.shuffle(rows)
    return rows


def found(rows: Planted) -> list[list[int]]:
    """The places of the posts of each cluster."""
    clusters = Clusters()
    said = [Said(text, at, START + timedelta(seconds=at), at) for at, (text, _, _) in enumerate(rows)]
    for first in range(0, len(said), 5000):
        clusters.add(said[first : first + 5000])
    return [[post.place for post in cluster.posts] for cluster in clusters.copies()]


def precision(rows: Planted, groups: Iterable[list[int]]) -> float:
    """The share of the pairs put together that come from one original."""
    right = [rows[one][1] == rows[other][1] for group in groups for one, other in combinations(group, 2)]
    return sum(right) / len(right) if right else 1.0


def recall(rows: Planted, groups: Iterable[list[int]]) -> dict[str, float]:
    """By edit, the share of the copies that were put with their original."""
    cluster = {place: number for number, group in enumerate(groups) for place in group}
    originals = {number: at for at, (_, number, edit) in enumerate(rows) if not edit}
    hits: Counter[str] = Counter()
    for at, (_, number, edit) in enumerate(rows):
        hits[edit] += cluster.get(at, -1) == cluster.get(originals[number], -2)
    asked = Counter(edit for _, _, edit in rows)
    return {edit: hits[edit] / asked[edit] for edit in EDITS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=20_000)
    rows = planted(parser.parse_args().posts)
    began = time.perf_counter()
    groups = found(rows)
    taken = time.perf_counter() - began
    print(f"{len(rows):,} posts in {taken:.1f} s, {len(rows) / taken:,.0f}/s; precision {precision(rows, groups):.4f}")
    for edit, share in recall(rows, groups).items():
        print(f"recall {share:.3f}  {edit}")


if __name__ == "__main__":
    main()
