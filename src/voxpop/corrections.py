"""Corrections: the labels that people give posts, by whom and when, in a file that outlives every store."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
from filelock import FileLock, Timeout

from voxpop.errors import Terminal

FILE: Final = "corrections.jsonl"
LONGEST_AUTHOR: Final = 64
_WAIT_SECONDS: Final = 10.0

Given = Literal["negative", "neutral", "positive"]
Drawn = Literal["own", "next", "random"]
"""How a post came to be labelled: somebody's own choice, a suggestion of what teaches most, or a random draw."""
DRAWN: Final[tuple[Drawn, ...]] = get_args(Drawn)


class Correction(msgspec.Struct, frozen=True):
    """One label that one author gave one post. It is never changed; a newer one of the same author counts instead.

    Attributes:
        id: its own, so that it is taken in once wherever it comes from.
        key, author_key: hashes of the post's id and of who wrote the post, as in the store's table of posts.
        author: who gave the label; a key's name, or what the command line's user goes by.
        text: of the post when it was labelled, for a store lets go of it by age; None once the post is deleted.
        posted_at: when that version of the post was written.
        topics: the topics that the post was on then.
        model_label, model_id: what the model had said, and which one.
    """

    id: str
    post_id: str
    key: int
    author_key: int | None
    label: Given
    author: str
    given_at: datetime
    drawn: Drawn
    text: str | None
    source: str
    lang: str
    posted_at: datetime
    topics: list[str]
    model_label: str
    model_id: str


class Withdrawal(msgspec.Struct, frozen=True):
    """That a correction, `withdrawn`, was taken back; it counts for nothing from then on, wherever it still stands."""

    withdrawn: str
    author: str
    withdrawn_at: datetime


class CorrectionLog:
    """`corrections.jsonl` below a data directory: a line a correction, in the order in which they were given.

    It is no view of the log of posts, and nothing can make it again: back it up. Lines are only appended, but that a
    scrub writes the file anew without the texts of deleted posts; both hold one lock, which all processes respect. What
    was added is on the disk when `add` returns.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / FILE

    def add(self, corrections: Iterable[Correction | Withdrawal]) -> None:
        """Append corrections, or that some were taken back.

        Raises:
            Terminal: another process holds the file for too long, or it cannot be written.
        """
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in corrections)
        if not lines:
            return
        try:
            with self._alone():
                self._append(lines)
        except OSError as error:
            raise Terminal(f"{self.path} cannot be written ({error}); make room, or look at its rights") from error

    def read(self) -> list[Correction]:
        """Every correction that stands, oldest first; a line that cannot be read is passed over."""
        withdrawn = self.withdrawn()
        return [one for one, _ in self._lines() if isinstance(one, Correction) and one.id not in withdrawn]

    def withdrawn(self) -> set[str]:
        """The ids of those that were taken back."""
        return {one.withdrawn for one, _ in self._lines() if isinstance(one, Withdrawal)}

    def scrub(self, is_deleted: Callable[[str], bool], *, dry_run: bool = False) -> int:
        """Take out the texts of posts that were deleted upstream; answers how many, and replaces the file by a rename.

        The label stays: it says nothing of what was written.

        Raises:
            Terminal: another process holds the file for too long.
        """
        if not self.path.exists():
            return 0
        with self._alone():
            rows = list(self._lines())
            found = [
                one if isinstance(one, Correction) and one.text is not None and is_deleted(one.post_id) else None
                for one, _ in rows
            ]
            if any(found) and not dry_run:
                self._replace(
                    msgspec.json.encode(msgspec.structs.replace(gone, text=None)) + b"\n" if gone else line
                    for (_, line), gone in zip(rows, found, strict=True)
                )
        return sum(one is not None for one in found)

    def _append(self, lines: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            # A line that a power cut left in half must not swallow the next one.
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            file.write((b"\n" if torn else b"") + lines)
            file.flush()
            os.fsync(file.fileno())

    def _lines(self) -> Iterator[tuple[Correction | Withdrawal | None, bytes]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                yield _decoded(line), line

    def _replace(self, lines: Iterable[bytes]) -> None:
        temporary = self.path.with_name(f".{FILE}.{uuid.uuid4().hex}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as sink:
                sink.writelines(lines)
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(temporary, self.path)
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_name(f"{FILE}.lock"), timeout=_WAIT_SECONDS):
                yield
        except Timeout as error:
            raise Terminal(f"another process holds {self.path}; end it, or try again later") from error


def _decoded(line: bytes) -> Correction | Withdrawal | None:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(line, type=Correction)
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(line, type=Withdrawal)
    return None


def named(author: str) -> str:
    """The name of one who gives labels, without white space around it.

    Raises:
        ValueError: it is empty, too long, or holds what is no letter, digit, sign or space.
    """
    name = author.strip()
    if not name or len(name) > LONGEST_AUTHOR or not name.isprintable():
        raise ValueError(f"an author's name has 1 to {LONGEST_AUTHOR} printable characters")
    return name


def settled(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row for each post, of the newest corrections of each of its authors: the label that most of them gave.

    Where several labels have as many authors, the newest of those corrections decides. A post was drawn as its earliest
    such correction says, for whoever came later may have come for the label. Rows have the members of `Correction`.

    >>> row = {"post_id": "x:1", "drawn": "own", "topics": []}
    >>> rows = [{**row, "given_at": at, "label": label} for at, label in enumerate(["neutral", "positive", "neutral"])]
    >>> [one["label"] for one in settled(rows)]
    ['neutral']
    """
    posts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        posts.setdefault(row["post_id"], []).append(row)
    return [_settled(given) for given in posts.values()]


def _settled(given: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    votes: dict[str, int] = {}
    for row in given:
        votes[row["label"]] = votes.get(row["label"], 0) + 1
    most = max(votes.values())
    ordered = sorted(given, key=lambda row: row["given_at"])
    newest = [row for row in ordered if votes[row["label"]] == most][-1]
    return {**newest, "drawn": ordered[0]["drawn"]}
