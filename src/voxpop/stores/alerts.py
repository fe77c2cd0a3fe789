"""Alerts and notices in a store: what was found is noted with what is to be said of it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import pyarrow as pa

from voxpop.seams import Store
from voxpop.stores.ledger import Transaction

Event = Literal["opened", "closed"]

COLUMNS: Final = (
    "id", "topic", "country", "measure", "direction", "state", "start", "known", "value", "expected", "posts", "p",
    "peak_start", "peak_end", "peak_value", "peak_expected", "peak_posts", "peak_p", "last", "closed", "why",
)  # fmt: skip
UNTIL: Final = "alerts_until"
MOST: Final = 100_000
KEPT: Final = timedelta(days=90)
"""For so long what was said is known, so that it is not said again."""
_CHANGING: Final = (
    "state",
    "peak_start",
    "peak_end",
    "peak_value",
    "peak_expected",
    "peak_posts",
    "peak_p",
    "last",
    "closed",
)


@dataclass(frozen=True)
class Wanted:
    """Which alerts to read.

    Attributes:
        topics: their names, `ALL` among them; none is any.
        states: open, ongoing, closed; none is any.
        since: only those that were not over by then.
        limit: the newest so many.
    """

    topics: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int = 100


@dataclass(frozen=True)
class Notice:
    """What is to be said of an alert on one channel; a channel hears of each event of an alert once."""

    alert: str
    event: Event
    channel: str
    body: str


@dataclass(frozen=True)
class Due:
    """A notice that is to be sent now, and how often that was tried."""

    notice: Notice
    attempts: int


def alerts(store: Store, wanted: Wanted) -> pa.Table:
    """Alerts with the columns `COLUMNS`, the newest first; `why` is JSON or null.

    `start` and `known` are the ends of the window it opened with, beside its value, what was expected, its posts and
    how probable that is without a change; the least probable window since is `peak_…`.
    """
    chosen = {"states": wanted.states or None, "start": wanted.since, "limit": wanted.limit}
    return store.query("alerts", topics=wanted.topics or None, **chosen).select(list(COLUMNS))


def looked_until(store: Store) -> datetime | None:
    """Up to which event time alerts were looked for; None where they never were."""
    value = store.query("alerts_version")["until"][0].as_py()
    return datetime.fromisoformat(value) if value else None


def note(
    transaction: Transaction, found: Sequence[Mapping[str, Any]], until: datetime, notices: Sequence[Notice]
) -> None:
    """Note alerts that were found, up to when they were looked for, and what is to be said.

    An alert that is not closed in the store and was not found again, for late posts changed the numbers, closes now.
    """
    there = {row[0] for row in transaction.rows("select id from alerts")}
    for row in found:
        if row["id"] in there:
            sets = ", ".join(f"{name} = ${at}" for at, name in enumerate(_CHANGING, 2))
            transaction.rows(f"update alerts set {sets} where id = $1", row["id"], *(row[name] for name in _CHANGING))
        else:
            marks = ", ".join(f"${at}" for at in range(1, len(COLUMNS) + 1))
            named = ", ".join(COLUMNS)
            transaction.rows(f"insert into alerts ({named}) values ({marks})", *(row[name] for name in COLUMNS))
    ids = [row["id"] for row in found]
    over = "update alerts set state = 'closed', closed = $1 where state <> 'closed' and not (id = any($2::text[]))"
    transaction.rows(over, until, ids)
    transaction.rows("delete from meta where key = $1", UNTIL)
    transaction.rows("insert into meta values ($1, $2)", UNTIL, until.isoformat())
    said = set(transaction.rows("select alert, event, channel from notices"))
    for notice in notices:
        key = notice.alert, notice.event, notice.channel
        heard = (notice.alert, "opened", notice.channel) in said
        if key not in said and (notice.event == "opened" or heard):
            transaction.rows(
                "insert into notices values ($1, $2, $3, $4, 0, $5, null, null, null)", *key, notice.body, until
            )
            said.add(key)


def claim(transaction: Transaction, now: datetime, held: timedelta) -> Due | None:
    """The notice that is due longest, which is nobody else's to send for as long as `held`; None where none is due.

    One that the sender does not `settle` by then, for it was killed, is due again: so each is sent at least once.
    """
    rows = transaction.rows(
        "select alert, event, channel, body, attempts from notices "
        "where sent is null and failed is null and due <= $1 order by due, alert, event desc, channel limit 1",
        now,
    )
    if not rows:
        return None
    alert, event, channel, body, attempts = rows[0]
    transaction.rows(f"update notices set due = $4, attempts = attempts + 1 where {_ONE}", *rows[0][:3], now + held)
    return Due(Notice(alert, event, channel, body), attempts + 1)


@dataclass(frozen=True)
class Outcome:
    """What became of trying to send a notice.

    Attributes:
        trouble: why it was not sent; None where it was.
        again: after how long to try again; None where it never will do.
    """

    trouble: str | None = None
    again: timedelta | None = None


def settle(transaction: Transaction, notice: Notice, at: datetime, outcome: Outcome) -> None:
    """Note what became of a notice: it was sent, is to be tried again after a while, or failed for good."""
    trouble, again = outcome.trouble, outcome.again
    key = notice.alert, notice.event, notice.channel
    if trouble is None:
        transaction.rows(f"update notices set sent = $4, trouble = null where {_ONE}", *key, at)
    elif again is None:
        transaction.rows(f"update notices set failed = $4, trouble = $5 where {_ONE}", *key, at, trouble)
    else:
        transaction.rows(f"update notices set due = $4, trouble = $5 where {_ONE}", *key, at + again, trouble)
    transaction.rows("delete from notices where coalesce(sent, failed) < $1", at - KEPT)


_ONE: Final = "alert = $1 and event = $2 and channel = $3"
