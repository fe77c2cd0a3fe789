"""Countries by their codes, as the page names them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def names() -> dict[str, str]:
    """The English name of each country by its ISO 3166-1 alpha-2 code.

    >>> names()["CI"], len(names()) > 200
    ('Ivory Coast', True)
    """
    found: dict[str, str] = {}
    for line in files("voxpop").joinpath("gazetteer.tsv").read_text("utf-8").splitlines():
        if line.startswith("country\t"):
            _, code, known = line.split("\t")
            found.setdefault(code, known.split("|")[0])
    return found
