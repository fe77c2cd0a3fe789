from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.stores.scored import MODEL, MORNING, TOPICS, event, table
from voxpop.segment import Segment
from voxpop.stores import alerts
from voxpop.stores.alerts import Due, Notice, Outcome, Wanted
from voxpop.stores.view import View
from voxpop.topics import Matcher

HOUR = timedelta(hours=1)


def row(name: str = "a1", **fields: Any) -> dict[str, Any]:
    """An alert as the store keeps it."""
    window = {"value": 90.0, "expected": 10.0, "posts": 90, "p": 1e-6}
    peak = {f"peak_{key}": value for key, value in {**window, "start": MORNING, "end": MORNING + HOUR}.items()}
    about = {"id": name, "topic": "apple", "country": None, "measure": "volume", "direction": "up", "state": "open"}
    times = {"start": MORNING, "known": MORNING + HOUR, "last": MORNING + HOUR, "closed": None, "why": None}
    return {**about, **times, **window, **peak, **fields}


def note(store: View, *rows: dict[str, Any], hours: int = 1, notices: tuple[Notice, ...] = ()) -> None:
    with store.writing() as transaction:
        alerts.note(transaction, rows, MORNING + hours * HOUR, notices)


def listed(store: View, **wanted: Any) -> list[tuple[str, str]]:
    return [(one["id"], one["state"]) for one in alerts.alerts(store, Wanted(**wanted)).to_pylist()]


def claim(store: View, minutes: float) -> Due | None:
    with store.writing() as transaction:
        return alerts.claim(transaction, MORNING + timedelta(minutes=minutes), timedelta(minutes=2))


def test_alerts_are_noted_once_and_follow_what_is_found(store: View) -> None:
    assert alerts.looked_until(store) is None
    note(store, row(), row("a2", topic="pear", known=MORNING + 2 * HOUR))
    later = MORNING + 2 * HOUR
    note(store, row(state="ongoing", peak_value=120.0, why="{}"), row("a2", topic="pear", state="closed", closed=later))
    assert alerts.looked_until(store) == MORNING + HOUR
    assert listed(store) == [("a2", "closed"), ("a1", "ongoing")]
    (first,) = alerts.alerts(store, Wanted(topics=("apple",))).to_pylist()
    assert (first["peak_value"], first["value"], first["why"]) == (120.0, 90.0, None)


def test_alerts_are_chosen_by_topic_state_and_time(store: View) -> None:
    note(store, row(), row("a2", topic="pear", state="closed", closed=MORNING + 2 * HOUR))
    assert listed(store, states=("open", "ongoing")) == [("a1", "open")]
    assert listed(store, topics=("pear",)) == [("a2", "closed")]
    assert len(listed(store, topics=("pear", "apple"))) == 2
    assert listed(store, since=MORNING + 3 * HOUR) == [("a1", "open")]
    assert len(listed(store, limit=1)) == 1


def test_one_that_is_not_found_again_closes(store: View) -> None:
    note(store, row())
    note(store, hours=5)
    (only,) = alerts.alerts(store, Wanted()).to_pylist()
    assert (only["state"], only["closed"]) == ("closed", MORNING + 5 * HOUR)


def test_a_topic_that_is_gone_takes_its_alerts_and_a_reset_takes_all_but_what_was_said(store: View) -> None:
    store.load(Segment("2026-11-19", 0), table([event()]))
    notice = Notice("a1", "opened", "ops", "{}")
    note(store, row(), row("a2", topic="pear"), notices=(notice,))
    store.follow(Matcher([topic for topic in TOPICS.topics if topic.name == "apple"]))
    assert listed(store) == [("a1", "open")]
    store.reset(TOPICS.digest, MODEL)
    assert listed(store) == [] and alerts.looked_until(store) is None
    note(store, row(), notices=(notice,))
    assert claim(store, 60) == Due(notice, 1)
    assert claim(store, 60) is None


def test_a_notice_is_said_once_and_its_end_only_where_its_beginning_was(store: View) -> None:
    opened, closed = Notice("a1", "opened", "ops", "{}"), Notice("a1", "closed", "ops", "{}")
    note(store, row(), notices=(Notice("a1", "closed", "chat", "{}"), opened, opened, closed))
    note(store, row(), notices=(opened,))
    taken = [claim(store, 60), claim(store, 60), claim(store, 60)]
    assert [due and due.notice for due in taken] == [opened, closed, None]


def test_a_notice_is_held_put_off_given_up_and_settled(store: View) -> None:
    note(store, row(), notices=(Notice("a1", "opened", "ops", "{}"),))
    due = claim(store, 60)
    assert due is not None and claim(store, 61) is None
    assert claim(store, 62) == Due(due.notice, 2), "its first sender was killed"
    with store.writing() as transaction:
        put_off = Outcome("it answered 500", timedelta(minutes=5))
        alerts.settle(transaction, due.notice, MORNING + HOUR, put_off)
    assert claim(store, 64) is None
    assert claim(store, 65) == Due(due.notice, 3)
    with store.writing() as transaction:
        alerts.settle(transaction, due.notice, MORNING + HOUR, Outcome("it answered 404"))
    assert claim(store, 600) is None
    assert store.query("notices_due", now=MORNING + 100 * HOUR)["due"][0].as_py() == 0
