"""Ten thousand queries: the matcher, the printed text and the rules for X all mean what a naive reading says."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.topics import generated
from tests.topics.naive import matches
from voxpop.errors import Terminal
from voxpop.topics import Matcher, Topic, parse
from voxpop.topics.rules import SEARCH_LIMIT, compile_rules

QUERIES = 10_000
BATCH = 25
POSTS = 8


def test_the_matcher_agrees_with_a_naive_reading() -> None:
    random = Random(1)
    hits = 0
    for _ in range(QUERIES // BATCH):
        topics = [Topic(f"t{number:02}", "T", generated.query(random)) for number in range(BATCH)]
        posts = [generated.post(random) for _ in range(POSTS)]
        columns: Any = {name: [post[1][name] for post in posts] for name in posts[0][1]}
        found = Matcher(topics).match([text for text, _ in posts], columns)
        naive = [[topic.name for topic in topics if matches(topic.query, *post)] for post in posts]
        assert found == naive
        hits += sum(map(len, naive))
    assert hits > QUERIES, "the generated posts must meet the generated queries"


def test_a_query_reads_back_from_its_text() -> None:
    random = Random(2)
    for _ in range(QUERIES):
        query = generated.query(random)
        assert parse(str(query)) == query


@pytest.mark.parametrize("limit", [60, SEARCH_LIMIT])
def test_the_rules_for_x_deliver_what_the_query_wants_and_nothing_else(limit: int) -> None:
    """Every literal of the generator is one that X reads as Voxpop does, so the two must agree on posts of X."""
    random = Random(3)
    compiled = split = 0
    for number in range(2000):
        topic = Topic(f"t{number}", "T", generated.query(random))
        try:
            rules = compile_rules(topic, limit).rules
        except Terminal:
            continue
        assert all(len(rule.value) <= limit and rule.tag == topic.name for rule in rules)
        read = [parse(_ours(rule.value)) for rule in rules]
        for text, columns in (generated.post(random) for _ in range(POSTS)):
            # X knows no handle with a dot.
            columns |= {"source": "x", "author": (columns["author"] or "nobody").split(".")[0]}
            delivered = any(matches(rule, text, columns) for rule in read)
            assert delivered == matches(topic.query, text, columns)
        compiled += 1
        split += len(rules) > 1
    assert compiled > 500 and (split > 50 or limit > 60)


def _ours(rule: str) -> str:
    """X's names of operators and languages as Voxpop's."""
    return rule.replace("is:retweet", "is:repost").replace("place_country:", "country:").replace("lang:in", "lang:id")
