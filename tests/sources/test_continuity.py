from __future__ import annotations

from datetime import UTC, datetime, timedelta

from voxpop.sources.continuity import Continuity, Tolerance

NOW = round(datetime.now(UTC).timestamp() * 1e6)
SECOND = 1_000_000


def continuity(lag_seconds: float = 3600) -> Continuity:
    return Continuity("bluesky", Tolerance(5, lag_seconds))


def test_an_event_of_the_overlap_proves_that_there_is_no_hole() -> None:
    watched = continuity()
    (lost,) = watched.lost(NOW, "closed")
    watched.asked(NOW - 5 * SECOND)
    assert (lost.state, lost.is_open) == ("lost", True)
    found = watched.heard([NOW - SECOND, NOW + SECOND], 1)
    assert [gap.state for gap in found] == ["lagging", "recovered"]


def test_an_event_older_than_what_was_asked_for_proves_nothing() -> None:
    watched = continuity()
    watched.lost(NOW, "closed")
    watched.asked(NOW - 5 * SECOND)
    assert watched.heard([NOW - 3600 * SECOND], 1) == []


def test_a_beginning_long_after_what_was_asked_for_is_a_hole_with_an_estimate() -> None:
    watched = continuity()
    watched.heard([NOW - 100 * SECOND, NOW], 200)
    watched.lost(NOW, "closed")
    watched.asked(NOW - 5 * SECOND)
    (missed,) = watched.heard([NOW + 50 * SECOND], 1)
    assert (missed.state, missed.events) == ("missed", 100)
    assert missed.end and missed.end - missed.start == timedelta(seconds=50)


def test_a_source_that_falls_behind_lags_until_it_has_caught_up() -> None:
    watched, now = continuity(lag_seconds=60), round(datetime.now(UTC).timestamp() * 1e6)
    assert [gap.state for gap in watched.heard([now - 120 * SECOND], 1)] == ["lagging"]
    assert watched.heard([now - 90 * SECOND], 1) == []
    assert [gap.state for gap in watched.heard([now - SECOND], 1)] == ["recovered"]


def test_a_loss_while_behind_keeps_what_was_caught_up_with() -> None:
    watched = continuity(lag_seconds=60)
    watched.heard([NOW - 500 * SECOND, NOW - 120 * SECOND], 1)
    found = watched.lost(NOW - 100 * SECOND, "closed")
    assert [gap.state for gap in found] == ["recovered", "lost"]
    assert found[0].end == found[1].start


def test_a_loss_that_goes_on_is_said_once() -> None:
    watched = continuity()
    assert len(watched.lost(NOW, "closed")) == 1
    assert watched.lost(NOW, "refused") == []
