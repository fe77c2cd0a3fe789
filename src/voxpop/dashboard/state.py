"""How current the numbers are: live, behind or stale, in words and with the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from voxpop.dashboard import text
from voxpop.stores.period import Span

QUIET_SECONDS: Final = 60.0
"""Without a new post for so long, a collecting Voxpop is stale."""
BEHIND_SEGMENTS: Final = 3
"""A segment is landed each second; so many that wait are more than the beat of the pipeline."""


@dataclass(frozen=True)
class State:
    """What the pill says; `since` is when it began, where that is known."""

    kind: Literal["live", "behind", "stale", "idle", "waiting"]
    words: str
    since: datetime | None = None


def state(status: Mapping[str, Any], known: Span | None, now: datetime) -> State:
    """Judge the service's status.

    Behind comes before stale: posts that wait to be scored are why nothing new arrives. What was read to its end is
    not stale either: nothing more is to be expected of it.
    """
    behind, lag = status.get("behind_segments") or 0, status.get("lag_seconds")
    newest = None if lag is None else now - timedelta(seconds=lag)
    if known is None and behind:
        return State("waiting", text.SCORING)
    if behind > BEHIND_SEGMENTS:
        return State("behind", f"{text.BEHIND}: {text.count(behind)} segments to score", newest)
    if known is None or lag is None:
        return State("waiting", text.WAITING)
    if lag <= QUIET_SECONDS:
        return State("live", text.LIVE, newest)
    sources = status.get("sources")
    if not sources:
        return State("idle", text.IDLE, newest)
    ends = [ended(status, name) for name in sources]
    if None not in ends:
        return State("idle", text.ENDED, max(end for end in ends if end))
    return State("stale", text.STALE, newest)


def ended(status: Mapping[str, Any], source: str) -> datetime | None:
    """When a source was read to its end; None where it was not, or has none."""
    told = (status.get("read_to_the_end") or {}).get(source)
    return datetime.fromisoformat(told) if told else None
