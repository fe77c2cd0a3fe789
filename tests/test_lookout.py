from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.notify.receivers import web
from tests.stores.scored import TOPICS, event, table
from voxpop.insight.detection import detect
from voxpop.lookout import Looking, Lookout
from voxpop.notify.channel import Web
from voxpop.notify.postman import Postman
from voxpop.segment import Segment
from voxpop.stores.alerts import Wanted, alerts
from voxpop.stores.duckdb import DuckDBStore

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def posts(start: datetime, minutes: int, each: int, word: str = "ripe") -> list[dict[str, Any]]:
    """So many posts a minute, from a time on, each by another author."""
    found = []
    for minute in range(minutes):
        at = start + timedelta(minutes=minute)
        for number in range(each):
            name = f"{at:%d%H%M}{number}"
            found.append(
                event(f"test:{name}", f"a {word} apple", author_id=name, created_at=at, received_at=at, country="DE")
            )
    return found


def calm(hours: int = 7) -> list[dict[str, Any]]:
    return posts(NOW - timedelta(hours=hours), hours * 60, 1)


def spike(minutes: int = 12) -> list[dict[str, Any]]:
    return posts(NOW, minutes, 20, "rotten")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    yield store
    store.close()


def load(store: DuckDBStore, rows: list[dict[str, Any]], offset: int = 0) -> None:
    store.load(Segment("2026-11-19", offset), table(rows))


def lookout(store: DuckDBStore, **given: Any) -> Lookout:
    return Lookout(Looking(store, lambda: ["apple", "pear"], **given))


def known(store: DuckDBStore) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = alerts(store, Wanted()).to_pylist()
    return rows


def test_a_spike_opens_goes_on_and_closes_as_posts_come(store: DuckDBStore) -> None:
    looking = lookout(store)
    load(store, calm())
    assert (looking.look(), looking.open) == (0, 0)
    load(store, spike(7), 1)
    assert (looking.look(), looking.open) == (2, 2)
    assert {(row["topic"], row["state"], row["posts"]) for row in known(store)} == {
        ("*", "open", 100), ("apple", "open", 100),
    }  # fmt: skip
    assert looking.look() == 0, "nothing has happened since"
    load(store, posts(NOW + timedelta(minutes=7), 5, 20), 2)
    assert looking.look() == 0
    assert {row["state"] for row in known(store)} == {"ongoing"}
    load(store, posts(NOW + timedelta(minutes=12), 240, 1), 3)
    looking.look()
    assert {row["state"] for row in known(store)} == {"closed"} and looking.open == 0


def test_an_alert_says_why(store: DuckDBStore) -> None:
    load(store, [*calm(), *spike()])
    lookout(store).look()
    why = json.loads(known(store)[0]["why"])
    assert "rotten" in {name for driver in why["drivers"] for name in (driver["name"], *driver["also"])}


def test_looking_again_over_history_finds_the_same(store: DuckDBStore) -> None:
    load(store, [*calm(), *spike(), *posts(NOW + timedelta(minutes=12), 200, 1)])
    lookout(store).look()
    again = detect(store, ["apple", "pear"], NOW - timedelta(days=2), NOW + timedelta(minutes=210))
    assert sorted(alert.id for alert in again) == sorted(row["id"] for row in known(store)) != []


def test_it_does_not_look_while_posts_are_on_their_way(store: DuckDBStore) -> None:
    load(store, [*calm(), *spike()])
    assert lookout(store, busy=lambda: True).look() == 0
    assert known(store) == []


def test_a_restart_neither_finds_nor_says_anything_twice(store: DuckDBStore) -> None:
    load(store, [*calm(), *spike()])
    with web(500) as server:
        for _ in range(2):
            postman = Postman(store, [Web("ops", ("apple",), "webhook", SecretStr(server.url))])
            lookout(store, channels=postman.hears).look()
            postman.post()
        assert len(server.posts) == 1 and (postman.sent, postman.failed) == ({"ops": 0}, {"ops": 0})
        with store.writing() as transaction:
            transaction.rows("update notices set due = $1", NOW)
        assert postman.post() == 1 and postman.post() == 0
    assert postman.sent == {"ops": 1}
    told = json.loads(server.posts[1][1])
    assert (told["type"], told["alert"]["topic"], told["alert"]["posts"]) == ("alert.opened", "apple", 100)
    assert told["text"].startswith("apple: 100 posts in 5 minutes where 5")


def test_what_is_long_over_is_noted_and_not_said(store: DuckDBStore) -> None:
    old = timedelta(days=3)
    rows = [{**row, "created_at": row["created_at"] - old, "received_at": NOW} for row in [*calm(), *spike()]]
    load(store, rows)
    postman = Postman(store, [Web("ops", (), "webhook", SecretStr("http://127.0.0.1:9/"))])
    assert lookout(store, channels=postman.hears).look() == 2
    assert postman.post() == 0
