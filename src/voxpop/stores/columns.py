"""Columns of Arrow as columns of PostgreSQL, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from voxpop.schema import TIMESTAMP

_TYPES: Final[dict[pa.DataType, str]] = {
    pa.string(): 'text collate "C"',
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float32(): "real",
    pa.float64(): "double precision",
    TIMESTAMP: "timestamptz",
    pa.list_(pa.string()): 'text[] collate "C"',
    pa.decimal128(18, 6): "numeric(18, 6)",
}
_ANSWERED: Final[dict[str, pa.DataType]] = {
    "text": pa.string(),
    "bool": pa.bool_(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "timestamptz": TIMESTAMP,
    "timestamp": pa.timestamp("us"),
    "text[]": pa.list_(pa.string()),
    "numeric": pa.decimal128(18, 6),
}


def definition(schema: pa.Schema) -> str:
    """The columns of a table of PostgreSQL that holds rows of `schema`.

    >>> definition(pa.schema([("day", pa.string()), ("offset", pa.int64())]))
    '"day" text collate "C", "offset" bigint'
    """
    return ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in schema)


def records(rows: pa.Table | pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples of Python values."""
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def schema(attributes: Sequence[Any]) -> pa.Schema:
    """The schema of an answer, from the attributes that asyncpg gives of a statement."""
    return pa.schema([(attribute.name, _ANSWERED[attribute.type.name]) for attribute in attributes])


def table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """An answer's rows as an Arrow table."""
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
