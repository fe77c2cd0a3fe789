"""One answer, over a real store."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import HTTPException

from tests.dashboard.served import Served, opened, recent
from tests.insight.drawn import correction
from voxpop.dashboard import geography
from voxpop.dashboard.answers import Request, answer
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.overview import older


def asked(search: str) -> Request:
    """What a page at an address asks now."""
    return Request(search, datetime.now(UTC))


def test_a_store_that_fails_is_said_on_the_page_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent("one")])
    served.store.close()
    with caplog.at_level(logging.ERROR):
        said = answer(served.service(), asked("range=1h"))
    assert "could not be read" in said["failure"]
    assert "shown" not in said and "html" not in said, "the old numbers stay"
    assert "the store is closed" in caplog.text


def test_the_change_is_against_the_period_of_equal_length_before(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    before = [recent(f"old{i}", 20 + i, label="negative") for i in range(4)]
    now = [recent(f"new{i}", 1 + i, label="positive") for i in range(5)]
    served.load([recent("first", 40), *before, *now])
    cards = answer(served.service(), asked("range=15m"))["html"]["cards"]
    served.store.close()
    assert "+25\u202f% (" in cards and "may be chance" in cards
    assert "+200.0 (" in cards
    assert "vs the 15 min before" in cards


def test_net_sentiment_stands_corrected_where_a_correction_is_known(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent(f"new{i}", 1 + i, label="positive") for i in range(9)])
    request = asked("range=15m")
    counted = answer(served.service(), request)["html"]["cards"]
    corrected = answer(replace(served.service(), correction=correction()), request)["html"]["cards"]
    served.store.close()
    assert "corrected" not in counted
    assert "corrected +" in corrected and "+100.0" in corrected


def test_the_choice_of_an_address_is_told_in_full(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    empty = answer(served.service(), asked(""))
    served.load([recent("one"), recent("two", label="positive")])
    found = answer(served.service(), asked("topic=none&label=positive"))
    served.store.close()
    assert (empty["shown"], empty["address"]) == ("empty", "?range=1h")
    assert (found["shown"], found["address"]) == ("board", "?range=1h&label=positive")
    assert "an apple two" in found["html"]["posts"] and "an apple one" not in found["html"]["posts"]


@pytest.mark.parametrize("order", ["new", "strong"])
def test_pages_of_posts_follow_each_other_to_the_last(tmp_path: Path, order: str) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent(f"{i:02}", 1 + i / 10, polarity=i / 100, label="positive") for i in range(60)])
    request = asked(Choice("*", "15m", order=order).address()[1:])
    first = answer(served.service(), request)
    seen, place = first["html"]["posts"], first["next"]
    while place:
        found = older(served.service(), request, json.dumps(place))
        seen, place = seen + found["html"], found["next"]
    keys = re.findall('data-key="([^"]*)"', seen)
    for junk in ({"at": 1}, {"at": "x", "id": "y", "strength": 1}, "x", 3, {"at": 5, "id": [], "strength": "s"}):
        with pytest.raises(HTTPException, match="no posts follow there"):
            older(served.service(), request, json.dumps(junk))
    with pytest.raises(HTTPException, match="no posts follow there"):
        older(served.service(), request, "{")
    served.store.close()
    names = [f"test:{i:02}" for i in range(60)]
    assert keys == (names if order == "new" else names[::-1])


def test_each_list_is_filtered_by_all_but_itself(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    rows = [recent(f"d{i}", label="positive") for i in range(3)]
    served.load([*rows, recent("f", country="FR", lang_detected="fr"), recent("n", country=None, label="negative")])
    found = geography.answer(served.service(), asked("range=15m&country=FR"))
    served.store.close()
    assert 'data-country="FR"' in found["html"]["places"] and 'data-country="DE"' in found["html"]["places"]
    assert found["text"]["coverage"].replace("\u202f", "") == "80% of 5 posts have a place; 0% by GPS"
    assert found["options"]["lang"] == ["fr"]
    assert found["options"]["country"] == ["", "DE", "FR"]
