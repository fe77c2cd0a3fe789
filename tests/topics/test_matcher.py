import pickle
import re
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topics.naive import matches
from voxpop.errors import Terminal
from voxpop.topics import PRESETS, Matcher, Terms, Topic, fold
from voxpop.topics.query import Cashtag, Hashtag, Mention, Not, Or, Words


def on(text: str, **terms: tuple[str, ...]) -> bool:
    return Matcher([topic("t", "T", **terms)]).match([text]) == [["t"]]


def topic(name: str = "t", title: str = "T", **terms: Any) -> Topic:
    return Topic(name, title, Terms(**terms).query(name))


def catches(query: str, text: str | None, **columns: str | None) -> bool:
    given: Any = {name: [value] for name, value in columns.items()}
    return Matcher([Topic.read("t", "T", query)]).match([text], given) == [["t"]]


@pytest.mark.parametrize(
    "text",
    ["gta6", "GTA6!", "(gta6)", "#GTA6", "ＧＴＡ６ now", "gta6's map", "gta\u200b6", "gta6が出る", "GTA6™", "gta6️⃣"],
)
def test_a_keyword_is_found_as_a_whole_word(text: str) -> None:
    assert on(text, keywords=("GTA6",))


@pytest.mark.parametrize("text", ["notgta6x", "gta66", "xgta6", "gta6_leak", "#gta6leak", "gta 6", "gta6́", ""])
def test_a_keyword_is_not_found_inside_a_word(text: str) -> None:
    assert not on(text, keywords=("gta6",))


@pytest.mark.parametrize(
    "text", ["Tesla's car", "Tesla’s car", "TESLA.", "a tesla,or two", "$tesla", "@tesla", "tesla-like"]
)
def test_apostrophes_and_punctuation_end_a_word(text: str) -> None:
    assert on(text, keywords=("tesla",))


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("新作のテスラが来た", "テスラ"),
        ("我喜欢特斯拉汽车", "特斯拉"),
        ("테슬라가 좋다", "테슬라"),
        ("ผมรักเทสลามาก", "เทสลา"),
        ("going 🚗🚗 fast", "🚗"),
        ("i❤️you", "❤"),
        ("i❤you", "❤️"),
        ("buy $TSLA now", "$tsla"),
        ("write C++, not C", "c++"),
        ("Die Straße", "STRASSE"),
        ("मैं दिल्ली में", "दिल्ली"),
    ],
)
def test_every_script_and_sign_can_be_a_keyword(text: str, keyword: str) -> None:
    assert on(text, keywords=(keyword,))


def test_a_vowel_sign_continues_its_word() -> None:
    assert not on("दिल्ली", keywords=("दिल्ल",))


@pytest.mark.parametrize("text", ["GTA VI", "gta\n\tvi", "gta\u00a0vi!", "gta　vi", "#gta vi"])
def test_a_phrase_spans_any_white_space(text: str) -> None:
    assert on(text, phrases=("gta  vi",))


@pytest.mark.parametrize("text", ["gta-vi", "gta, vi", "gta vii", "mygta vi", "vi gta", "gtavi"])
def test_a_phrase_is_its_words_in_sequence_and_nothing_else(text: str) -> None:
    assert not on(text, phrases=("gta vi",))


@pytest.mark.parametrize("tag", ["GTA6", "#gta6"])
def test_a_hashtag_is_found_with_its_sign_only(tag: str) -> None:
    texts = ["look #gta6!", "＃GTA6", "(#gta6)", "##gta6", "gta6", "#gta6leak", "c#gta6", "# gta6", "#gta6が"]
    found = Matcher([topic("t", "T", hashtags=(tag,))]).match(texts)
    assert [bool(names) for names in found] == [True] * 4 + [False] * 5


def test_names_are_sorted_and_none_has_no_topic() -> None:
    matcher = Matcher([topic(name, "T", keywords=("car", name)) for name in ("b", "a", "c")])
    assert matcher.match(["car", None, "a b", ""]) == [["a", "b", "c"], [], ["a", "b"], []]


def test_no_topic_matches_nothing() -> None:
    assert Matcher([]).match(["tesla", None]) == [[], []]


def test_terms_that_contain_each_other_are_all_found() -> None:
    matcher = Matcher([topic("a", "A", phrases=("model y car",)), topic("b", "B", phrases=("model y", "y car"))])
    assert matcher.match(["a model y car"]) == [["a", "b"]]


def test_a_term_is_never_a_pattern() -> None:
    assert not on("tesla", keywords=("t.*a",))
    assert on("t.*a", keywords=("t.*a",))


@pytest.mark.parametrize(
    ("fields", "fix"),
    [
        ({"name": "GTA 6"}, "is not a slug; use lower-case letters"),
        ({"name": "a" * 65}, "is not a slug"),
        ({"name": "a\n"}, "is not a slug"),
        ({"title": " "}, "give one to show"),
        ({"title": "x" * 201}, "give one to show"),
        ({"keywords": ()}, "add a query, a keyword, a phrase or a hashtag"),
        ({"keywords": ("gta 6",)}, "move it to phrases"),
        ({"keywords": ("#gta6",)}, "move it to hashtags"),
        ({"keywords": ("\ufe0f",)}, "take it out"),
        ({"phrases": ("!!",)}, "take it out"),
        ({"keywords": ("\ud83d",)}, "type it again"),
        ({"hashtags": ("gta 6",)}, "use letters, digits and underscores"),
        ({"hashtags": ("#",)}, "use letters, digits and underscores"),
        ({"hashtags": ("gta-6",)}, "use letters, digits and underscores"),
    ],
)
def test_a_topic_that_cannot_match_is_refused_with_the_fix(fields: dict[str, Any], fix: str) -> None:
    with pytest.raises(Terminal, match=re.escape(fix)) as refusal:
        topic(**{"name": "cars", "title": "Cars", "keywords": ("tesla",)} | fields)
    assert repr(fields.get("name", "cars")) in str(refusal.value)


def test_a_topic_that_only_leaves_out_is_refused() -> None:
    with pytest.raises(Terminal, match="almost every post"):
        Topic("t", "T", Not(Words("tesla")))


def test_a_topic_cannot_change() -> None:
    with pytest.raises(FrozenInstanceError):
        topic(keywords=("tesla",)).name = "x"  # type: ignore[misc]


def test_two_topics_of_one_name_are_refused() -> None:
    with pytest.raises(Terminal, match="'a'; rename one"):
        Matcher([topic("a", "A", keywords=("x",)), topic("b", "B", keywords=("x",)), topic("a", "C", keywords=("y",))])


def test_the_digest_changes_with_what_is_matched_only() -> None:
    one, two = topic("a", "A", keywords=("x", "y")), topic("b", "B", hashtags=("z",))
    digest = Matcher([one, two]).digest
    assert digest == Matcher([two, topic("a", "Other", keywords=("Y", "x"))]).digest
    others = [[one], [], [one, topic("b", "B", keywords=("z",))], [one, topic("c", "B", hashtags=("z",))]]
    assert len({digest, *(Matcher(topics).digest for topics in others)}) == 5


def test_the_digest_outlives_the_process() -> None:
    assert Matcher([topic("a", "A", keywords=("x",))]).digest == "2be57c91d599b000"


def test_a_matcher_travels_to_another_process() -> None:
    matcher = Matcher(list(PRESETS.values()))
    copy = pickle.loads(pickle.dumps(matcher))
    assert copy.digest == matcher.digest
    assert copy.match(["a tesla"]) == [["tesla"]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("GTA 6 delayed again", ["gta6"]),
        ("#GTAVI trailer", ["gta6"]),
        ("Grand Theft Auto VI", ["gta6"]),
        ("gta v is fine", []),
        ("$TSLA to the moon", ["tesla"]),
        ("my Model Y vs a Cybertruck", ["tesla"]),
        ("the Pixel 9 Pro Fold hinge", ["pixel-fold"]),
        ("pixel 9 pro camera", []),
        ("scroll gta 6 on my #PixelFold in a Tesla", ["gta6", "pixel-fold", "tesla"]),
    ],
)
def test_the_presets_find_what_people_write(text: str, names: list[str]) -> None:
    assert Matcher(list(PRESETS.values())).match([text]) == [names]


def test_the_presets_are_keyed_by_name() -> None:
    assert {name: topic.title for name, topic in PRESETS.items()} == {
        "gta6": "GTA 6",
        "tesla": "Tesla",
        "pixel-fold": "Pixel Fold",
    }
    assert all(name == topic.name for name, topic in PRESETS.items())


# A small alphabet makes hits likely: words, boundaries, marks, kana, Han, Hangul, signs, a lone surrogate.
ALPHABET = "aAbß_6 \n\t#$@'-.é\u0301\u094d\u20e3カー東가🚗\ufe0f\u200b™Ａ\ud800\u00a0"
WORDS = st.text("aAb6é_$カ東🚗", min_size=1, max_size=3).filter(lambda word: word.strip("_") != "")
LEAVES = st.one_of(
    WORDS.map(Words),
    st.lists(WORDS, min_size=2, max_size=2).map(" ".join).map(Words),
    st.text("aAb6_カ", min_size=1, max_size=3).map(Hashtag),
    st.text("aAb6_", min_size=1, max_size=3).map(Mention),
    st.text("aAb", min_size=1, max_size=3).map(Cashtag),
)


@given(
    st.lists(st.text(ALPHABET, max_size=20), max_size=4), st.lists(st.lists(LEAVES, min_size=2, max_size=4), max_size=4)
)
def test_finding_terms_equals_a_naive_reading(texts: list[str], terms: list[list[Any]]) -> None:
    topics = [Topic(f"t{number}", "T", Or(tuple(leaves))) for number, leaves in enumerate(terms)]
    naive = [[topic.name for topic in topics if matches(topic.query, text)] for text in texts]
    assert Matcher(topics).match(texts) == naive


@pytest.mark.parametrize(
    ("query", "caught", "missed"),
    [
        ("@ana", ["hi @ana.", "@ANA!", "＠ana", "(@ana)", "@ana's"], ["@ana.bsky.social", "@anab", "x@ana", "ana"]),
        ("@ana.bsky.social", ["via @ana.bsky.social."], ["@ana", "@ana.bsky.social.uk"]),
        ("$tsla", ["$TSLA up", "($tsla)", "$tslaが"], ["tsla", "$tslaq", "a$tsla"]),
        ("tesla model", ["model of a tesla"], ["tesla", "model"]),
        ("tesla (model OR car) -ad", ["a tesla car"], ["a tesla", "tesla car ad", "car"]),
        ('"AND"', ["this and that"], ["band"]),
        ("pokémon", ["POKÉMON", "poke\u0301mon"], ["pokemon"]),
        ("#a #b", ["#b #a"], ["#a", "#ab"]),
        ("tesla -#tesla", ["tesla"], ["#tesla", "tesla #tesla"]),
    ],
)  # fmt: skip
def test_queries_read_texts(query: str, caught: list[str], missed: list[str]) -> None:
    assert [text for text in caught if not catches(query, text)] == []
    assert [text for text in missed if catches(query, text)] == []


def test_queries_read_columns() -> None:
    assert catches("lang:EN", "x", lang="en") and not catches("lang:en", "x", lang="de")
    assert catches("a country:us", "a", country="US") and not catches("a country:us", "a", country=None)
    assert catches("from:@NASA", "x", author="Nasa") and not catches("from:nasa", "x", author="nasa2")
    assert catches("is:reply", "x", kind="reply") and not catches("a -is:repost", "a", kind="repost")
    assert catches('source:"My File"', "x", source="my file") and not catches("source:x", "x", source="bluesky")


def test_what_is_unknown_is_nothing_that_can_be_asked_for_and_has_no_text_no_topic() -> None:
    assert catches("a -lang:en", "a", lang=None) and catches("a -lang:en", "a")
    assert not catches("lang:en", None, lang="en")


@given(st.text())
def test_any_text_can_be_matched(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert Matcher(list(PRESETS.values())).match([text + " #gta6"]) == Matcher(list(PRESETS.values())).match(
        [text + "\n #GTA6"]
    )
    assert "gta6" in Matcher([PRESETS["gta6"]]).match([text + " #gta6"])[0]
