"""Asking a running Voxpop, as any client of its API."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def got(url: str, path: str) -> Any:
    """What a GET answers."""
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


def sent(url: str, method: str, path: str, body: Any = None) -> Any:
    """What another request answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def names(url: str) -> list[str]:
    """The topics of the API, by name."""
    return [topic["name"] for topic in got(url, "v1/topics")["topics"]]
