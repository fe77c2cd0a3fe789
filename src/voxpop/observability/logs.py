"""Log lines for services: JSON or console, each with its request's id, none with a key."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal

import structlog

SECRET: Final = re.compile(r"vp_[A-Za-z0-9_-]{16,}")
_OURS: Final = ("voxpop", "uvicorn")


def configure(format: Literal["console", "json"], level: str) -> None:
    """Send what this process logs to standard error, in one form.

    `level` is for Voxpop and its web server; libraries are heard from `warning` on, as some tell addresses below that.
    It sets up the whole process, so it is for a process that serves, never for a library.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_BEFORE, processors=_rendering(format)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())


def redacted(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take anything that looks like an API key out of a line: a net under the rule that nothing logs one.

    >>> redacted(None, "", {"event": "what is vp_0123456789abcdef0123?"})
    {'event': 'what is vp_…?'}
    """
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = SECRET.sub("vp_…", value)
    return event


_BEFORE: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _rendering(format: str) -> list[Any]:
    shown = structlog.processors.JSONRenderer(ensure_ascii=False) if format == "json" else _console()
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redacted,
        shown,
    ]


def _console() -> Any:
    # Plain tracebacks: the pretty ones show what variables hold.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
