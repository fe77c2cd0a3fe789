"""The page of alerts as the server writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.served import Served, opened
from tests.stores.scored import MORNING
from tests.stores.test_alerts import HOUR, row
from voxpop.api.app import Service
from voxpop.api.caller import SCOPES, Caller, entered
from voxpop.dashboard.pages import alerts
from voxpop.dashboard.pages.frame import whole
from voxpop.errors import Transient
from voxpop.stores.alerts import note
from voxpop.stores.duckdb import DuckDBStore

SHARES = {"share": 0.5, "share_beside": 0.1}
DRIVER = {"kind": "word", "name": "<b>plum</b>", "also": [], "beside": "before", **SHARES, "z": 9}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = opened(tmp_path / "store.duckdb")
    entered(Caller("key", scopes=frozenset(SCOPES)))
    yield Served(store).service()
    store.close()


def told(service: Service) -> str:
    return whole(alerts.page(service, MORNING + 2 * HOUR), service)


def noted(service: Service, *rows: dict[str, Any]) -> None:
    assert isinstance(service.store, DuckDBStore)
    with service.store.writing() as transaction:
        note(transaction, rows, MORNING + HOUR, [])


def test_before_anything_was_looked_for_the_page_says_so(service: Service) -> None:
    assert "were not looked for yet" in told(service) and "Nothing was out of the ordinary" in told(service)


def test_what_goes_on_and_what_is_over_stand_apart_with_their_reasons(service: Service) -> None:
    why = json.dumps({"net_change": None, "drivers": [DRIVER], "mixes": []})
    over = row("a2", measure="net", direction="down", state="closed", closed=MORNING + HOUR, value=-0.4, expected=0.1)
    noted(service, row("a1", why=why), over)
    ongoing, past = re.split(r'id="over"', told(service))
    assert "90 posts in an hour where 10 were expected" in ongoing and "alert-a1" in ongoing
    assert "&lt;b&gt;plum&lt;/b&gt;: 50% of authors, 10% before" in ongoing and "<b>plum" not in ongoing
    assert "Net sentiment fell to -0.40" in past and "alert-a2" in past and "alert-a2" not in ongoing
    start, end = (f"{at:%Y-%m-%dT%H}%3A00Z" for at in (MORNING - 3 * HOUR, MORNING + 2 * HOUR))
    assert f"start={start}&amp;end={end}" in ongoing


class Away:
    """A store whose database is away."""

    def load(self, segment: Any, batch: Any) -> bool:
        raise Transient("away")

    def loaded(self) -> Any:
        raise Transient("away")

    def query(self, name: str, **params: Any) -> Any:
        raise Transient("away")


def test_a_store_that_is_away_is_said_in_its_place(service: Service) -> None:
    assert told(replace(service, store=Away())).count("The store is away") == 2
