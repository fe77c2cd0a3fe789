"""Voxpop measures what people say about a topic on social media, as they say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxpop.client import AsyncClient, Client

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> Any:
    # The clients bring pyarrow and httpx, which most of what imports this package does without.
    if name in ("AsyncClient", "Client"):
        from voxpop import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
