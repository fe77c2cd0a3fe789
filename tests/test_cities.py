import pytest

from voxpop.cities import named, one, reading, states


def test_a_name_that_is_ten_times_larger_in_one_country_means_it() -> None:
    found = reading("wuppertal")
    assert found is not None and (found.kind, found.first) == ("city", frozenset({"DE"}))


@pytest.mark.parametrize("key", ["batman", "hamilton", "of"])
def test_any_other_name_needs_a_state_beside_it(key: str) -> None:
    found = reading(key)
    assert found is None or found.kind == "name"


def test_a_state_decides_which_of_two_cities_is_meant() -> None:
    maine, oregon = one("portland", "US", "ME"), one("portland", "US", "OR")
    assert maine is not None and oregon is not None
    assert maine.lat > 43 and oregon.lon < -120
    assert one("springfield", "US", None) is None


def test_cities_come_largest_first() -> None:
    people = [city.population for city in named("paris")]
    assert people == sorted(people, reverse=True) and len(people) > 1
    assert named("nowhere at all") == ()


def test_states_are_known_by_name_and_by_code() -> None:
    assert states()["US", "texas"] == states()["US", "tx"] == "TX"
    assert states()["CA", "ontario"] == states()["CA", "on"] == "08"
