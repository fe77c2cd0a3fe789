"""Posts per second of the matcher beside a naive regular expression, on the same keywords and posts, in one run.

    python bench/topics.py [--keywords 2000] [--posts 20000] [--rounds 5]

Keywords and posts are invented words from a seed. A post has about 190 characters; one in ten holds a keyword, which is
more than of real posts. Beside topics that are an OR of words, as many are timed whose queries have to be evaluated.
The ways take turns, so that whatever else the machine does falls on each of them alike.
"""

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

from voxpop.topics import Matcher, Terms, Topic, fold, parse
from voxpop.topics.query import And

KEYWORDS_A_TOPIC = 20
LENGTH = 190
LETTERS = "eeeeaaaarrriiiooottttnnnsssllccuuddppmmhhggbbffyywwkkvxzjq"
ONLY_ORIGINALS = parse("x -is:repost -spam lang:en")


def words(random: Random, count: int, shortest: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(random.choice(LETTERS) for _ in range(random.randint(shortest, 10)))] = None
    return list(made)


def posts(random: Random, known: list[str], keywords: list[str], count: int) -> list[str]:
    made = []
    for _ in range(count):
        said: list[str] = [random.choice(keywords)] if random.random() < 0.1 else []
        left = LENGTH - sum(map(len, said))
        while left > 0:
            said.append(random.choice(known))
            left -= len(said[-1]) + 1
        made.append(" ".join(random.sample(said, len(said))).capitalize() + "!")
    return made


def topics(keywords: list[str], evaluated: bool) -> list[Topic]:
    made = []
    for at in range(0, len(keywords), KEYWORDS_A_TOPIC):
        query = Terms(tuple(keywords[at : at + KEYWORDS_A_TOPIC])).query("t")
        assert isinstance(ONLY_ORIGINALS, And)
        made.append(Topic(f"t{at}", "T", And((query, *ONLY_ORIGINALS.operands[1:])) if evaluated else query))
    return made


def naive(keywords: list[str]) -> Callable[[list[str]], object]:
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, keywords)) + r")\b")
    return lambda texts: [pattern.findall(fold(text)) for text in texts]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--keywords", type=int, default=2000)
    options.add_argument("--posts", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    random = Random(7)
    keywords, others = words(random, given.keywords, 4), words(random, 20_000, 2)
    texts = posts(random, others, keywords, given.posts)
    columns: Any = {"kind": ["original"] * len(texts), "lang": ["en"] * len(texts)}
    plain, evaluated = Matcher(topics(keywords, False)), Matcher(topics(keywords, True))
    few = texts[: max(1, len(texts) // 50)]
    ways: dict[str, tuple[Callable[[list[str]], object], list[str]]] = {
        "Matcher, topics of words": (plain.match, texts),
        "Matcher, topics with -is:repost -spam lang:en": (lambda batch: evaluated.match(batch, columns), texts),
        "fold alone": (lambda batch: [fold(text) for text in batch], texts),
        "one regular expression": (naive(keywords), few),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(given.rounds):
        for name, (way, batch) in ways.items():
            begun = time.perf_counter()
            way(batch)
            rates[name].append(len(batch) / (time.perf_counter() - begun))
    mean = statistics.mean(map(len, texts))
    found = sum(map(bool, plain.match(texts))) / len(texts)
    print(f"{len(texts)} posts of {mean:.0f} characters, {len(keywords)} keywords, {found:.0%} on topic, one thread")
    for name, rate in rates.items():
        print(f"{name:48} {statistics.median(rate):9,.0f} posts/s ({min(rate):,.0f} to {max(rate):,.0f})")
    print(json.dumps({name: round(statistics.median(rate)) for name, rate in rates.items()}))


if __name__ == "__main__":
    main()
