from __future__ import annotations

import pytest

from voxpop.errors import Terminal
from voxpop.topics import PRESETS, Topic
from voxpop.topics.rules import STREAM_LIMIT, Compiled, compile_rules


def compiled(query: str, limit: int = STREAM_LIMIT) -> Compiled:
    return compile_rules(Topic.read("t", "T", query), limit)


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ('tesla "model 3" OR #m3 @ana $tsla', '(tesla "model 3") OR (#m3 @ana $tsla)'),
        ("tesla is:repost", "tesla is:retweet"),
        ("tesla is:original", "tesla -is:retweet -is:reply -is:quote"),
        ("tesla -is:original", "tesla (is:retweet OR is:reply OR is:quote)"),
        ("tesla lang:id", "tesla lang:in"),
        ("tesla -(ad OR is:repost)", "tesla -ad -is:retweet"),
        ("tesla -(ad promo)", "(tesla -ad) OR (tesla -promo)"),
        ("tesla (car OR -ad)", "(tesla car) OR (tesla -ad)"),
        ("-(-tesla)", "tesla"),
        ("tesla source:x", "tesla"),
        ("tesla -source:bluesky", "tesla"),
        ("(tesla source:bluesky) OR from:tesla", "from:tesla"),
        ("from:ana.bsky.social OR tesla", "tesla"),
        ('"OR" "and"', '"OR" and'),
        ("country:US", "place_country:US"),
        ("#2026 tesla", '"#2026" tesla'),
        ("特斯拉 🚗", '特斯拉 "🚗"'),
    ],
)
def test_a_query_becomes_a_rule(query: str, rule: str) -> None:
    assert [made.value for made in compiled(query).rules] == [rule]


def test_what_differs_on_x_is_noted_and_never_left_out() -> None:
    assert "drops the signs of c++" in compiled("c++").notes[0]
    left = compiled("language -c++")
    assert [rule.value for rule in left.rules] == ["language"] and "left to Voxpop" in left.notes[0]
    assert "place_country:" in compiled("tesla country:US").notes[0]
    assert compiled("tesla source:bluesky") == Compiled((), ("no post of X can match it, so there is no rule",))


def test_a_long_query_is_split_at_its_ors_into_rules_below_the_limit() -> None:
    words = " OR ".join(f"word{number}" for number in range(300))
    rules = compiled(f"({words}) (red OR blue) lang:en -is:repost").rules
    assert len(rules) > 3
    assert all(len(rule.value) <= STREAM_LIMIT and rule.tag == "t" for rule in rules)
    assert all(rule.value.endswith("lang:en -is:retweet") for rule in rules)
    named = " ".join(rule.value for rule in rules).replace("(", " ").replace(")", " ").split()
    assert {f"word{number}" for number in range(300)} <= set(named)


@pytest.mark.parametrize(
    ("query", "fix"),
    [
        ("lang:en", "no rule for lang:en alone"),
        ("is:reply -tesla", "no rule for is:reply -tesla alone"),
        ("tesla OR is:reply", "no rule for is:reply alone"),
        ("source:x", "no rule for every post alone"),
        ('"' + "long " * 300 + '"', "no OR to split it at"),
        ("tesla " + " ".join(f"-(a{n} b{n})" for n in range(40)), "more than 1,000 alternatives"),
        (" ".join("(" + " OR ".join(f"w{n}x{m}" for m in range(90)) + ")" for n in range(20)), "more rules than"),
    ],
)
def test_what_x_has_no_rule_for_is_refused_by_name(query: str, fix: str) -> None:
    with pytest.raises(Terminal, match=fix):
        compiled(query)


def test_every_preset_has_a_rule() -> None:
    assert [len(compile_rules(topic).rules) for topic in PRESETS.values()] == [1, 1, 1]
