"""Which tables a statement on buckets reads: of each part of a period the coarsest, and only those that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_PIECES: Final = (
    ("minutes", "hours", "minute"),
    ("hours", "days", "hour"),
    ("days", "days_end", "day"),
    ("days_end", "hours_end", "hour"),
    ("hours_end", "minutes_end", "minute"),
)
"""From when until when of its parameters a statement reads buckets of what width; see `voxpop.stores.period.pieces`."""

_COUNTS: Final = ("n_neg", "n_neu", "n_pos", "n_unscored", "n_neg_sure", "n_neu_sure", "n_pos_sure")
_NAMES: Final = ("source", "country", "lang")
_UNION: Final = """(
        select unnest(string_to_array({topic}::text, ',')) collate "C" as topic, 1 as weight
        union all
        select topic, 1 - count(*)
        from (
            select distinct topic, unnest(string_to_array(topic, '&')) as part
            from facets_day
            where dimension = '' and strpos(topic, '&') > 0
        ) as mixed
        where part = any(string_to_array({topic}::text, ','))
        group by topic
        having count(*) > 1
    ) as united"""
"""What posts of any of several topics come to: those of each, less what is counted more than once."""


def branches(given: Mapping[str, Any], params: tuple[str, ...]) -> str:
    """The rows that a statement counts, as a table `buckets`; `params` are the statement's, `given` their values.

    By none or one of source, country and lang (`facet`) the facets have it, which have far fewer rows; by more, "each".
    Planning is most of the time of a statement, so it names no table that it has nothing to read from. Where topics
    are given with commas between, a post of several of them counts once.
    """
    place = {name: f"${at}" for at, name in enumerate(params, 1)}
    of = _of(given, place)
    found = [
        f"select start, {of.topic}, {_told_apart(table, place['facet'])}, repost, {of.counts}\n"
        f"    from {table}{of.joined} where {_dimension(table, place['facet'])}"
        f"start >= {place[begin]}::timestamptz and start < {place[end]}::timestamptz"
        for begin, end, width in _PIECES
        if given[begin] < given[end]
        for table in [_table(width, given["facet"])]
    ]
    nothing = (
        f"select start, topic, source, country, lang, repost, {', '.join(_COUNTS)}\n    from buckets_minute where false"
    )
    return "(\n    " + "\n    union all\n    ".join(found or [nothing]) + "\n) as buckets"


class _Selected(NamedTuple):
    topic: str = "topic"
    counts: str = ", ".join(_COUNTS)
    joined: str = ""


def _of(given: Mapping[str, Any], place: Mapping[str, str]) -> _Selected:
    """What is selected of a table; of several topics, which by topic would not count."""
    if "," not in given["topic"] or given.get("dimension") == "topic":
        return _Selected()
    weighed = ", ".join(f"{name} * weight as {name}" for name in _COUNTS)
    united = _UNION.format(topic=place["topic"])
    return _Selected(f"{place['topic']}::text as topic", weighed, f"\n    join {united} using (topic)")


def _table(width: str, facet: str) -> str:
    # Minutes have no facets but of all together.
    is_faceted = facet == "" if width == "minute" else facet != "each"
    return f"{'facets' if is_faceted else 'buckets'}_{width}"


def _told_apart(table: str, facet: str) -> str:
    if table.startswith("buckets"):
        return ", ".join(_NAMES)
    if table == "facets_minute":
        return ", ".join(f"'' as {name}" for name in _NAMES)
    return ", ".join(f"case {facet}::text when '{name}' then name else '' end as {name}" for name in _NAMES)


def _dimension(table: str, facet: str) -> str:
    return f"dimension = {facet}::text and " if table.startswith("facets") else ""
