"""Looking out for alerts while posts come in, and noting them in the store with what is to be said of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from voxpop.errors import Transient
from voxpop.insight.alerts import Alert
from voxpop.insight.detection import Following
from voxpop.insight.pulse import EPOCH, STEP
from voxpop.insight.reasons import reasons
from voxpop.insight.telling import sentence
from voxpop.stores import alerts, queries
from voxpop.stores.alerts import Notice, Wanted
from voxpop.stores.view import View

SETTLE: Final = timedelta(minutes=1)
"""A window is looked at when a post came that is so much later than its end: others may be on their way until then."""
FRESH: Final = timedelta(hours=24)
"""What opened longer ago when it is found, as in an old export, is noted and not said."""
EXPLAINED: Final = 20
"""Alerts of one look that are given reasons, the newest."""
GLANCE_SECONDS: Final = 15.0

Channels = Callable[[str], Sequence[str]]
"""The names of the channels that hear of a topic."""


def _nobody(topic: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Looking:
    """What a lookout looks at.

    Attributes:
        store: where buckets are read and alerts noted.
        topics: the names of those there are now.
        busy: tells whether posts are known that are not in the store yet; it is looked when they are.
        channels: who hears of a topic.
    """

    store: View
    topics: Callable[[], Sequence[str]]
    busy: Callable[[], bool] = lambda: False
    channels: Channels = _nobody


class Lookout:
    """Finds what opened, goes on or closed since it last looked, in the time of events.

    What was said is kept in the store's own transaction, so that a kill neither loses nor doubles it. Windows that were
    looked at are not looked at again: a post that comes after counts in later baselines alone. `voxpop alerts --since`
    looks at history as it is now.
    """

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self._following = Following()
        self._stop = threading.Event()
        self.open = 0
        """Alerts that are open or ongoing, as of the last look."""

    def look(self) -> int:
        """Look once; answers how many alerts began. Does nothing until five minutes more have passed in events.

        Raises:
            Transient: the store is away.
        """
        store = self._looking.store
        known = queries.span(store)
        if known is None or self._looking.busy() or store.lacking():
            return 0
        until = known.end - SETTLE
        until = EPOCH + (until - EPOCH) // STEP * STEP
        before = alerts.looked_until(store)
        if before is not None and until <= before:
            return 0
        found = self._following.look(store, self._looking.topics(), before or known.start, until)
        self.open = sum(alert.state != "closed" for alert in found)
        return self._note(found, until)

    def run(self) -> None:
        """Look as posts come in, until `stop` is called."""
        while not self._stop.wait(GLANCE_SECONDS):
            try:
                self.look()
            except Transient:
                # The pipeline says so; the next look does it.
                continue

    def stop(self) -> None:
        """Make `run` end after the look in hand; any thread may call it."""
        self._stop.set()

    def _note(self, found: list[Alert], until: datetime) -> int:
        store = self._looking.store
        there = {row["id"]: row for row in alerts.alerts(store, Wanted(limit=alerts.MOST)).to_pylist()}
        new = [alert for alert in found if alert.id not in there]
        why = {alert.id: reasons(store, alert) for alert in new[-EXPLAINED:]}
        rows = [
            record(alert, why.get(alert.id)) | ({"why": there[alert.id]["why"]} if alert.id in there else {})
            for alert in found
        ]
        notices = [notice for row in rows for notice in self._notices(row, there.get(row["id"]))]
        with store.writing() as transaction:
            alerts.note(transaction, rows, until, notices)
        return len(new)

    def _notices(self, row: dict[str, Any], before: dict[str, Any] | None) -> list[Notice]:
        """What is to be said of an alert: that it opened, or that it is over."""
        events: list[alerts.Event] = []
        if before is None and row["known"] >= datetime.now(UTC) - FRESH:
            events.append("opened")
        if row["state"] == "closed" and (before is None or before["state"] != "closed"):
            events.append("closed")
        channels = self._looking.channels(row["topic"]) if events else ()
        return [
            Notice(row["id"], event, channel, json.dumps(body(row, event), ensure_ascii=False))
            for event in events
            for channel in channels
        ]


def record(alert: Alert, why: dict[str, Any] | None) -> dict[str, Any]:
    """An alert as the store keeps it, with the columns `voxpop.stores.alerts.COLUMNS`."""
    first, peak = alert.first, alert.peak
    return {
        **{name: getattr(alert, name) for name in ("id", "topic", "country", "measure", "direction", "state")},
        **{"start": first.start, "known": first.end, "value": first.value, "expected": first.expected},
        **{"posts": first.posts, "p": first.p, "last": alert.last, "closed": alert.closed},
        **{f"peak_{name}": getattr(peak, name) for name in ("start", "end", "value", "expected", "posts", "p")},
        "why": None if why is None else json.dumps(why, ensure_ascii=False),
    }


def body(row: dict[str, Any], event: str) -> dict[str, Any]:
    """What channels are told: the event, one sentence, the alert and why, as plain JSON values."""
    times = {name: value.isoformat() for name, value in row.items() if isinstance(value, datetime)}
    alert = {**row, **times, "why": json.loads(row["why"]) if row["why"] else None}
    return {"type": f"alert.{event}", "text": sentence(row), "alert": alert}
