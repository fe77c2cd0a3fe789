"""English words that the further pages share, and how they write what the overview has no need of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from voxpop.dashboard.text import THIN, ago, moment

SKIP: Final = "Skip to the content"
NO_SCRIPT: Final = (
    "Without JavaScript this page can be read; it does not follow along and nothing can be changed on it."
)
BROKEN: Final = "This part could not be read; the reason is in the server's log."
AWAY: Final = "The store is away. This part comes back with it."
LOST: Final = "The server does not answer since {time}. What is shown is from before; this page goes on trying."
SOURCES: Final = {"x": "X", "bluesky": "Bluesky", "mastodon": "Mastodon"}


def dollars(amount: float) -> str:
    """An amount of money with its cents.

    >>> dollars(1234.5), dollars(0)
    ('$1,234.50', '$0.00')
    """
    return f"${amount:,.2f}"


def since(at: datetime, now: datetime) -> str:
    """A moment and how long ago it was, or past a week the moment alone.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 11, 19, 12, tzinfo=UTC)
    >>> since(now - timedelta(minutes=5), now), since(now - timedelta(days=9), now)
    ('19 Nov 2026 11:55 UTC (5 min ago)', '10 Nov 2026 12:00 UTC')
    """
    age = ago(at, now)
    return age if age == moment(at) else f"{moment(at)} ({age})"


def seen(minute: datetime, now: datetime) -> str:
    """A minute in which something was seen; how long ago only once that is more than the minute itself.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 11, 19, 12, tzinfo=UTC)
    >>> seen(now - timedelta(seconds=70), now), seen(now - timedelta(minutes=5), now)
    ('19 Nov 2026 11:58 UTC (just now)', '19 Nov 2026 11:55 UTC (5 min ago)')
    """
    return f"{moment(minute)} (just now)" if now - minute < timedelta(minutes=2) else since(minute, now)


def lasted(seconds: float) -> str:
    """A length of time in its two largest units.

    >>> lasted(7), lasted(125), lasted(90000)
    ('7 s', '2 min 5 s', '1 d 1 h')
    """
    left = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def share(fraction: float | None) -> str:
    """A share with a decimal.

    >>> share(0.0687).replace(THIN, " "), share(None)
    ('6.9 %', '–')
    """
    return "\N{EN DASH}" if fraction is None else f"{fraction * 100:.1f}{THIN}%"
