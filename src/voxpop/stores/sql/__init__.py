"""SQL by name: each `.sql` file is one statement or script, written once for DuckDB and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_PARAMS: Final = "-- params:"
_PART: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Statement:
    """The text of a `.sql` file and the names of its positional parameters: `params[0]` is `$1`.

    The names come from the file's first line, `-- params: start, end, topics`; a file without it takes none.
    In place of `{name}` stands the text of `parts/<name>.sql`, which several files share.
    """

    name: str
    text: str
    params: tuple[str, ...]

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
    """Read `<name>.sql` from this package.

    >>> statement("span").params
    ('topic',)

    Raises:
        LookupError: there is no such file.
    """
    known = {file.name.removesuffix(".sql"): file for file in files(__name__).iterdir() if file.name.endswith(".sql")}
    if name not in known:
        raise LookupError(f"no query is named {name!r}; choose one of {', '.join(sorted(known))}")
    text = _whole(known[name].read_text(encoding="utf-8"))
    first = text.partition("\n")[0]
    listed = first.removeprefix(_PARAMS).split(",") if first.startswith(_PARAMS) else []
    return Statement(name, text, tuple(param.strip() for param in listed))


def _whole(text: str) -> str:
    """The text with the parts it names put in, and theirs."""
    parts = files(__name__) / "parts"
    return _PART.sub(lambda named: _whole((parts / f"{named[1]}.sql").read_text(encoding="utf-8").strip()), text)
