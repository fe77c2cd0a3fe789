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
from voxpop.dashboard.callbacks import Request, answer
from voxpop.dashboard.view import Choice


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
    assert "+25\\u202f%" in cards
    assert "+200.0 points" in cards
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
