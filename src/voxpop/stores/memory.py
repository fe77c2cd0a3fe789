"""Some posts in memory that answer queries as a store does."""

from __future__ import annotations

from typing import Any, Final

import duckdb
import pyarrow as pa

from voxpop.stores import folding
from voxpop.stores.file import DATE_BIN, SETTINGS, answer

READS: Final = frozenset(
    (
        "by",
        "series",
        "series_by",
        "totals",
        "posts",
        "search",
        "strongest",
        "sample",
        "sample_drawn",
        "cells",
        "coverage",
        "coverage_drawn",
    )
)
"""The statements that read posts or buckets through a filter."""


class Held:
    """Posts and what they come to, counted by the statements that a store counts with.

    Nothing is written to a disk, and all of it is gone when the last reference is.
    """

    def __init__(self, posts: pa.Table) -> None:
        """Fold `posts`, rows of `incoming.sql`, each of another post."""
        self.size = posts.num_rows
        self._connection = duckdb.connect(":memory:", config=SETTINGS)
        self._connection.execute(DATE_BIN)
        folding.lay_out(self._connection)
        folding.fold_in(self._connection, posts)
        self._connection.execute("insert into topics select distinct unnest(topics), '' from posts")
        # The rows as they came are held twice else.
        self._connection.execute("drop table incoming")
        self._connection.unregister("arriving")

    def query(self, name: str, **params: Any) -> pa.Table:
        """Run `sql/<name>.sql` on the posts; see `voxpop.stores.view.View.query`. Any thread may ask."""
        return answer(self._connection, name, params)
