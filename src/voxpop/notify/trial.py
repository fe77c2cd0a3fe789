"""A notice to see whether a channel works."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

from voxpop.stores.alerts import Due, Notice


def trial() -> Due:
    """A notice of the type `alert.test`, which says that nothing has happened, and is new each time."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"This is a test of Voxpop's alerts, sent at {now}; nothing has happened."
    body = {"type": "alert.test", "text": text, "alert": {"id": "test", "why": None}}
    return Due(Notice(f"test-{secrets.token_hex(8)}", "opened", "test", json.dumps(body)), 1)
