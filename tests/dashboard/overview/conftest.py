"""Sixty posts on an overview, and one page in a browser that shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.api.wordlist import ClauseScorer
from tests.dashboard.conftest import PATIENCE
from tests.dashboard.served import Served, opened, recent, serving
from tests.stores.scored import table
from tests.stores.test_stances import KEY, stances
from voxpop.segment import Segment
from voxpop.stores.corrections import Corrections

CELL = "851f1d4bfffffff"
LABELS = ("negative", "neutral", "positive", "positive", "unscored", "negative")


def rows() -> list[dict[str, Any]]:
    """Sixty posts within the last half an hour: apples and pears, four places, three languages, two sources."""
    found = []
    for number in range(60):
        fields: dict[str, Any] = {
            "label": LABELS[number % 6],
            "country": ("DE", "DE", "US", "FR", None)[number % 5],
            "lang_detected": ("en", "fr", None)[number % 3],
            "source": ("x", "bluesky")[number % 2],
            "kind": "repost" if number % 4 == 0 else "original",
            "text": f"a pear {number}" if number % 7 == 0 else f"an apple {number}",
            "author_id": f"author{number % 44}",
        }
        if number % 5 == 1 and number % 7:
            fields["text"] = f"an apple a day keeps the doctor away from all of us {number}"
        if number % 10 == 0:
            fields |= {"h3": CELL, "geo_source": "gps"}
        found.append(recent(f"n{number}", 2 + number / 2.2, **fields))
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("overview")
    store = opened(root / "store.duckdb")
    with serving(Served(store, corrections=Corrections(store, root), towards=ClauseScorer)) as served:
        loaded = rows()
        served.load(loaded)
        segment = Segment("2026-11-19", 0)
        store.take_stances("apple", KEY, segment, stances(segment, table(loaded)))
        yield served
    store.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, filled: Served) -> Iterator[Page]:
    """One page for all tests; each begins with an address of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=filled.url.rstrip("/"))
    page = context.new_page()
    page.goto(filled.url + "?range=1h")
    # The first answer of a server and the first page of a browser are the slowest.
    page.wait_for_selector("#cards .value", timeout=4 * PATIENCE)
    yield page
    context.close()


@pytest.fixture(autouse=True)
def complaints(tab: Page) -> Iterator[list[str]]:
    """Whatever the console says fails the test."""
    said: list[str] = []

    def hear(message: Any) -> None:
        said.append(message.text)

    def fall(error: Any) -> None:
        said.append(str(error))

    tab.on("console", hear)
    tab.on("pageerror", fall)
    yield said
    tab.remove_listener("console", hear)
    tab.remove_listener("pageerror", fall)
    assert said == []
