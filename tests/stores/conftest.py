from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.stores import places as made
from tests.stores.places import KINDS, Place
from tests.stores.scored import TOPICS
from voxpop.stores.view import View


@pytest.fixture(scope="module", params=KINDS)
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Place]]:
    """Makes empty places for stores, of one kind after the other."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    with made.places(server, tmp_path_factory.mktemp("stores")) as make:
        yield make


@pytest.fixture
def place(places: Callable[[], Place]) -> Iterator[Place]:
    place = places()
    yield place
    place.close()


@pytest.fixture
def store(place: Place) -> View:
    return place.open()


@pytest.fixture(scope="module")
def emptied(places: Callable[[], Place]) -> Callable[[], View]:
    """Empties one store again and again, for tests of many examples."""
    return _emptied(places())


@pytest.fixture(scope="module")
def emptied_too(places: Callable[[], Place]) -> Callable[[], View]:
    """Empties another one."""
    return _emptied(places())


def _emptied(place: Place) -> Callable[[], View]:
    store = place.open()

    def empty() -> View:
        store.reset(TOPICS.digest, "")
        return store

    return empty
