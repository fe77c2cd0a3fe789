"""How long what `voxpop.insight` tells takes over a long history of posts that are all there: medians of one process.

    make bench-insight ARGS='--posts 1000000 10000000'

Posts are invented: words of a vocabulary as uneven as a language's, five topics, eighteen countries, over thirty days.
A third of a minute's posts is negative in the second half, and half of them say "late". What is asked is what the API
and the command line ask, over all of the days or the last half against the first, and nothing is kept between questions
but what a server keeps.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from bench.history import COUNTRIES, END, LANGS, MODEL, NAMES, TOPICS
from bench.store import entries, timed
from voxpop.insight import comparison, copies, shares
from voxpop.insight.change import change
from voxpop.insight.correction import Correction, find
from voxpop.insight.detection import Following
from voxpop.stores import alerts
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.file import SETTINGS
from voxpop.stores.folding import Folded
from voxpop.stores.period import HOUR, Intervals
from voxpop.stores.queries import Filter

DAYS = 30
START = END - timedelta(days=DAYS)
MIDDLE = END - timedelta(days=DAYS / 2)
WORDS = 20_000
ALL_DAYS = Filter("games", START, END)
LAST_DAY, DAY_BEFORE = (Filter("games", END - timedelta(n), END - timedelta(n - 1)) for n in (1, 2))
LATER, EARLIER = Filter("games", MIDDLE, END), Filter("games", START, MIDDLE)

_WORDS = """
create temp table words as
select i, (select string_agg(chr(97 + (hash(i, k) % 26)::int), '') from range(3 + (hash(i, 99) % 6)::int) t (k)) as word
from range({words}) w (i)
"""
_POSTS = """
create or replace temp table drawn as
select
    i, timestamptz '{start}' + to_microseconds((hash(i, 1) % 86400000000::ubigint)::bigint) as moment,
    case when hash(i, 2) % 10 < 8
         then ({names})[1 + floor(5 * pow((hash(i, 3) % 10000) / 10000.0, 2))::int] end as topic,
    if(hash(i, 5) % 10 < 4, '', ({countries})[1 + floor(18 * pow((hash(i, 6) % 10000) / 10000.0, 3))::int]) as country,
    ({langs})[1 + floor(8 * pow((hash(i, 7) % 10000) / 10000.0, 3))::int] as lang,
    hash(i, 8) % 100 as draw, {late} and hash(i, 9) % 6 = 0 as late,
    case when late or draw < 25 then 'negative' when draw < 65 then 'neutral' else 'positive' end as label,
    if(hash(i, 13) % 10 < 6, 0.85, 0.55) as sure,
    [floor({words} * pow((hash(i, 100 + k) % 100000) / 100000.0, 4))::int
     for k in range(12 + (hash(i, 98) % 8)::int)] as said
from range({first}, {last}) as events (i)
"""
_BUCKETS = """
copy (
    select
        minute as start, topic, source, country, lang, false as repost,
        count(*)::bigint as n,
        (count(*) filter (label = 'negative'))::bigint as n_neg,
        (count(*) filter (label = 'neutral'))::bigint as n_neu,
        (count(*) filter (label = 'positive'))::bigint as n_pos,
        0::bigint as n_unscored,
        (count(*) filter (label = 'negative' and p_negative > 0.75))::bigint as n_neg_sure,
        (count(*) filter (label = 'neutral' and p_neutral > 0.75))::bigint as n_neu_sure,
        (count(*) filter (label = 'positive' and p_positive > 0.75))::bigint as n_pos_sure,
        0::decimal(18, 6) as sum_polarity
    from (select *, unnest(list_append(topics, '*')) as topic from read_parquet('{posts}')) as each
    group by minute, topic, source, country, lang
    order by start, topic
) to '{path}' (format parquet, compression zstd)
"""
_AS_POSTS = """
copy (
    with texts as (
        select said_by, string_agg(word, ' ' order by place) as text
        from (select i as said_by, unnest(said) as number, unnest(range(len(said))) as place from drawn) as one
        join words on words.i = number
        group by said_by
    )
    select
        'x:' || drawn.i as post_id, (hash(drawn.i, 10) >> 1)::bigint * (if(hash(drawn.i, 11) % 2 = 0, 1, -1)) as key,
        (hash(drawn.i, 12) % ({last}::ubigint // 3 + 1))::bigint as author_key, false as deleted, true as live,
        0 as rev_length, '' as rev, drawn.i as position, 'x' as source, 'original' as kind, null as ref_id,
        'u' as author_id, 'u' as author, null as url, text || if(late, ' late', '') as text, lang, country,
        null as lat, null as lon, null as h3, 'profile' as geo_source, moment as created_at, moment as received_at,
        date_trunc('minute', moment) as minute,
        label,
        (if(label = 'negative', sure, (1 - sure) / 2))::real as p_negative,
        (if(label = 'neutral', sure, (1 - sure) / 2))::real as p_neutral,
        (if(label = 'positive', sure, (1 - sure) / 2))::real as p_positive, 0::real as polarity,
        '00' as fingerprint, if(topic is null, [], [topic]) as topics
    from drawn join texts on said_by = drawn.i
    order by moment
) to '{path}' (format parquet, compression zstd)
"""


def history(count: int, folded: Folded) -> None:
    """Write so many posts and their buckets, a day at a time, as a store takes them in."""
    with duckdb.connect(config=SETTINGS | {"memory_limit": "4GB"}) as connection:
        connection.execute(_WORDS.format(words=WORDS))
        lists = {"names": list(NAMES), "countries": list(COUNTRIES), "langs": list(LANGS), "words": WORDS}
        for kind in ("posts", "buckets"):
            (folded.directory / kind).mkdir(parents=True)
        for day in range(DAYS):
            start, path = START + timedelta(days=day), folded.path("posts", f"{day:02d}")
            cut = {"first": count * day // DAYS, "last": count * (day + 1) // DAYS}
            connection.execute(_POSTS.format(start=start.isoformat(), late=start >= MIDDLE, **cut, **lists))
            connection.execute(_AS_POSTS.format(path=path, **cut))
            connection.execute(_BUCKETS.format(posts=path, path=folded.path("buckets", f"{day:02d}")))


def questions(correction: Correction) -> dict[str, Callable[[Any], object]]:
    """What is asked, by name."""
    hours = Intervals(HOUR)
    return {
        "prevalence, of a month": lambda store: shares.total(store, ALL_DAYS, correction),
        "prevalence, by the hour": lambda store: shares.series(store, ALL_DAYS, hours, correction),
        "prevalence, by country": lambda store: shares.by(store, ALL_DAYS, "country", correction),
        "compare, five topics": lambda store: comparison.compare(store, Filter("*", START, END), NAMES, correction),
        "drivers, half a month against the other": lambda store: change(store, LATER, EARLIER),
        "drivers, a day against the day before": lambda store: change(store, LAST_DAY, DAY_BEFORE),
        "alerts, as noted": lambda store: alerts.alerts(store, alerts.Wanted(since=START)),
        "alerts, found anew": lambda store: Following().look(store, NAMES, MIDDLE, END),
        "copies, of the newest 10,000": lambda store: copies.copies(store, ALL_DAYS, 10_000),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--scratch", type=Path, default=None, help="where the history and DuckDB's file go")
    given = parser.parse_args()
    correction = find(Path(str(files("voxpop.models") / "en-small")))
    assert correction is not None
    found: dict[str, list[str]] = {}
    for posts in given.posts:
        with tempfile.TemporaryDirectory(dir=given.scratch) as directory:
            folded = Folded(Path(directory) / "history")
            history(posts, folded)
            with closing(DuckDBStore.open(Path(directory) / "store.duckdb", TOPICS)) as store:
                store.replace(folded, entries(), MODEL)
                for name, ask in questions(correction).items():
                    median, late = timed(lambda ask=ask: ask(store), given.times)  # type: ignore[misc]
                    found.setdefault(name, []).append(f"{median:.0f} / {late:.0f}")
    print(f"DuckDB, {given.times} times each, median / 95th percentile in ms\n")
    print("| |" + "".join(f" {posts:,} posts |" for posts in given.posts))
    print("|---|" + "---|" * len(given.posts))
    for what, cells in found.items():
        print(f"| {what} |" + "".join(f" {cell} |" for cell in cells))


if __name__ == "__main__":
    main()
