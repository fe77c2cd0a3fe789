"""Opening a DuckDB file with the settings that the store's statements rely on, and asking it by them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from voxpop.errors import Terminal
from voxpop.stores.sql import statement

SETTINGS: Final[dict[str, Any]] = {
    "TimeZone": "UTC",
    "autoinstall_known_extensions": False,
    # Else it keeps what it read and wrote until four fifths of the machine's memory are full.
    "memory_limit": "1GB",
}

# Its advice, `sql` instead of `execute`, plans each query twice, which takes longer than the copy of a chart's rows.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)

DATE_BIN: Final = "create macro if not exists date_bin(i, t, origin) as time_bucket(i, t, origin)"
"""DuckDB calls PostgreSQL's date_bin time_bucket."""


def answer(connection: duckdb.DuckDBPyConnection, name: str, params: dict[str, Any]) -> pa.Table:
    """The rows of `sql/<name>.sql`; see `voxpop.stores.view.View.query`. Any thread may ask."""
    named = statement(name)
    arguments = named.arguments(params)
    with connection.cursor() as cursor:
        rows: pa.Table = cursor.execute(named.fitted(params), arguments).to_arrow_table()
    return rows


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the file, or create it.

    Raises:
        Terminal: another process has it open, or it is no DuckDB file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(str(path), config=SETTINGS)
    except duckdb.Error as error:
        if "lock" in str(error):
            raise Terminal(
                f"{path} is open in another process ({_holder(error)}); stop that `voxpop run`, or use another --data"
            ) from error
        raise Terminal(
            f"{path} cannot be opened as a store ({error}); move it away and run `voxpop rebuild`"
        ) from error


def _holder(error: duckdb.Error) -> str:
    """The process that DuckDB names in its refusal."""
    _, found, rest = str(error).partition("(PID ")
    return f"PID {rest.partition(')')[0]}" if found else "on this file"
