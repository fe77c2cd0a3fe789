"""What an alert says, in words: for the command line, mails and chats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

Row = Mapping[str, Any]


def sentence(alert: Row) -> str:
    """What changed, by how much and since when, in one line. `alert` has the columns of `voxpop.stores.alerts`.

    Names of topics are their owner's, and everything else is a number: nothing in it is a stranger's text.
    """
    about = "all posts" if alert["topic"] == "*" else alert["topic"]
    country = f" in {alert['country']}" if alert["country"] else ""
    return f"{about}{country}: {change(alert)}"


def change(alert: Row) -> str:
    """The sentence without what it is about, for where that stands above it."""
    return f"{_change(alert)}, {_when(alert)}"


def _change(alert: Row) -> str:
    length = _length(alert["known"] - alert["start"])
    if alert["measure"] == "volume":
        return (
            f"{alert['posts']:,} posts in {length} where {_few(alert['expected'])} were expected "
            f"({_times(alert['value'], alert['expected'])})"
        )
    way = "rose" if alert["direction"] == "up" else "fell"
    return (
        f"net sentiment {way} to {alert['value']:+.2f} where {alert['expected']:+.2f} was expected "
        f"({alert['posts']:,} scored posts in {length})"
    )


def _when(alert: Row) -> str:
    since = f"since {_time(alert['start'])}"
    if alert["peak_end"] != alert["known"]:
        value = _times(alert["peak_value"], alert["peak_expected"])
        peak = value if alert["measure"] == "volume" else f"{alert['peak_value']:+.2f}"
        since += f", {peak} in {_length(alert['peak_end'] - alert['peak_start'])} up to {_time(alert['peak_end'])}"
    return since if alert["closed"] is None else f"{since}; over by {_time(alert['last'])}"


def why(reasons: Mapping[str, Any] | None, most: int = 3) -> list[str]:
    """What its first window had more of than the day before, a line each; nothing where that is not known.

    The trap: words are strangers', only freed of control characters; escape them for where they go.
    """
    if not reasons:
        return []
    lines = [_driver(driver) for driver in reasons["drivers"][:most]]
    if mixes := [mix for mix in reasons["mixes"] if abs(mix["mix"]) >= _TELLING]:
        mix = max(mixes, key=lambda mix: abs(mix["mix"]))
        lines.append(f"by {mix['group']}: {mix['mix']:+.2f} who talks, {mix['rate']:+.2f} how they talk")
    return lines


_BESIDE: Final = {
    "before": "{share:.0%} of authors, {share_beside:.0%} before",
    "positive": "{share:.0%} of authors of negative posts, {share_beside:.0%} of positive ones",
    "negative": "{share:.0%} of authors of positive posts, {share_beside:.0%} of negative ones",
}
_TELLING: Final = 0.02
"""Part of a change of net sentiment that is worth a line."""


def _driver(driver: Mapping[str, Any]) -> str:
    shares = {name: driver[name] for name in ("share", "share_beside")}
    return f"{driver['kind']} {_plain(driver['name'])}: " + _BESIDE[driver["beside"]].format(**shares)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _times(value: float, expected: float) -> str:
    ratio = value / max(expected, 1e-9)
    return f"{ratio:.1f} times as many" if ratio < 1000 else "where there were next to none"


def _few(expected: float) -> str:
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"


def _length(length: timedelta) -> str:
    names = {timedelta(hours=1): "an hour", timedelta(days=1): "a day"}
    return names.get(length, f"{length // timedelta(minutes=1)} minutes")


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
