"""From what the API sends to what a program wants: Arrow tables, or an error that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Terminal, Transient, VoxpopError
from voxpop.schema import TIMESTAMP

_TIMES: Final = frozenset({"start", "end", "created_at", "received_at", "since", "until", "given_at", "posted_at"})
_LATER: Final = frozenset({429, 502, 503, 504})


def error(answer: httpx.Response) -> VoxpopError:
    """The error that an answer stands for: `Transient` where the server asks to come back, else `Terminal`.

    Its text is the detail of the problem (RFC 9457), or the status where the answer is none.
    """
    try:
        said = answer.json()
    except ValueError:
        said = {}
    detail = said.get("detail") if isinstance(said, dict) else None
    text = f"{answer.status_code}: {detail or answer.reason_phrase}"
    if isinstance(said, dict) and said.get("errors"):
        text += f" ({'; '.join(map(_place, said['errors']))})"
    if answer.status_code not in _LATER:
        return Terminal(text)
    after = answer.headers.get("Retry-After", "")
    return Transient(text, float(after) if after.isdigit() else None)


def _place(item: Mapping[str, Any]) -> str:
    return f"{'.'.join(map(str, item.get('loc', ())))}: {item.get('msg', '')}"


def parquet(content: bytes) -> pa.Table:
    """The table in a Parquet file."""
    return pq.read_table(pa.BufferReader(content))


def table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; times are times, and an object in a row becomes a column for each of its members.

    >>> table([{"name": "a", "current": {"n": 1}, "start": "2026-11-19T09:00:00Z"}]).column_names
    ['name', 'current_n', 'start']
    """
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    return pa.table({name: _column(name, [row.get(name) for row in flat]) for name in names})


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}_{inner}": one for inner, one in value.items()}
        else:
            found[name] = value
    return found


def _column(name: str, values: list[Any]) -> pa.Array:
    if name not in _TIMES:
        return pa.array(values)
    return pa.array([None if value is None else datetime.fromisoformat(value) for value in values], TIMESTAMP)
