"""One answer, over a real store."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dash import no_update

from tests.dashboard.served import Served, opened, recent
from tests.insight.drawn import correction
from voxpop.dashboard import geography
from voxpop.dashboard.answers import Request, answer
from voxpop.dashboard.callbacks import older
from voxpop.dashboard.choice import Choice


def test_a_store_that_fails_is_said_on_the_page_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent("one")])
    served.store.close()
    with caplog.at_level(logging.ERROR):
        said = answer(served.service(), Request(Choice("*", "1h"), False, datetime.now(UTC)))
    assert "could not be read" in said["failure"]
    assert said["well"] is False
    assert said["cards"] is no_update, "the old numbers stay"
    assert "the store is closed" in caplog.text


def test_the_change_is_against_the_period_of_equal_length_before(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    before = [recent(f"old{i}", 20 + i, label="negative") for i in range(4)]
    now = [recent(f"new{i}", 1 + i, label="positive") for i in range(5)]
    served.load([recent("first", 40), *before, *now])
    cards = str(answer(served.service(), Request(Choice("*", "15m"), False, datetime.now(UTC)))["cards"])
    served.store.close()
    assert "+25\\u202f% (" in cards and "may be chance" in cards
    assert "+200.0 (" in cards
    assert "vs the 15 min before" in cards


def test_net_sentiment_stands_corrected_where_a_correction_is_known(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent(f"new{i}", 1 + i, label="positive") for i in range(9)])
    request = Request(Choice("*", "15m"), False, datetime.now(UTC))
    counted = str(answer(served.service(), request)["cards"])
    corrected = str(answer(replace(served.service(), correction=correction()), request)["cards"])
    served.store.close()
    assert "corrected" not in counted
    assert "corrected +" in corrected and "+100.0" in corrected


def test_a_paused_list_stands_still_for_its_own_choice_alone(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent("one"), recent("two", label="positive")])
    choice = Choice("*", "15m")
    now = datetime.now(UTC)
    same = answer(served.service(), Request(choice, True, now, choice.address()))
    other = answer(served.service(), Request(Choice("*", "15m", labels=("positive",)), True, now, choice.address()))
    served.store.close()
    assert same["posts"] is no_update
    assert "an apple two" in str(other["posts"]) and "an apple one" not in str(other["posts"])


@pytest.mark.parametrize("order", ["new", "strong"])
def test_pages_of_posts_follow_each_other_to_the_last(tmp_path: Path, order: str) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent(f"{i:02}", 1 + i / 10, polarity=i / 100, label="positive") for i in range(60)])
    choice = Choice("*", "15m", order=order)
    first = answer(served.service(), Request(choice, False, datetime.now(UTC)))
    seen, place = list(first["posts"]), first["next"]
    while place:
        found = older(served.service(), choice, place)
        assert found is not None
        seen += found[0]
        place = found[1]
    keys = [item.key for item in seen]
    for junk in ({"at": 1}, {"at": "x", "id": "y", "strength": 1}, "x", 3, {"at": 5, "id": [], "strength": "s"}):
        assert older(served.service(), choice, junk) is None
    served.store.close()
    names = [f"test:{i:02}" for i in range(60)]
    assert keys == (names if order == "new" else names[::-1])


def test_each_list_is_filtered_by_all_but_itself(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    rows = [recent(f"d{i}", label="positive") for i in range(3)]
    served.load([*rows, recent("f", country="FR", lang_detected="fr"), recent("n", country=None, label="negative")])
    choice = Choice("*", "15m", countries=("FR",))
    found = geography.answer(served.service(), choice, datetime.now(UTC))
    served.store.close()
    assert "'FR'" in str(found["places"]) and "'DE'" in str(found["places"])
    assert found["coverage"].replace("\u202f", "") == "80% of 5 posts have a place; 0% by GPS"
    assert found["options"]["lang"] == ["fr"]
    assert found["options"]["country"] == ["", "DE", "FR"]
