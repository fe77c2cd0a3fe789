"""Whether the store of the settings opens, and what it is a view of; looks without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb

from voxpop.address import Address
from voxpop.config import Settings
from voxpop.errors import VoxpopError
from voxpop.stores import ledger
from voxpop.stores.ledger import SCHEMA_VERSION
from voxpop.stores.migrations import migrations, newest_of
from voxpop.stores.pool import Pool
from voxpop.stores.sql import statement
from voxpop.topics import Matcher

_RIGHTS = (
    "select has_schema_privilege(current_schema(), 'create') as may, current_schema() as name, version() as version"
)


class Finding(NamedTuple):
    """What was found of the store; `fix` is empty where it is well."""

    found: str
    fix: str = ""
    is_fatal: bool = True


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the store; the trap: while DuckDB's file is read, for a moment, no server can open it."""
    if settings.database:
        yield from _postgres(settings.database, settings)
    elif (path := settings.data / "store.duckdb").exists():
        yield _duckdb(path, settings)
    else:
        yield Finding("is not there yet; `voxpop run` or `voxpop serve` makes it")


def _postgres(address: Address, settings: Settings) -> Iterator[Finding]:
    try:
        pool = Pool(address, {"default_transaction_read_only": "on"})
    except VoxpopError as error:
        found, _, fix = str(error).removeprefix(f"{address}: ").rpartition("; ")
        yield Finding(f"{address}: {found}", fix)
        return
    try:
        yield from _looked(pool, settings)
    finally:
        pool.close()


def _looked(pool: Pool, settings: Settings) -> Iterator[Finding]:
    with pool.session() as session:
        may, schema, version = session.rows(_RIGHTS)[0]
        meta = ledger.meta(session)
        newest = newest_of(session) if meta else 0
    server = " ".join(version.split()[:2])
    if not schema:
        yield Finding(f"{pool.address}: the schema of search_path is not there", "make it with create schema")
        return
    if newest > migrations()[-1].number:
        yield Finding(f"{pool.address} was made by a newer Voxpop", "upgrade Voxpop, or name another database")
        return
    if not may:
        fix = "make the user owner of the database to load; `voxpop serve --read-only` needs no more"
        yield Finding(f"{pool.address} can be read, but not be made or migrated, by this user", fix, is_fatal=not meta)
    if meta:
        yield _judged(meta, settings, f"{pool.address}, {server}: ")
    else:
        yield Finding(f"{pool.address}, {server}: holds no store yet; `voxpop run` or `voxpop serve` makes it")


def _duckdb(path: Path, settings: Settings) -> Finding:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            meta = dict(connection.execute(statement("meta").text).fetchall())
    except duckdb.Error as error:
        if "lock" in str(error):
            return Finding("is in use by another process, so it was not looked into")
        fix = f"move {path} away and run `voxpop rebuild`; nothing is lost"
        return Finding(f"cannot be opened: {str(error).splitlines()[0][:200]}", fix)
    return _judged(meta, settings, "")


def _judged(meta: Mapping[str, str], settings: Settings, where: str) -> Finding:
    """Whether it is of this version, and a view through the topics of the settings."""
    reasons = []
    if meta.get("schema_version") != SCHEMA_VERSION:
        reasons.append(f"is of schema version {meta.get('schema_version')}, not {SCHEMA_VERSION}")
    if meta.get("topics_digest") != Matcher(settings.all_topics()).digest:
        reasons.append("was made for other topics")
    if reasons:
        fix = "nothing to do: the next start empties it and loads it again from the log"
        return Finding(where + ", ".join(reasons), fix, is_fatal=False)
    return Finding(f"{where}opens; schema version {SCHEMA_VERSION}, model {meta.get('model_id') or 'none yet'}")
