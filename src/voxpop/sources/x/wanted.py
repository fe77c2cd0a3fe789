"""From topics to what X is asked for: the one place that knows both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from voxpop.errors import Terminal
from voxpop.topics import Topic

STREAM_LIMIT: Final = 1024
"""Characters of a rule of the filtered stream."""
SEARCH_LIMIT: Final = 512
"""Characters of a query of recent search."""


@dataclass(frozen=True)
class Rule:
    """A rule as X takes it, `{"value": …, "tag": …}`; the tag is the topic's name."""

    value: str
    tag: str


Wanted = Callable[[int], Sequence[Rule]]
"""Answers the rules now wanted, none longer than so many characters."""


def wanted(topics: Sequence[Topic]) -> Wanted:
    """What to ask X for so that posts on the topics come; more may come, and is matched again here.

    >>> wanted([Topic("t", "T", keywords=("tesla",), phrases=("model 3",), hashtags=("ev",))])(1024)
    [Rule(value='tesla OR "model 3" OR #ev', tag='t')]
    """
    return lambda limit: [Rule(value, topic.name) for topic in topics for value in _packed(topic, limit)]


def _packed(topic: Topic, limit: int) -> Iterator[str]:
    held = ""
    for term in dict.fromkeys(_terms(topic)):
        if len(term) > limit:
            raise Terminal(f"Topic {topic.name!r}: {term[:60]}… is longer than X takes; make it shorter.")
        joined = f"{held} OR {term}" if held else term
        if len(joined) > limit:
            yield held
            joined = term
        held = joined
    yield held


def _terms(topic: Topic) -> Iterator[str]:
    yield from (term if term.isalnum() and term not in ("OR", "AND") else _quoted(term) for term in topic.keywords)
    yield from map(_quoted, topic.phrases)
    yield from (f"#{tag.removeprefix('#')}" for tag in topic.hashtags)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', " ") + '"'
