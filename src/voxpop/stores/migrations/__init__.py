"""Steps of PostgreSQL's schema: numbered `.sql` files, each run once, in order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from voxpop.errors import Terminal
from voxpop.stores.ledger import Transaction

_RECORD: Final = """
create table if not exists migrations (number integer primary key, name text not null, applied_at timestamptz not null)
"""


@dataclass(frozen=True)
class Migration:
    """One step: its number, its name and its statements."""

    number: int
    name: str
    text: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Every step, in order.

    >>> [step.number for step in migrations()][:1]
    [1]
    """
    names = sorted(file.name for file in files(__name__).iterdir() if file.name.endswith(".sql"))
    texts = {name: (files(__name__) / name).read_text(encoding="utf-8") for name in names}
    return tuple(Migration(int(name[:4]), name.removesuffix(".sql"), text) for name, text in texts.items())


def migrate(writing: Callable[[], AbstractContextManager[Transaction]], steps: tuple[Migration, ...]) -> None:
    """Bring a database up to the last of the steps.

    `writing` is a transaction that no other process writes beside. A step and the record of it are one transaction, so
    processes that start at once each find whole steps, and a kill leaves whole steps.

    Raises:
        Terminal: the database is of a newer version of Voxpop.
    """
    for step in steps:
        with writing() as transaction:
            transaction.run(_RECORD)
            newest = newest_of(transaction)
            refuse_newer(newest, steps)
            if step.number > newest:
                transaction.run(step.text)
                transaction.rows("insert into migrations values ($1, $2, now())", step.number, step.name)


def newest_of(transaction: Transaction) -> int:
    """The number of the newest step that was run, 0 where none was."""
    newest: int = transaction.rows("select coalesce(max(number), 0) from migrations")[0][0]
    return newest


def refuse_newer(newest: int, steps: tuple[Migration, ...]) -> None:
    """Refuse a database that a newer version made, for what it holds may mean something else.

    Raises:
        Terminal: it is newer than the steps.
    """
    if newest > steps[-1].number:
        raise Terminal(
            f"the database has schema {newest}, and this version of Voxpop knows {steps[-1].number}; upgrade Voxpop, "
            "or name another database"
        )
