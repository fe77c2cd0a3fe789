"""What the doctor finds of what Voxpop works with: sources, channels, the engine, and who may come in."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from voxpop import config
from voxpop.api.keys import KeyRing
from voxpop.channels import ChannelSettings
from voxpop.config import Settings, SourceSettings
from voxpop.doctor.check import Check, State
from voxpop.errors import Terminal
from voxpop.notify.channel import Mail, Web
from voxpop.notify.opening import channels_of
from voxpop.sources import configured
from voxpop.sources.bluesky import HOSTS
from voxpop.spark.fitness import findings

NETWORK_SECONDS: Final = 3.0
SOON_DAYS: Final = 14


def sources(settings: Settings, *, network: bool = False) -> Iterator[Check]:
    """What sources there are: paths must exist, tokens must be there; hosts are asked with `network` alone."""
    if not settings.sources:
        yield Check("sources", "ok", "none in the settings; name one with `voxpop run --source`")
    for table in settings.sources:
        name = f"source {table.name or table.kind}"
        absent = [str(path) for path in table.paths if str(path) != "-" and not path.exists()]
        if absent:
            yield Check(name, "fail", f"{', '.join(absent)} is not there", "correct the paths in the settings")
        elif table.kind in config.LIVE:
            yield _live(name, table.kind, partial(_of_source, table, settings), network=network)
        else:
            yield Check(name, "ok", table.kind)


def channels(settings: Settings, *, network: bool = False) -> Iterator[Check]:
    """Who is told of alerts: secrets must be there; hosts are asked with `network` alone, and nothing is sent."""
    for table in settings.channels:
        name = f"channel {table.name or table.kind}"
        yield _live(name, table.kind, partial(_of_channel, table, settings), network=network)


def asked(table: SourceSettings) -> tuple[str, ...]:
    """The hosts of a live source, of which one has to answer.

    >>> asked(SourceSettings(kind="mastodon", host="mastodon.example"))
    ('mastodon.example',)
    """
    return {"mastodon": (table.host,), "x": (table.base,)}.get(table.kind, table.hosts or HOSTS)


def engine(settings: Settings) -> Iterator[Check]:
    """What the engine of the settings needs; with Spark: PySpark, Java, their fit, and whether the master answers."""
    yield Check("engine", "ok", settings.engine)
    if settings.engine == "spark":
        for one in findings(settings.master):
            state: State = "ok" if not one.fix else "fail" if one.is_fatal else "warn"
            yield Check(f"spark {one.name}", state, one.found, one.fix)


def keys(settings: Settings) -> Iterator[Check]:
    """Whether there is a key where others can reach the service, and which will open nothing soon."""
    absent = [str(table.file) for table in settings.keys if not os.access(table.file.expanduser(), os.R_OK)]
    if absent:
        yield Check("keys", "fail", f"{', '.join(absent)} cannot be read", "mount the files of [[keys]] there")
    ring = KeyRing(settings.data)
    live, soon = ring.live(), datetime.now(UTC) + timedelta(days=SOON_DAYS)
    ending = [key.name for key in live if key.expires and key.expires < soon]
    is_shut = settings.needs_keys and not live and not settings.keys
    told = f"{len(live)} of {len(ring.keys())} open something" + (f"; {', '.join(ending)} soon not" if ending else "")
    state: State = "fail" if is_shut else "warn" if ending else "ok"
    fix = "voxpop keys create NAME, as others can reach the service" if is_shut else "make others in time"
    yield Check("keys", state, told, "" if state == "ok" else fix)


def _live(name: str, kind: str, hosts: Callable[[], Sequence[str]], *, network: bool) -> Check:
    try:
        found = hosts()
    except Terminal as error:
        told, _, fix = str(error).partition("; ")
        return Check(name, "fail", told, fix or "correct it in the settings")
    return _reached(name, found) if network else Check(name, "ok", f"{kind}, not asked")


def _of_source(table: SourceSettings, settings: Settings) -> Sequence[str]:
    # A whole source of X would open the record of what it has cost.
    if table.kind == "x":
        configured.x_access(table, settings)
    else:
        configured.source_of(table, settings)
    return asked(table)


def _of_channel(table: ChannelSettings, settings: Settings) -> Sequence[str]:
    found = []
    for channel in channels_of(settings.model_copy(update={"channels": (table,)})):
        match channel:
            case Mail(server=server):
                found.append(f"{server.host}:{server.port}")
            case Web(url=url):
                found.append(url.get_secret_value())
    return found


def _reached(name: str, hosts: Sequence[str]) -> Check:
    for host in hosts:
        try:
            parts = urlsplit(host if "://" in host else f"//{host}")
            standard = 80 if parts.scheme in ("ws", "http") else 443
            socket.create_connection((parts.hostname or "", parts.port or standard), NETWORK_SECONDS).close()
        except (OSError, ValueError):
            continue
        return Check(name, "ok", f"{parts.hostname} answers")
    return Check(name, "fail", f"none of {len(hosts)} hosts answers", "look at the network, the proxy or the firewall")
