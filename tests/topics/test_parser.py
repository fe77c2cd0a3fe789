from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.topics import QueryError, parse
from voxpop.topics.lexer import LONGEST
from voxpop.topics.query import And, Lang, Not, Or, Query, Source, Words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a b OR c", Or((And((Words("a"), Words("b"))), Words("c")))),
        ("a AND b", And((Words("a"), Words("b")))),
        ("a NOT b", And((Words("a"), Not(Words("b"))))),
        ("a -(b OR c)", And((Words("a"), Not(Or((Words("b"), Words("c"))))))),
        ("(a OR (b OR c))", Or((Words("a"), Words("b"), Words("c")))),
        ("a and b", And((Words("a"), Words("and"), Words("b")))),
        ("“model 3”", Words("model 3")),
        ('"say \\"hi\\" \\\\"', Words('say "hi" \\')),
        ("gta-6", Words("gta-6")),
        ("LANG:En x", And((Lang("en"), Words("x")))),
        ('source:"My  File" x', And((Source("my file"), Words("x")))),
        ("-b a", And((Not(Words("b")), Words("a")))),
        ("a\n  OR\tb", Or((Words("a"), Words("b")))),
    ],
)
def test_queries_are_read(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "column", "fix"),
    [
        ("", 1, "write a word, a phrase or a #hashtag"),
        ("tesla OR (model", 10, "write ) where the group ends"),
        ("tesla OR (", 10, "write a query and )"),
        ("tesla)", 6, "take it out, or open a group"),
        ("a ()", 3, "this group is empty"),
        ("a OR", 3, "OR has nothing after it"),
        ("(a OR) b", 4, "OR has nothing after it"),
        ("OR a", 1, "OR has nothing before it"),
        ("a AND OR b", 3, "AND has nothing after it"),
        ("a NOT", 3, "NOT has nothing after it"),
        ("a - b", 3, "write it as -word"),
        ('a "b', 3, "never closed"),
        ("a b”", 4, "never opened"),
        ('a ""', 3, "write words between the quotation marks"),
        ("langg:en a", 1, "did you mean lang:?"),
        ("a place_country:US", 3, "did you mean country:?"),
        ("see http://a.b", 5, "quote it"),
        ("a is:retweet", 3, "did you mean is:repost?"),
        ("a lang:english", 3, "ISO 639-1"),
        ("a country:Germany", 3, "did you mean country:DE?"),
        ("a country:uk", 3, "did you mean country:GB?"),
        ("a from:", 3, "takes a handle"),
        ("a source:", 3, "takes a source's name"),
        ("#gta-6", 1, "use letters, digits and underscores"),
        ("@!", 1, "write it as @name"),
        ("$5", 1, "begins with a letter"),
        ('"a b"~3', 6, "take out ~"),
        ("!!", 1, "no letter, digit or sign"),
        ("-tesla", 1, "almost every post"),
        ("tesla OR -lang:en", 10, "almost every post"),
        ("tesla OR (-a -b)", 11, "almost every post"),
        ("-(a b)", 1, "almost every post"),
        ("(" * 60 + "a" + ")" * 60, 51, "take some apart"),
        ("a " * LONGEST, LONGEST + 1, "make two topics"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_at_its_column_with_the_fix(text: str, column: int, fix: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert fix in refused.value.reason
    assert refused.value.column == column


def test_the_caret_stands_below_the_place_also_after_wide_characters() -> None:
    with pytest.raises(QueryError) as refused:
        parse("特斯拉 OR (car")
    assert str(refused.value).splitlines()[1:] == ["  特斯拉 OR (car", "            ^"]


def test_of_a_long_query_the_place_is_shown() -> None:
    with pytest.raises(QueryError) as refused:
        parse("word " * 1000 + "\ud800 \x1b[2J " + "word " * 1000)
    shown, caret = str(refused.value).splitlines()[1:]
    assert len(shown) < 150 and "\x1b" not in shown and caret.strip() == "^"
    str(refused.value).encode()


SIGNS = st.text('ab"“”() :-#@$\\ORlangis:en', max_size=30)


@given(st.text() | SIGNS)
def test_any_text_is_a_query_that_prints_and_reads_back_or_is_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as refused:
        assert 1 <= refused.column <= len(text) + 1
    else:
        assert parse(str(query)) == query
