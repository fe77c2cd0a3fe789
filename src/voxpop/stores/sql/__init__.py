"""SQL by name: each `.sql` file is one statement or script, written once for DuckDB and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from voxpop.stores.sql.branches import branches

_PARAMS: Final = "-- params:"
_PART: Final = re.compile(r"\{(\w+)\}")
_BUCKETS: Final = "{buckets}"
_OF_POSTS: Final = ("posts", "drawn")

TOWARDS: Final = "_towards"
"""What the name of a statement ends with that reads posts by what they say of a topic."""


@dataclass(frozen=True)
class Statement:
    """The text of a `.sql` file and the names of its positional parameters: `params[0]` is `$1`.

    The names come from the file's first line, `-- params: start, end, topics`; a file without it takes none.
    In place of `{name}` stands the text of `parts/<name>.sql`, which several files share; `{buckets}` stays, for
    `fitted` to fill.
    """

    name: str
    text: str
    params: tuple[str, ...]

    def fitted(self, given: Mapping[str, Any]) -> str:
        """The text for some values of its parameters; of buckets it reads those that a period needs."""
        return self.text.replace(_BUCKETS, branches(given, self.params)) if _BUCKETS in self.text else self.text

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """Put named values in the order of `params`; tuples become lists, as both databases want arrays.

        Raises:
            TypeError: a name is missing or unknown.
        """
        if set(given) != set(self.params):
            raise TypeError(f"query {self.name!r} takes {', '.join(self.params)}; got {', '.join(sorted(given))}")
        return [list(value) if isinstance(value, tuple) else value for value in map(given.__getitem__, self.params)]


@cache
def statement(name: str) -> Statement:
    """Read `<name>.sql` from this package; `<name>_towards` is the same over what posts say of a topic, `$1`.

    >>> statement("span").params
    ('topic',)

    Raises:
        LookupError: there is no such file.
    """
    known = {file.name.removesuffix(".sql"): file for file in files(__name__).iterdir() if file.name.endswith(".sql")}
    file = name.removesuffix(TOWARDS)
    if file not in known:
        raise LookupError(f"no query is named {name!r}; choose one of {', '.join(sorted(known))}")
    text = _whole(known[file].read_text(encoding="utf-8"), name[len(file) :])
    first = text.partition("\n")[0]
    listed = first.removeprefix(_PARAMS).split(",") if first.startswith(_PARAMS) else []
    return Statement(name, text, tuple(param.strip() for param in listed))


def _whole(text: str, kind: str = "") -> str:
    """The text with the parts it names put in, and theirs; of posts those of a kind, TOWARDS or ""."""
    parts = files(__name__) / "parts"

    def part(named: re.Match[str]) -> str:
        if named[0] == _BUCKETS:
            return _BUCKETS
        name = named[1] + kind if named[1] in _OF_POSTS else named[1]
        return _whole((parts / f"{name}.sql").read_text(encoding="utf-8").strip(), kind)

    return _PART.sub(part, text)
