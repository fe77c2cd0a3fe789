"""What the pill says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voxpop.dashboard.state import State, state
from voxpop.stores.period import Span

NOW = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
KNOWN = Span(NOW - timedelta(hours=1), NOW)
READ = {"sources": ["a"], "read_to_the_end": {"a": (NOW - timedelta(seconds=80)).isoformat()}}


@pytest.mark.parametrize(
    ("status", "known", "expected"),
    [
        ({"sources": ["x"], "lag_seconds": 2.0}, KNOWN, State("live", "Live", NOW - timedelta(seconds=2))),
        ({"sources": ["x"], "lag_seconds": 90.0}, KNOWN, State("stale", "Stale", NOW - timedelta(seconds=90))),
        ({"sources": [], "lag_seconds": 90.0}, KNOWN, State("idle", "Not collecting", NOW - timedelta(seconds=90))),
        ({**READ, "lag_seconds": 90.0}, KNOWN, State("idle", "Read to the end", NOW - timedelta(seconds=80))),
        (
            {**READ, "sources": ["a", "x"], "lag_seconds": 90.0},
            KNOWN,
            State("stale", "Stale", NOW - timedelta(seconds=90)),
        ),
        ({**READ, "lag_seconds": 2.0}, KNOWN, State("live", "Live", NOW - timedelta(seconds=2))),
        ({"sources": ["x"], "lag_seconds": None}, None, State("waiting", "Waiting for posts")),
        ({"behind_segments": 12, "lag_seconds": None}, None, State("waiting", "Scoring the first posts")),
        ({"behind_segments": 12, "lag_seconds": None}, KNOWN, State("behind", "Behind: 12 segments to score")),
    ],
)
def test_the_state_follows_the_status(status: dict[str, Any], known: Span | None, expected: State) -> None:
    assert state(status, known, NOW) == expected
