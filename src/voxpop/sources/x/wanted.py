"""From topics to what X is asked for: the one place that knows both languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from voxpop.topics import Topic
from voxpop.topics.rules import STREAM_LIMIT, Rule, compile_rules

SEARCH_LIMIT: Final = 512
"""Characters of a query of recent search."""

Wanted = Callable[[int], Sequence[Rule]]
"""Answers the rules now wanted, none longer than so many characters."""

__all__ = ["SEARCH_LIMIT", "STREAM_LIMIT", "Rule", "Wanted", "wanted"]


def wanted(topics: Callable[[], Sequence[Topic]]) -> Wanted:
    """What to ask X for so that posts on the topics come; more may come, and is matched again here.

    `topics` is asked each time, so that a topic which is added while the stream runs is asked for.

    >>> wanted(lambda: [Topic.read("t", "T", 'tesla OR "model 3" OR #ev')])(1024)
    [Rule(value='tesla OR "model 3" OR #ev', tag='t')]
    """
    return lambda limit: [rule for topic in topics() for rule in compile_rules(topic, limit).rules]
