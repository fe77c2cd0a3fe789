"""Corrections in a store and in their file beside the log: given, listed, brought to whichever lacks some."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pyarrow as pa

from voxpop.corrections import Correction, CorrectionLog, Drawn, Given, Withdrawal, named
from voxpop.errors import Terminal
from voxpop.schema import TIMESTAMP
from voxpop.seams import Store
from voxpop.stores.matched import key_of
from voxpop.stores.queries import Cursor
from voxpop.stores.view import View

LABELS: Final[tuple[Given, ...]] = get_args(Given)
PAGE: Final = 5_000
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "post_id")),
        *((name, pa.int64()) for name in ("key", "author_key")),
        *((name, pa.string()) for name in ("label", "author")),
        ("given_at", TIMESTAMP),
        *((name, pa.string()) for name in ("drawn", "text", "source", "lang")),
        ("posted_at", TIMESTAMP),
        ("topics", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("model_label", "model_id")),
    ]
)


class NoPost(Terminal):
    """The post that is to be labelled is not there, was deleted, or its text was let go of."""


class NoLabel(Terminal):
    """The label is none of three, or the name of its author is none."""


class NoCorrection(Terminal):
    """There is no such correction, or it is somebody else's."""


@dataclass(frozen=True)
class Wanted:
    """Which corrections; None means any. With `newest_only` of each author's on a post the newest alone."""

    post_id: str | None = None
    author: str | None = None
    label: Given | None = None
    drawn: Drawn | None = None
    newest_only: bool = False


@dataclass(frozen=True)
class Label:
    """What somebody says of a post, and how they came to that post."""

    post_id: str
    label: Given
    author: str
    drawn: Drawn = "own"


class Corrections:
    """The corrections of one data directory and the store that serves them. Any thread may call any method."""

    def __init__(self, store: View, root: Path) -> None:
        self._store = store
        self._log = CorrectionLog(root)

    def give(self, label: Label) -> Correction:
        """Keep a label with the post's text and what the model says of it; it is on the disk when this returns.

        Raises:
            NoPost: there is no such post with a text.
            NoLabel: the label or the name is none.
            Terminal: the store is only read, or cannot be written.
            Transient: the database is away.
        """
        found = self._store.query("post", post_id=label.post_id, key=key_of(label.post_id)).to_pylist()
        if not found:
            raise NoPost("there is no such post; `GET /v1/posts` and `voxpop query posts` list them")
        if found[0]["text"] is None:
            raise NoPost("the text of this post was let go of by age, so nobody can label it; choose a newer one")
        given = _made(label, found[0], self._store.made_by())
        self._store.correct(_table([given]), lambda: self._log.add([given]))
        return given

    def withdraw(self, id: str, author: str | None = None) -> None:
        """Take a label back, as if it had not been given: what its author had said of the post before counts again.

        The file keeps its line, and one that says that it was taken back. With `author` only one of theirs.

        Raises:
            NoCorrection: there is none of that id and author.
            Terminal: the store is only read, or cannot be written.
            Transient: the database is away.
        """
        with self._store.writing() as transaction:
            given = transaction.rows(f"{_WITHDRAW} and ($2::text is null or author = $2) returning author", id, author)
            if not given:
                raise NoCorrection("there is no such label of yours; `GET /v1/corrections` lists them")
            self._log.add([Withdrawal(id, given[0][0], datetime.now(UTC))])

    def sync(self) -> int:
        """Bring store and file together, whichever lacks some: answers how many that were.

        A store that was removed and made anew gets all of them back; a file that was lost does, too.
        """
        kept, withdrawn = {one.id: one for one in self._log.read()}, self._log.withdrawn()
        held = {row["id"]: row for page in pages(self._store, Wanted()) for row in page.to_pylist()}
        lacking = [one for at, one in kept.items() if at not in held]
        lost = sorted((row for at, row in held.items() if at not in kept.keys() | withdrawn), key=_given_at)
        if lacking:
            self._store.correct(_table(lacking))
        if stale := sorted(withdrawn & held.keys()):
            with self._store.writing() as transaction:
                for id in stale:
                    transaction.rows(f"{_WITHDRAW} returning id", id)
        self._log.add(msgspec.convert({name: row[name] for name in SCHEMA.names}, Correction) for row in lost)
        return len(lacking) + len(lost) + len(stale)


@dataclass(frozen=True)
class Tally:
    """How many offered posts somebody labelled, and on how many of them the model had said the same."""

    n: int = 0
    agreed: int = 0


def tallies(store: Store, author: str) -> dict[str, Tally]:
    """By how the posts were drawn, `next` or `random`; of several labels on a post the newest."""
    rows = store.query("tallies", author=author).to_pylist()
    return {row["drawn"]: Tally(row["n"], row["agreed"]) for row in rows}


def page(store: Store, wanted: Wanted, limit: int, before: Cursor | None = None) -> pa.Table:
    """Corrections, newest first, after the cursor, whose `post_id` is a correction's id; pages do not overlap.

    Columns as of `SCHEMA`, and `is_newest`. The text is a stranger's.
    """
    return store.query(
        "corrections",
        post_id=wanted.post_id,
        author=wanted.author,
        label=wanted.label,
        drawn=wanted.drawn,
        newest_only=wanted.newest_only,
        before_at=before and before.created_at,
        before_id=before and before.post_id,
        limit=limit,
    )


def pages(store: Store, wanted: Wanted) -> Iterator[pa.Table]:
    """All of them, a page at a time; the only page may be empty."""
    before: Cursor | None = None
    while True:
        rows = page(store, wanted, PAGE, before)
        if rows.num_rows or before is None:
            yield rows
        if rows.num_rows < PAGE:
            return
        before = Cursor(rows["given_at"][-1].as_py(), rows["id"][-1].as_py())


def newest(store: Store, drawn: Sequence[Drawn] = ()) -> list[dict[str, Any]]:
    """The newest correction of each author on each post, where the text is still there; of these draws, or of any."""
    rows = (row for one in pages(store, Wanted(newest_only=True)) for row in one.to_pylist())
    return [row for row in rows if row["text"] is not None and (not drawn or row["drawn"] in drawn)]


_WITHDRAW: Final = "delete from corrections where id = $1"


def _given_at(row: dict[str, Any]) -> datetime:
    at: datetime = row["given_at"]
    return at


def _made(label: Label, post: dict[str, Any], model_id: str) -> Correction:
    if label.label not in LABELS:
        raise NoLabel(f"a label is {', '.join(LABELS)}")
    try:
        author = named(label.author)
    except ValueError as error:
        raise NoLabel(str(error)) from error
    return Correction(
        id=uuid.uuid4().hex,
        post_id=post["post_id"],
        key=post["key"],
        author_key=post["author_key"],
        label=label.label,
        author=author,
        given_at=datetime.now(UTC),
        drawn=label.drawn,
        text=post["text"],
        source=post["source"],
        lang=post["lang"],
        posted_at=post["created_at"],
        topics=list(post["topics"]),
        model_label=post["label"],
        model_id=model_id,
    )


def _table(corrections: Iterable[Correction]) -> pa.Table:
    return pa.Table.from_pylist([msgspec.structs.asdict(one) for one in corrections], schema=SCHEMA)
