"""From settings to the door: loopback is open, anything else needs a key to exist."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr

from voxpop.api.audit import Audit
from voxpop.api.door import Door
from voxpop.api.keys import KeyRing
from voxpop.api.limits import Limits, Rates
from voxpop.config import Settings
from voxpop.errors import Terminal

REQUESTS: Final = 1_200
TEXTS: Final = 20_000
"""A minute, where keys are needed and the settings say nothing; a few open dashboards stay below."""


def opened(settings: Settings) -> Door:
    """The door that the settings describe.

    Raises:
        Terminal: others could reach the service and there is no live key; names the command that makes one.
    """
    keys = KeyRing(settings.data) if settings.needs_keys else None
    if keys is not None:
        take_in(keys, settings)
    if keys is not None and not keys.live():
        raise Terminal(
            f"others can reach {', '.join([settings.host, *settings.hosts])}, and there is no API key yet; create one "
            f"with `voxpop keys create NAME --data {settings.data}`, or listen on 127.0.0.1 without hosts"
        )
    return Door(
        keys=keys,
        hosts=settings.hosts,
        origins=settings.cors_origins,
        audit=Audit(settings.data),
        limits=Limits(_rates(settings)),
        session_hours=settings.session_hours,
    )


def take_in(ring: KeyRing, settings: Settings) -> None:
    """Take the keys that the settings name as files into the ring; a file that cannot be read keeps a server shut.

    Raises:
        Terminal: a file is not there or cannot be read, or holds no key; names the file and nothing that is in it.
    """
    for table in settings.keys:
        try:
            secret = SecretStr(table.file.expanduser().read_text(encoding="ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise Terminal(f"the file {table.file} of the key {table.name!r} cannot be read; mount it there") from error
        if ring.accept(table.name, secret, table.scopes):
            Audit(settings.data).note("key provided", f"{table.name} ({', '.join(table.scopes)})")


def _rates(settings: Settings) -> Rates:
    requests, texts = settings.rate_requests, settings.rate_texts
    if settings.needs_keys:
        requests, texts = REQUESTS if requests is None else requests, TEXTS if texts is None else texts
    return Rates(requests or 0, texts or 0, settings.live_connections)
