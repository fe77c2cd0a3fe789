"""Who asks: a key, a session of the dashboard that a key opened, or this machine."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal, get_args

Scope = Literal["read", "score", "label", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""read: what was measured. score: the model on texts of one's own. label: correcting labels, for which it is
shown posts. admin: changing topics. None implies another."""


@dataclass(frozen=True)
class Caller:
    """One who asks.

    Attributes:
        by: how it is known; `nobody` has shown nothing, and reaches public paths alone.
        address: where the connection, or a trusted proxy's client, comes from.
        name: the key's name, or "local".
        key_id: the key's id, "" without one.
        csrf: for a session, what its pages must send back when they change something.
    """

    by: Literal["nobody", "loopback", "key", "session"]
    address: str = ""
    name: str = ""
    key_id: str = ""
    scopes: frozenset[Scope] = frozenset()
    csrf: str = ""

    @property
    def counted_as(self) -> str:
        """Whose limits it uses: its key's, or its address's without one."""
        return f"key {self.key_id}" if self.key_id else f"address {self.address}"


NOBODY: Final = Caller("nobody")
_current: ContextVar[Caller] = ContextVar("voxpop_caller", default=NOBODY)


def current() -> Caller:
    """Who asked for what runs now, in threads that a request started as well; `NOBODY` outside of requests."""
    return _current.get()


def entered(caller: Caller) -> None:
    """Make it the current caller for what this request runs from now on."""
    _current.set(caller)
