import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.profile import read


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("uk", "GB"),
        ("Deutschland", "DE"),
        ("BRASIL!!", "BR"),
        ("日本", "JP"),
        ("日本 東京", "JP"),
        ("대한민국 서울", "KR"),
        ("भारत", "IN"),
        ("İSTANBUL", "TR"),
        ("Côte d’Ivoire", "CI"),
        ("Guinea-Bissau", "GW"),
        ("Trinidad & Tobago", "TT"),
        ("Northern Ireland", "GB"),
        ("new south wales", "AU"),
        ("somewhere in Norway", "NO"),
        ("little town, Kenya 🌍", "KE"),
        ("Gdynia • Poland", "PL"),
        ("Évora - Portugal", "PT"),
    ],
)
def test_the_name_of_a_country_is_read_in_many_forms(text: str, country: str) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(
    ("text", "country"),
    [("🇧🇷", "BR"), ("made of stars 🇯🇵", "JP"), ("Leeds 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "GB"), ("🇰🇪🇰🇪", "KE"), ("🇪🇺", None), ("🏴‍☠️", None)],
)
def test_a_flag_is_a_country(text: str, country: str | None) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Austin, TX", "US"),
        ("austin tx", "US"),
        ("Hell, MI", "US"),
        ("Smalltown OH 43210", "US"),
        ("Washington, D.C.", "US"),
        ("Worcester, Mass.", "US"),
        ("London, ON", "CA"),
        ("Moose Jaw, Saskatchewan", "CA"),
        ("Perth, WA", "AU"),
        ("Perth WA, Australia", "AU"),
        ("Somewhere Else, ID", None),
        ("Boise, ID", "US"),
        ("Ontario, CA", None),
        ("Acme PR", None),
    ],
)
def test_a_city_with_its_state_is_read(text: str, country: str | None) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Paris", "FR"),
        ("Paris, Texas", "US"),
        ("Paris, my love", None),
        ("London", "GB"),
        ("London, Kentucky", "US"),
        ("Vancouver, CA", "CA"),
        ("Vancouver, WA", "US"),
        ("Berlin, DE", "DE"),
        ("Pune, IN", "IN"),
        ("Bandung, ID", "ID"),
        ("Milano, MI", "IT"),
        ("Belém, PA", "BR"),
        ("Cambridge", None),
        ("Cambridge, MA", "US"),
        ("Cambridge, UK", "GB"),
        ("Georgia", None),
        ("Atlanta, Georgia", "US"),
        ("Tbilisi, Georgia", "GE"),
        ("Hyderabad", "IN"),
        ("Hyderabad, Pakistan", "PK"),
        ("São Paulo", "BR"),
        ("Lagos", "NG"),
        ("Tokyo", "JP"),
    ],
)
def test_a_state_or_country_decides_which_city_is_meant(text: str, country: str | None) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(
    "text",
    [
        "UK/Spain",
        "Tokyo | Berlin",
        "London, New York",
        "London - Toronto",
        "torn between Oslo and Madrid",
        "London 🇫🇷",
        "🇩🇪🇫🇷",
    ],
)
def test_two_countries_are_none(text: str) -> None:
    assert read(text).country is None


@pytest.mark.parametrize("text", ["IN", "ca", "LA", "ny", "de", "us", "ID", "🔥 OK"])
def test_a_code_alone_is_none(text: str) -> None:
    assert read(text).country is None


@pytest.mark.parametrize(
    ("text", "country"), [("NY", "US"), ("N.Y.", "US"), ("TX | home", "US"), ("NY / London", None), ("Ny tid", None)]
)
def test_a_state_code_in_capitals_that_means_nothing_else_is_read(text: str, country: str | None) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(("text", "country"), [("Doylestown, Pa", "US"), ("Orillia, On", "CA"), ("hold me, Oh", None)])
def test_a_code_that_is_a_word_is_read_after_a_town_it_can_hold(text: str, country: str | None) -> None:
    assert read(text).country == country


@pytest.mark.parametrize(
    "text",
    [
        *("Earth", "where the wild things are", "in your head", "the moon", "everywhere", "", "  ", "?"),
        *("dreaming of kansas", "made in China", "free Palestine", "Air France", "not from London", "catch me, ok"),
        *("hey, HI", "comme ci comme ça", "critical mass", "52.5, 13.4", "New London", "Ipswich"),
        *("Treasure Island", "St. John's"),
    ],
)
def test_a_joke_or_a_sentence_is_none(text: str) -> None:
    assert read(text).country is None


def test_no_text_is_none() -> None:
    assert read(None).country is None


@given(st.text() | st.text("🇧🇷UK, .-/|usaTX\ud800&", max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    country = read(text).country
    assert country is None or (len(country) == 2 and country.isascii() and country.isupper())


@given(st.sampled_from(["Kenya", "日本", "Austin, TX", "🇧🇷", "London, ON"]), st.sampled_from([" ", "!", " | ", "  🌍"]))
def test_decoration_does_not_change_the_country(text: str, around: str) -> None:
    assert read(around + text + around).country == read(text).country is not None


def test_a_long_text_is_cheap() -> None:
    started = time.perf_counter()
    for text in ("a " * 500_000, "Paris, " * 200_000, "🇧🇷" * 500_000):
        assert read(text).country is None
    for text in ("a " * 100, "new york " * 22, "-" * 200, "," * 200, "and " * 50):
        read(text)
    assert time.perf_counter() - started < 5
