import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.nearest import country_at, pack


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (40.71, -74.0, "US"),
        (-33.87, 151.2, "AU"),
        (35.68, 139.69, "JP"),
        (-1.29, 36.82, "KE"),
        (64.15, -21.94, "IS"),
        (-16.5, 179.99, "FJ"),
        (43.74, 7.42, "MC"),
    ],
)
def test_a_point_has_the_country_of_the_settlements_around_it(lat: float, lon: float, country: str) -> None:
    assert country_at(lat, lon) == country


@pytest.mark.parametrize(("lat", "lon"), [(0.0, -30.0), (90.0, 0.0), (-90.0, 180.0), (-75.0, 60.0), (25.0, -45.0)])
def test_the_sea_and_the_poles_have_none(lat: float, lon: float) -> None:
    assert country_at(lat, lon) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_any_point_gets_an_answer(lat: float, lon: float) -> None:
    country = country_at(lat, lon)
    assert country is None or (len(country) == 2 and country.isupper())


def test_settlements_name_at_most_255_countries() -> None:
    with pytest.raises(ValueError, match="255"):
        pack(np.zeros((300, 2)), [f"{number:03}" for number in range(300)])
