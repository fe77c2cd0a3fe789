"""The topics there are: those of the settings, and those that were added, kept in a file of the data directory."""

from __future__ import annotations

import json
import os
import threading
import tomllib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from voxpop.errors import Terminal, Transient
from voxpop.topics import Matcher, Topic

FILE: Final = "topics.toml"
_HEAD: Final = "# Topics added with `voxpop topics add` or the HTTP interface; see `voxpop topics --help`.\n"
_WAIT_SECONDS: Final = 10.0


def _any(topic: Topic | None) -> bool:
    return True


class Changed(Terminal):
    """A topic is no longer what somebody wanted to change."""


class Catalogue:
    """The settings' topics, which stay as they are, and the added ones, which can be changed while others read.

    Every change is written before it is followed, by one rename, under a lock that all processes respect; another
    process sees it with `refresh`. Any thread may call any method.
    """

    def __init__(self, fixed: Sequence[Topic], directory: Path) -> None:
        self.path = directory / FILE
        self._fixed = tuple(fixed)
        self._follow: Callable[[Matcher], None] = lambda matcher: None
        self._changing = threading.Lock()
        self._matcher: Matcher | None = None
        self._seen: tuple[int, ...] | None = None

    @property
    def matcher(self) -> Matcher:
        """The matcher of all topics, as of the last change or refresh.

        Raises:
            Terminal: the file cannot be read, or holds a topic whose name the settings have too.
        """
        if self._matcher is None:
            self.refresh()
        assert self._matcher is not None
        return self._matcher

    @property
    def topics(self) -> tuple[Topic, ...]:
        """All topics, the settings' first."""
        return self.matcher.topics

    def is_added(self, name: str) -> bool:
        """Tell whether a topic can be changed here, as it is none of the settings'."""
        return name not in {topic.name for topic in self._fixed}

    def followed_by(self, follow: Callable[[Matcher], None]) -> None:
        """Have `follow` called with the new matcher after each change; it must not raise for a topic's sake."""
        self._follow = follow

    def add(self, topic: Topic) -> None:
        """Add a topic.

        Raises:
            Terminal: the name is taken; the message says by what.
        """
        with self._change() as added:
            self._refuse_fixed(topic.name)
            if topic.name in added:
                raise Terminal(f"there is a topic {topic.name!r} already; remove it first, or choose another name")
            added[topic.name] = topic

    def replace(self, topic: Topic, known: Callable[[Topic | None], bool] = _any) -> None:
        """Put a topic in the place of the added one of its name, or add it.

        Raises:
            Terminal: it is one of the settings'.
            Changed: `known` does not know the one that is there (None where there is none); nothing changed.
        """
        with self._change() as added:
            self._refuse_fixed(topic.name)
            _refuse_changed(topic.name, added, known)
            added[topic.name] = topic

    def remove(self, name: str, known: Callable[[Topic | None], bool] = _any) -> None:
        """Remove an added topic.

        Raises:
            Terminal: it is none of the added ones.
            Changed: `known` does not know the one that is there; nothing changed.
        """
        with self._change() as added:
            if name not in added:
                self._refuse_fixed(name)
                raise Terminal(f"there is no topic {name!r}; `voxpop topics` lists those there are")
            _refuse_changed(name, added, known)
            del added[name]

    def refresh(self) -> bool:
        """Read the file again where it changed; tells whether it did.

        Raises:
            Terminal: it cannot be read; the topics stay as they were.
            Transient: whoever follows cannot now; the next refresh tries again.
        """
        with self._changing:
            stamp = self._stamp()
            if self._matcher is not None and stamp == self._seen:
                return False
            self._seen = stamp
            try:
                self._take(self._read())
            except Transient:
                # Nobody has followed yet, so the next refresh has to look again.
                self._seen = None
                raise
            return True

    @contextmanager
    def _change(self) -> Iterator[dict[str, Topic]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._changing, FileLock(f"{self.path}.lock", timeout=_WAIT_SECONDS):
            added = self._read()
            yield added
            _write(self.path, added.values())
            self._seen = None
            self._take(added)
            self._seen = self._stamp()

    def _take(self, added: dict[str, Topic]) -> None:
        both = sorted(added.keys() & {topic.name for topic in self._fixed})
        if both:
            raise Terminal(
                f"{self.path} and the settings both have a topic {', '.join(both)}; take one away with "
                f"`voxpop topics remove {both[0]}`, or rename the settings' one"
            )
        matcher = Matcher([*self._fixed, *added.values()])
        # Whoever sees the new topics finds a store that has followed.
        self._follow(matcher)
        self._matcher = matcher

    def _read(self) -> dict[str, Topic]:
        try:
            tables = tomllib.loads(self.path.read_text("utf-8")).get("topics", [])
            return {topic.name: topic for topic in map(_topic, tables)}
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise Terminal(f"{self.path} is no list of topics ({error}); correct it, or move it away") from error
        except Terminal as error:
            raise Terminal(f"{self.path}: {error}") from error

    def _refuse_fixed(self, name: str) -> None:
        if not self.is_added(name):
            raise Terminal(
                f"topic {name!r} is a preset or one of the settings file; change it there, or choose another name"
            )

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino


def _refuse_changed(name: str, added: dict[str, Topic], known: Callable[[Topic | None], bool]) -> None:
    if not known(added.get(name)):
        raise Changed(f"topic {name!r} was changed, added or removed meanwhile; read it again and decide anew")


def _topic(table: dict[str, Any]) -> Topic:
    return Topic.read(table["name"], table.get("title", table["name"]), table["query"])


def _write(path: Path, topics: Any) -> None:
    parts = [_HEAD]
    for topic in topics:
        lines = [f"{key} = {_quoted(value)}" for key, value in _fields(topic).items()]
        parts.append("\n".join(["[[topics]]", *lines, ""]))
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("w", encoding="utf-8") as sink:
            sink.write("\n".join(parts))
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _fields(topic: Topic) -> dict[str, str]:
    return {"name": topic.name, "title": topic.title, "query": str(topic.query)}


def _quoted(text: str) -> str:
    """A TOML basic string, which is JSON's but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
