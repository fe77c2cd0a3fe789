"""Doors that need keys, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxpop.api.audit import Audit
from voxpop.api.caller import Scope
from voxpop.api.door import Door
from voxpop.api.keys import KeyRing
from voxpop.api.limits import Limits, Rates

EVERY: tuple[Scope, ...] = ("read", "score", "label", "admin")


@dataclass(frozen=True)
class Shut:
    """A door that needs keys, and what opens it."""

    door: Door
    keys: KeyRing
    directory: Path

    def key(self, name: str = "ana", scopes: Sequence[Scope] = EVERY) -> str:
        """A new key."""
        return self.keys.create(name, scopes)[1].get_secret_value()

    def bearer(self, name: str = "ana", scopes: Sequence[Scope] = EVERY) -> dict[str, str]:
        """A new key as a header."""
        return {"authorization": f"Bearer {self.key(name, scopes)}"}

    def acts(self) -> list[tuple[str, str, str]]:
        """The audit log: who, what, target."""
        return [(one.who, one.what, one.target) for one in Audit(self.directory).entries(1000)]


def shut(directory: Path, rates: Rates | None = None, **more: Any) -> Shut:
    """A door of a data directory; there is a key of nobody's, so that the ring is not empty."""
    keys = KeyRing(directory)
    keys.create("first", ["read"])
    return Shut(Door(keys, audit=Audit(directory), limits=Limits(rates), **more), keys, directory)
