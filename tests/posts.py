"""Invented posts for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from voxpop.schema import Post

MORNING = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


def post(text: str | None = "lovely", minute: float = 0.0, **fields: Any) -> Post:
    """A post whose id follows from its text."""
    at = MORNING + timedelta(minutes=minute)
    given = {"post_id": f"test:{text}", "source": "test", "created_at": at, "received_at": at, "lang": "en"}
    return Post(text=text, **{**given, **fields})
