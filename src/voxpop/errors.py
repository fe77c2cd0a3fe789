"""Errors in three families, by what the caller should do: stop, try again, or set the record aside."""

from __future__ import annotations


class VoxpopError(Exception):
    """Base of every error raised on purpose; its text is one sentence that ends with the fix."""


class Terminal(VoxpopError):
    """Trying again cannot help: bad configuration, a missing file, a store another process holds."""


class Transient(VoxpopError):
    """Trying again may help.

    Attributes:
        retry_after: seconds the other side asked to wait, or None where it did not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Poison(VoxpopError):
    """A record or segment that cannot be read, whatever is tried; set it aside with the reason and go on."""
