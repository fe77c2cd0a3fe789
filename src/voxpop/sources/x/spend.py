"""What X has cost, on the disk before it is spent, and the stop before a limit."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from filelock import FileLock

from voxpop.errors import Terminal

MICROS: Final = 1_000_000
"""Millionths of a dollar in a dollar: money is counted in whole ones, so that no sum is rounded."""
_REFERENCES: Final = 2
"""A post answers one post at most and quotes one: so many come with it, and their authors."""


@dataclass(frozen=True)
class Prices:
    """What one resource costs, in millionths of a dollar (https://docs.x.com/x-api/getting-started/pricing).

    The trap: X does not say whether the authors and the posts that come along in `includes` are charged, so they are
    counted; a price of 0 leaves them out.
    """

    post: int = 5_000
    user: int = 10_000
    counts: int = 5_000
    """One request for counts."""

    @property
    def worst(self) -> int:
        """The most that one delivered post can cost, with all that comes along."""
        return (1 + _REFERENCES) * (self.post + self.user)

    def of(self, posts: int, users: int) -> int:
        """The cost of so many resources."""
        return posts * self.post + users * self.user


@dataclass(frozen=True)
class Limits:
    """What may be spent in a UTC day and a UTC month, in millionths of a dollar.

    Attributes:
        block: the stream sets so much aside at a time; a kill costs no more than what was set aside.
        margin: the stream ends when no more than so much is left, for what is on its way when it is closed.
    """

    day: int = 5 * MICROS
    month: int = 50 * MICROS
    block: int = 250_000
    margin: int = 300_000


class LimitReached(Exception):
    """What was asked for could cross a limit; `until` is when the day or month that is spent ends."""

    def __init__(self, until: datetime) -> None:
        super().__init__("spend limit")
        self.until = until


class Day(msgspec.Struct):
    """What a UTC day has cost; `micros` includes what is set aside and perhaps not spent."""

    micros: int = 0
    posts: int = 0
    users: int = 0


class Purse:
    """`spend.json` below the data directory: the days, and the only way to spend.

    Guarantees: what is set aside is on the disk before anything is asked for, under a lock that all processes share,
    and no sum set aside crosses a limit; so whatever is killed when, what is recorded is never less than what was
    read, and never more than the limits. The trap: it knows what this data directory spent, not what the app did
    elsewhere; set a limit in X's console too.
    """

    def __init__(self, root: Path, limits: Limits | None = None, now: Callable[[], datetime] | None = None) -> None:
        self.limits = limits or Limits()
        self._path = root / "spend.json"
        self._now = now or (lambda: datetime.now(UTC))

    def reserve(self, least: int, wanted: int) -> Lease:
        """Set `wanted` aside, or what is left if that is at least `least`.

        Raises:
            LimitReached: less than `least` is left.
            Terminal: the record cannot be read.
        """
        with self._locked():
            days = self._days()
            today = self.today()
            left = self._left(days, today)
            if left < least:
                raise LimitReached(self._end(days, today, least))
            micros = min(left, max(wanted, least))
            days.setdefault(today, Day()).micros += micros
            self._write(days)
        return Lease(self, today, micros)

    def settle(self, lease: Lease, unspent: int) -> None:
        """Give back what a lease did not use, and count what was read; see `Lease.close`."""
        with self._locked():
            days = self._days()
            day = days.setdefault(lease.day, Day())
            day.micros -= unspent
            day.posts += lease.posts
            day.users += lease.users
            self._write(days)

    def today(self) -> str:
        """The UTC day, `YYYY-MM-DD`."""
        return self._now().astimezone(UTC).date().isoformat()

    def left(self) -> int:
        """What may still be spent now, in millionths of a dollar."""
        return self._left(self._days(), self.today())

    def report(self) -> dict[str, Any]:
        """Posts, users and dollars of this day and month with their limits, as plain JSON values."""
        days, today = self._days(), self.today()
        day, month = days.get(today, Day()), _month(days, today)
        return {
            "day": {"date": today, **_shown(day), "limit_usd": self.limits.day / MICROS},
            "month": {"month": today[:7], **_shown(month), "limit_usd": self.limits.month / MICROS},
        }

    def text(self) -> str:
        """The report in a line for people.

        >>> Purse(Path("/nonexistent"), now=lambda: datetime(2026, 11, 24, tzinfo=UTC)).text()
        'X has cost $0.00 of $5.00 today (0 posts) and $0.00 of $50.00 this month (0 posts), UTC'
        """
        day, month = self.report()["day"], self.report()["month"]
        return (
            f"X has cost ${day['usd']:.2f} of ${day['limit_usd']:.2f} today ({day['posts']:,} posts) and "
            f"${month['usd']:.2f} of ${month['limit_usd']:.2f} this month ({month['posts']:,} posts), UTC"
        )

    def _left(self, days: dict[str, Day], today: str) -> int:
        day = days.get(today, Day()).micros
        return max(0, min(self.limits.day - day, self.limits.month - _month(days, today).micros))

    def _end(self, days: dict[str, Day], today: str, least: int) -> datetime:
        date = datetime.fromisoformat(today).replace(tzinfo=UTC)
        if self.limits.month - _month(days, today).micros < least:
            return (date.replace(day=1) + timedelta(days=32)).replace(day=1)
        return date + timedelta(days=1)

    def _locked(self) -> FileLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._path.with_name(".spend.lock"), timeout=30)

    def _days(self) -> dict[str, Day]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Day])
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Terminal(
                f"{self._path} says what X has cost and cannot be read ({error}); nothing more is spent until you "
                "restore it, or remove it to begin at nothing"
            ) from error

    def _write(self, days: dict[str, Day]) -> None:
        temporary = self._path.with_name(".spend.tmp")
        with temporary.open("wb") as sink:
            sink.write(msgspec.json.encode(days))
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, self._path)
        handle = os.open(self._path.parent, os.O_RDONLY)
        try:
            # The rename alone may be undone by a power cut.
            os.fsync(handle)
        finally:
            os.close(handle)


class Lease:
    """A sum that is set aside: spent as resources arrive, and what is left given back at the end.

    Attributes:
        day: the UTC day it counts on.
        left: millionths of a dollar that are not spent; below 0 if more came than was set aside.
        posts: posts read on it, those that came along included.
        users: users that came along.
    """

    def __init__(self, purse: Purse, day: str, micros: int) -> None:
        self.day = day
        self.left = micros
        self.posts = self.users = 0
        self._purse = purse
        self._closed = False

    def spend(self, micros: int, posts: int = 0, users: int = 0) -> None:
        """Count what arrived."""
        self.left -= micros
        self.posts += posts
        self.users += users

    def extend(self, least: int, wanted: int) -> None:
        """Set more aside, as `Purse.reserve` does; nothing where the day has changed meanwhile.

        Raises:
            LimitReached: less than `least` is left.
        """
        more = self._purse.reserve(least, wanted)
        if more.day == self.day:
            self.left += more.left
        else:
            more.close()

    def is_of_today(self) -> bool:
        """Whether the day it counts on is this one."""
        return self.day == self._purse.today()

    def close(self, keep: int = 0) -> None:
        """Give back what is left but for `keep`, which counts as spent; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self._purse.settle(self, self.left - max(0, min(keep, self.left)))


def _month(days: dict[str, Day], today: str) -> Day:
    found = [day for date, day in days.items() if date[:7] == today[:7]]
    return Day(sum(day.micros for day in found), sum(day.posts for day in found), sum(day.users for day in found))


def _shown(day: Day) -> dict[str, Any]:
    return {"usd": day.micros / MICROS, "posts": day.posts, "users": day.users}
