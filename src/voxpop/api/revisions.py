"""Which topic somebody has seen: `If-Match` and `If-None-Match` on a change (RFC 9110, 13.1)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header

from voxpop.api.models import KeptTopic, Topic
from voxpop.topics import Topic as Listened


@dataclass(frozen=True)
class Known:
    """What a request says it knows of the topic it changes; nothing said is any."""

    if_match: Annotated[str | None, Header(description="Only if this is the topic's `ETag`.")] = None
    if_none_match: Annotated[str | None, Header(description="`*`: only if there is no such topic.")] = None

    def __call__(self, topic: Listened | None) -> bool:
        """Tell whether the topic that is there, or that there is none, is what it knows."""
        tag = revision(topic) if topic else None
        return _names(self.if_match, tag, otherwise=True) and not _names(self.if_none_match, tag, otherwise=False)


def revision(topic: Topic | KeptTopic | Listened) -> str:
    """An entity tag that stands for a topic's name, title and query."""
    made_of = json.dumps([topic.name, topic.title, str(topic.query)]).encode()
    return f'"{hashlib.blake2b(made_of, digest_size=12).hexdigest()}"'


def _names(header: str | None, tag: str | None, *, otherwise: bool) -> bool:
    """Whether a header names a tag; `otherwise` where there is no header."""
    if header is None:
        return otherwise
    return tag is not None and (header.strip() == "*" or tag in map(str.strip, header.split(",")))
