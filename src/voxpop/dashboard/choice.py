"""What a reader chose to see, as the address says it: `?topic=gta6&range=24h&country=DE&label=negative`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo, available_timezones

from voxpop.stores.counts import COUNTS
from voxpop.stores.filter import ALL, any_of, names_of
from voxpop.stores.search import MOST_WORDS

LENGTHS: Final = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
"""The ranges that have a length, shortest first; "all" has none."""
EVERYTHING: Final = "all"
ORDERS: Final = ("new", "strong")
MOST_VALUES: Final = 50
LONGEST: Final = 500
"""Characters of a search, and of an address's value that is looked at."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}|")
_LANG: Final = re.compile(r"[a-z]{2,3}|")
_SOURCE: Final = re.compile(r"[^\x00]{1,100}")
_LABEL: Final = re.compile("|".join(COUNTS.values()))
_YEARS: Final = range(1970, 2201)
_MINUTE: Final = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True)
class Choice:
    """Which posts are shown, and how; an empty tuple means all of them.

    Attributes:
        topic: as in `Filter`: a topic's name, `ALL`, or what `any_of` makes of several.
        range: a key of `LENGTHS`, or `EVERYTHING`.
        start: with `end`, a period that takes the range's place; UTC, whole minutes.
        end: exclusive.
        countries: ISO 3166-1 alpha-2; "" is an unknown place.
        langs: ISO 639-1; "" is an unknown language.
        sources: names of sources.
        labels: of those of `COUNTS`.
        reposts: whether reposts count.
        copies: whether all posts of nearly the same text count, or the first alone.
        one_voice: whether of each author only the newest post counts.
        towards: whether labels are what posts say of the topic; heeded where one is chosen.
        zone: IANA time zone in which times are shown and days begin.
        corrected: whether the chart's line is corrected for the model's errors.
        layer: what the map shows, "net" sentiment or "volume".
        words: what the listed posts must hold; counts do not heed it.
        order: of the listed posts, one of `ORDERS`.
    """

    topic: str = ALL
    range: str = "1h"
    start: datetime | None = None
    end: datetime | None = None
    countries: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    reposts: bool = True
    copies: bool = True
    one_voice: bool = False
    towards: bool = False
    zone: str = "UTC"
    corrected: bool = False
    layer: str = "net"
    words: str = ""
    order: str = "new"

    @property
    def topics(self) -> tuple[str, ...]:
        """The names of the topics; none means every post."""
        return names_of(self.topic) if self.topic != ALL else ()

    @property
    def judges(self) -> bool:
        """Whether labels are what posts say of the topic."""
        return self.towards and len(self.topics) == 1

    @property
    def tz(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)

    @property
    def view(self) -> str:
        """All that the charts depend on, as one word: while it stays, so does a reader's zoom."""
        return replace(self, words="", order="new", layer="net").address()

    def address(self, **changes: Any) -> str:
        """The query of an address for this choice with some changes; what is as by default is left out.

        >>> Choice("gta6", "24h", countries=("DE", "")).address(topic=ALL)
        '?range=24h&country=DE&country='
        """
        new = replace(self, **changes)
        given = [("topic", name) for name in new.topics]
        given.append(("range", new.range))
        given += [(name, f"{at:{_MINUTE}}") for name, at in (("start", new.start), ("end", new.end)) if at]
        for name in _LISTS:
            given += [(name, value) for value in getattr(new, _LISTS[name][0])]
        given += [(name, word) for name, (field, value, word) in _FLAGS.items() if getattr(new, field) == value]
        given += [("tz", new.zone)] if new.zone != "UTC" else []
        given += [("q", new.words)] if new.words else []
        return "?" + urlencode(given)

    def toggled(self, field: str, value: str) -> str:
        """The address with one value more, or less where it is chosen already.

        >>> Choice(langs=("en",)).toggled("langs", "de"), Choice(langs=("en",)).toggled("langs", "en")
        ('?range=1h&lang=en&lang=de', '?range=1h')
        """
        chosen: tuple[str, ...] = getattr(self, field)
        left = tuple(each for each in chosen if each != value)
        return self.address(**{field: left if value in chosen else (*chosen, value)})

    def reset(self) -> str:
        """The address with no filter left but how things are shown."""
        kept = {name: getattr(self, name) for name in ("range", "zone", "corrected", "layer", "order")}
        return Choice(**kept).address()

    @property
    def filtered(self) -> bool:
        """Whether anything but the range narrows what is shown."""
        shown = {"range", "zone", "corrected", "layer", "order", "words"}
        return any(getattr(self, field.name) != field.default for field in fields(self) if field.name not in shown)


_LISTS: Final[dict[str, tuple[str, re.Pattern[str]]]] = {
    "country": ("countries", _COUNTRY),
    "lang": ("langs", _LANG),
    "source": ("sources", _SOURCE),
    "label": ("labels", _LABEL),
}
_FLAGS: Final[dict[str, tuple[str, Any, str]]] = {
    "reposts": ("reposts", False, "0"),
    "copies": ("copies", False, "0"),
    "one_voice": ("one_voice", True, "1"),
    "towards": ("towards", True, "1"),
    "net": ("corrected", True, "corrected"),
    "map": ("layer", "volume", "volume"),
    "order": ("order", "strong", "strong"),
}


def read(search: str | None, topics: Collection[str], default: str) -> Choice:
    """The choice that the query of an address makes; total: what it does not know is as by default.

    >>> read("?topic=gta6&range=24h&label=negative&label=odd&country=de", {"gta6"}, "1h").address()
    '?topic=gta6&range=24h&label=negative'
    >>> read("?topic=ps5&topic=<b>&topic=gta6", {"gta6", "ps5"}, "1h").topic
    'gta6,ps5'
    >>> read("?topic=<b>&range=9y&tz=Mars&start=yesterday", {"gta6"}, "6h").address()
    '?range=6h'
    """
    given = _parsed(search)
    start, end = (_time(given.get(name)) for name in ("start", "end"))
    bounded = start is not None and end is not None and start < end
    lists: dict[str, Any] = {field: _values(given.get(name, []), pattern) for name, (field, pattern) in _LISTS.items()}
    flags: dict[str, Any] = {
        field: value for name, (field, value, word) in _FLAGS.items() if given.get(name, [""])[0] == word
    }
    return Choice(
        topic=any_of([name for name in given.get("topic", []) if name in topics][:MOST_VALUES]),
        range=_one(given, "range", lambda name: name in LENGTHS or name == EVERYTHING, default),
        start=start if bounded else None,
        end=end if bounded else None,
        **lists,
        **flags,
        zone=_one(given, "tz", zones().__contains__, "UTC"),
        words=_words(given.get("q", [""])[0]),
    )


def ranged(search: str | None) -> bool:
    """Whether the address says which range it means, known or not."""
    return bool(_parsed(search).get("range"))


@cache
def zones() -> frozenset[str]:
    """The time zones there are; what the machine calls its own is no name that another one knows."""
    return frozenset(available_timezones() - {"localtime"})


def _parsed(search: str | None) -> dict[str, list[str]]:
    try:
        return parse_qs((search or "").removeprefix("?"), keep_blank_values=True, max_num_fields=300)
    except ValueError:
        return {}


def _one(given: dict[str, list[str]], name: str, known: Callable[[str], object], default: str) -> str:
    value = given.get(name, [default])[0]
    return value if known(value) else default


def _values(given: list[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in given if pattern.fullmatch(value)))[:MOST_VALUES]


def _words(given: str) -> str:
    return " ".join(given.replace("\0", " ")[:LONGEST].split()[:MOST_WORDS])


def _time(given: list[str] | None) -> datetime | None:
    """A minute; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat((given or [""])[0])
        utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(second=0, microsecond=0) if utc.year in _YEARS else None
