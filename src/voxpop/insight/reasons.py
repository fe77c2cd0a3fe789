"""Why an alert opened: what its first window has more of than the time before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from voxpop.insight.alerts import Alert
from voxpop.insight.change import Change, change
from voxpop.insight.drivers import Driver
from voxpop.seams import Store
from voxpop.stores.queries import Filter

MOST: Final = 6
_BEFORE: Final = timedelta(days=1)
_KINDS: Final = ("hashtag", "word", "host", "country", "lang")


def reasons(store: Store, alert: Alert) -> dict[str, Any]:
    """Drivers and mixes of the window that an alert opened with, against the day before it or a window as long.

    Plain JSON values. `drivers` are things that the window has more of than before; of net sentiment first things that
    its negative posts have more of than its positive ones, or the other way round if it rose: `beside` says which.
    `share` and `share_beside` are of the authors on either side. At most `MOST` in all. `mixes` has, by group of
    posts, how much of the change of net sentiment is who talks (`mix`) and how they talk (`rate`). The trap: names are
    strangers' words; escape them. Authors are left out: an alert goes to places that Voxpop does not see.
    """
    start, end = alert.first.start, alert.first.end
    now = Filter(alert.topic, start, end, countries=(alert.country,) if alert.country else ())
    before = replace(now, start=start - max(_BEFORE, end - start), end=start)
    found = change(store, now, before)
    mixes = [{"group": name, "mix": mix.mix, "rate": mix.rate} for name, mix in found.mixes.items()]
    return {"net_change": found.net_change, "drivers": _strongest(alert, found), "mixes": mixes}


def _strongest(alert: Alert, found: Change) -> list[dict[str, Any]]:
    rises = alert.direction == "up"
    pushes = [driver for driver in found.pushes if (driver.log_odds > 0) == rises] if alert.measure == "net" else []
    more = [driver for driver in found.drivers if driver.log_odds > 0 and driver.kind in _KINDS]
    pushes, more = (sorted(drivers, key=lambda driver: -abs(driver.z)) for drivers in (pushes, more))
    told = [_told(driver, "negative" if rises else "positive") for driver in pushes[: MOST // 2]]
    return [*told, *(_told(driver, "before") for driver in more)][:MOST]


def _told(driver: Driver, beside: str) -> dict[str, Any]:
    shares = driver.share, driver.share_before
    share, share_beside = shares if driver.log_odds > 0 else shares[::-1]
    told = {"kind": driver.kind, "name": driver.name, "also": driver.also[:4], "beside": beside}
    return {**told, "share": share, "share_beside": share_beside, "z": abs(driver.z)}
