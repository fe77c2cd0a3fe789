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

    Behind comes before stale: posts that wait to be scored are why nothing new arrives.
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
    if not status.get("sources"):
        return State("idle", text.IDLE, newest)
    return State("stale", text.STALE, newest)
