import math

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.geo import Place, locate


def test_a_point_comes_first_and_has_a_cell() -> None:
    place = locate(52.52, 13.405, "de", "Paris")
    assert place == Place("DE", 52.52, 13.405, h3.latlng_to_cell(52.52, 13.405, 5), "gps")
    assert h3.get_resolution(place.h3) == 5


def test_a_point_without_a_place_has_the_country_it_lies_in_and_not_that_of_the_profile() -> None:
    assert locate(52.52, 13.405, None, "Paris").country == "DE"
    assert locate(0.0, -30.0, None, "Paris").country is None


def test_a_source_says_the_country_of_a_point_before_the_map_does() -> None:
    assert locate(52.52, 13.405, "PL", None).country == "PL"


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (0.0, 0.0),
        (91.0, 0.0),
        (0.0, 181.0),
        (math.nan, 1.0),
        (1.0, math.nan),
        (math.inf, 1.0),
        (None, 1.0),
        (1.0, None),
    ],
)
def test_a_point_that_cannot_be_is_passed_over(lat: float | None, lon: float | None) -> None:
    assert locate(lat, lon, "BR", "Paris") == Place("BR", None, None, None, "place")
    assert locate(lat, lon, None, "Paris") == Place("FR", None, None, None, "profile")


@pytest.mark.parametrize("country", [None, "", "Brazil", "B1", "ßß"])
def test_a_place_without_a_code_is_passed_over(country: str | None) -> None:
    assert locate(None, None, country, "Earth") == Place(None, None, None, None, "none")


@given(st.floats(), st.floats(), st.none() | st.text(max_size=3), st.none() | st.text(max_size=20))
def test_any_evidence_gives_a_place_with_its_source(
    lat: float, lon: float, country: str | None, profile: str | None
) -> None:
    place = locate(lat, lon, country, profile)
    assert (place.source == "gps") == (place.h3 is not None) == (place.lat is not None) == (place.lon is not None)
    assert (place.source == "none") <= (place.country is None)
    assert place.source == "gps" or (place.source == "none") == (place.country is None)
