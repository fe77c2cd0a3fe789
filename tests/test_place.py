import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.place import find

LABELLED = Path(__file__).parents[2] / "shared" / "data" / "geo" / "location_labelled_weak.csv"


@pytest.mark.parametrize(
    ("text", "country", "name"),
    [
        ("Bakersfield", "US", "Bakersfield"),
        ("tallahassee", "US", "Tallahassee"),
        ("Naples, FL", "US", "Naples"),
        ("Springfield, IL", "US", "Springfield"),
        ("Springfield Illinois", "US", "Springfield"),
        ("London, ON", "CA", "London"),
        ("London, Ontario, Canada", "CA", "London"),
        ("London", "GB", "London"),
        ("Paris", "FR", "Paris"),
        ("Paris, TX", "US", "Paris"),
        ("Portland, ME", "US", "Portland"),
        ("Portland, Oregon", "US", "Portland"),
        ("Washington, DC", "US", "Washington"),
        ("New York, NY", "US", "New York City"),
        ("Manhattan, NYC", "US", "Manhattan"),
        ("Huntsville, Al", "US", "Huntsville"),
        ("Geelong, Victoria", "AU", "Geelong"),
        ("Newcastle, NSW", "AU", "Newcastle"),
        ("東京", "JP", "Tokyo"),
        ("Москва", "RU", "Moscow"),
        ("Омск", "RU", "Omsk"),
        ("القاهرة", "EG", "Cairo"),
        ("São Paulo", "BR", "São Paulo"),
        ("sao paulo, brasil", "BR", "São Paulo"),
        ("Köln", "DE", "Köln"),
        ("Uberaba/MG", "BR", "Uberaba"),
        ("Wuppertal 🇩🇪", "DE", "Wuppertal"),
        ("Eldoret, Kenya", "KE", "Eldoret"),
        ("Taranto", "IT", "Taranto"),
        ("부산", "KR", "Busan"),
    ],
)
def test_a_city_is_found_with_its_country(text: str, country: str, name: str) -> None:
    found = find(text)
    assert (found.country, found.name) == (country, name)
    assert found.lat is not None and found.lon is not None


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("🇧🇷 SP", "BR"),
        ("Texas", "US"),
        ("Ontario, Canada", "CA"),
        ("Rural, New York", "US"),
        ("Denver & NYC", "US"),
        ("Dallas | Seattle", "US"),
        ("Burbank", "US"),
        ("Springfield", "US"),
        ("Narberth, PA", "US"),
        ("Deutschland", "DE"),
        ("Smalltown, Ontario", "CA"),
    ],
)
def test_a_country_without_one_city_has_no_point(text: str, country: str) -> None:
    found = find(text)
    assert (found.country, found.name, found.lat, found.lon) == (country, None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        *("Georgia", "LA", "Cali", "Garden City", "Nice", "Reading", "Mobile", "Victoria"),
        *("ツ", "Batman", "surprise", "Madison", "Jackson", "Nancy", "Split", "Zion", "Homo", "Enterprise"),
    ],
)
def test_a_name_that_could_be_something_else_is_none(text: str) -> None:
    assert find(text).country is None


@pytest.mark.parametrize(
    "text",
    ["NYC | LDN | London", "Tokyo/Paris", "NYC - Paris", "Turin & Berlin", "Lisbon, NYC", "🇨🇦🇺🇸", "Oslo 🇸🇪"],
)
def test_two_countries_are_none(text: str) -> None:
    assert find(text).country is None


@pytest.mark.parametrize(
    "text",
    [
        *("earth", "everywhere", "she/her", "in your heart", "worldwide", "a letter to Damascus", "(ツ) shrug"),
        *("my aunt's attic", "hell", "Narnia", "Gotham City", "404 not found", "internet", "🌍", "\ud800", "\0"),
    ],
)
def test_what_is_no_place_is_none_and_says_why(text: str) -> None:
    found = find(text)
    assert (found.country, found.name, found.confidence) == (None, None, "none")
    assert found.why in ("no name that says where", "could be in more than one country")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("ÜT: 40.7,-74.0", "US"),
        ("iPhone: 51.500000,-0.100000", "GB"),
        ("-33.8755, 151.1965", "AU"),
        ("48.85;2.35", "FR"),
        ("0.0,0.0", None),
        ("99.9,10.5", None),
        ("20.5,-40.5", None),
        ("ÜT: 40.7", None),
    ],
)
def test_a_point_in_the_text_gives_its_country_and_is_not_handed_on(text: str, country: str | None) -> None:
    found = find(text)
    assert (found.country, found.name, found.lat, found.lon) == (country, None, None, None)


def test_confidence_says_what_the_country_was_read_from() -> None:
    assert [find(text).confidence for text in ("Kenya", "Naples, FL", "🇯🇵", "Wuppertal")] == ["high"] * 3 + ["medium"]


def test_no_text_and_a_long_text_say_so() -> None:
    assert find(None).why == find(" ").why == "no text"
    assert find("Kenya " * 100).why == "longer than 200 characters"


@given(st.text() | st.text("🇧🇷UK, .-/|usaTX\ud800&0123456789ÜT:", max_size=60))
def test_any_text_gets_one_answer(text: str) -> None:
    found = find(text)
    find.cache_clear()
    assert find(text) == found
    assert (found.country is None) == (found.confidence == "none")
    assert (found.name is None) == (found.lat is None) == (found.lon is None)
    assert found.name is None or found.country is not None


@pytest.mark.skipif(not LABELLED.exists(), reason=f"no {LABELLED.name} beside the checkout")
def test_profiles_agree_with_the_points_of_their_posts() -> None:
    with LABELLED.open(encoding="utf-8") as file:
        rows = [(find(row["location"]).country, row["cc"]) for row in csv.DictReader(file)]
    placed = [found == country for found, country in rows if found]
    # Most of the rest are travellers: a profile says home, a point says where they are.
    assert len(placed) / len(rows) > 0.83
    assert sum(placed) / len(placed) > 0.92
