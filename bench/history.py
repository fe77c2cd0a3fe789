"""An invented year of buckets and the newest posts, as a store takes them in, and segments that come after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from voxpop.schema import SCORED
from voxpop.segment import Segment
from voxpop.stores import matched
from voxpop.stores.file import connect
from voxpop.stores.folding import Folded
from voxpop.stores.sql import statement
from voxpop.topics import Matcher, Topic

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 365
KEPT = 1_000_000
MODEL = "bench"
ROWS = 4096
NAMES = ("games", "cars", "phones", "films", "food")
TOPICS = Matcher([Topic.read(name, name, name) for name in NAMES])
COUNTRIES = ("US", "GB", "DE", "FR", "BR", "IN", "JP", "CA", "ES", "MX", "IT", "NL", "AU", "PL", "SE", "TR", "AR", "KR")
LANGS = ("en", "es", "pt", "ja", "de", "fr", "it", "tr")

_EVENTS = """
create or replace temp table events as
select
    timestamptz '{start}' + to_microseconds((hash(i, 1) % {micros}::ubigint)::bigint) as moment,
    case when hash(i, 2) % 10 < 3
         then ($names)[1 + floor(5 * pow((hash(i, 3) % 10000) / 10000.0, 2))::int] end as topic,
    -- One post on a topic in ten is on another one, too.
    if(hash(i, 9) % 10 = 0, ($names)[1 + (hash(i, 10) % 5)::int], topic) as other,
    if(topic is null, [], list_sort(list_distinct([topic, other]))) as topics,
    if(hash(i, 4) % 10 < 2, 'x', 'bluesky') as source,
    if(hash(i, 5) % 10 < 6, '', ($countries)[1 + floor(18 * pow((hash(i, 6) % 10000) / 10000.0, 3))::int]) as country,
    ($langs)[1 + floor(8 * pow((hash(i, 7) % 10000) / 10000.0, 3))::int] as lang,
    hash(i, 8) % 100 as draw
from range({first}, {last}) as events (i)
"""
_BUCKETS = """
copy (
    with single as (
        select date_trunc('minute', moment) as start,
               unnest(['*'] || topics || if(len(topics) > 1, [array_to_string(topics, '&')], [])) as topic,
               source, country, lang, draw % 4 = 0 as repost, draw
        from events
    )
    select
        start, topic, source, country, lang, repost,
        count(*)::bigint as n,
        (count(*) filter (draw < 25))::bigint as n_neg,
        (count(*) filter (draw >= 25 and draw < 65))::bigint as n_neu,
        (count(*) filter (draw >= 65 and draw < 95))::bigint as n_pos,
        (count(*) filter (draw >= 95))::bigint as n_unscored,
        (count(*) filter (draw < 12))::bigint as n_neg_sure,
        (count(*) filter (draw >= 25 and draw < 45))::bigint as n_neu_sure,
        (count(*) filter (draw >= 65 and draw < 80))::bigint as n_pos_sure,
        (sum(draw::bigint - 50) / 100)::decimal(18, 6) as sum_polarity
    from single
    group by all
    order by start, topic
) to '{path}' (format parquet, compression zstd)
"""


def history(posts: int, folded: Folded, end: datetime = END) -> None:
    """Write the year before `end` into a directory from which a store takes it in."""
    with connect(folded.directory.parent / f"{folded.directory.name}.duckdb") as connection:
        connection.execute(statement("schema").text)
        for kind in ("buckets", "posts"):
            (folded.directory / kind).mkdir(parents=True)
        for day in range(0, DAYS, 5):
            start, days = end - timedelta(days=DAYS - day), min(5, DAYS - day)
            micros = days * 86400 * 1_000_000
            cut = posts * day // DAYS, posts * (day + days) // DAYS
            lists = {"$names": NAMES, "$countries": COUNTRIES, "$langs": LANGS}
            text = _EVENTS.format(start=start.isoformat(), micros=micros, first=cut[0], last=cut[1])
            for name, values in lists.items():
                text = text.replace(name, str(list(values)))
            connection.execute(text)
            connection.execute(_BUCKETS.format(path=folded.path("buckets", f"{day:03d}")))
        _posts(connection, min(posts, KEPT), folded.path("posts", "kept"), end)
    Path(f"{folded.directory}.duckdb").unlink()


def _posts(connection: duckdb.DuckDBPyConnection, count: int, path: Path, end: datetime) -> None:
    """The newest posts, through the store's own fold."""
    numbers = np.random.default_rng(7)
    connection.execute("insert into ledger values ('', '', 0, 0, 0, null, now())")
    for offset in range(0, count, 16 * ROWS):
        rows = batch(numbers, offset, min(16 * ROWS, count - offset), end - timedelta(days=1) * (1 - offset / count))
        connection.register("incoming", matched.incoming(Segment("2026-10-31", offset), rows, TOPICS))
        connection.execute(statement("fold").text)
        connection.unregister("incoming")
    connection.execute(f"copy posts to '{path}' (format parquet, compression zstd)")


def segments(count: int) -> Iterator[tuple[Segment, pa.Table]]:
    """Segments that come after the history."""
    numbers = np.random.default_rng(8)
    for number in range(count):
        offset = 10**9 + number * ROWS
        yield Segment("2026-11-01", offset), batch(numbers, offset, ROWS, END + timedelta(seconds=20 * number))


def batch(numbers: np.random.Generator, offset: int, rows: int, start: datetime) -> pa.Table:
    """Rows of a scored segment, over some twenty seconds from `start`."""
    words = np.array([*NAMES, *("weather", "music", "news", "trains", "cats", "dogs")])
    drawn = words[numbers.integers(0, len(words), (rows, 12))]
    at = np.datetime64(start.replace(tzinfo=None), "us") + np.sort(numbers.integers(0, 20_000_000, rows))
    times = pa.array(at, pa.timestamp("us", tz="UTC"))
    labels = np.array(["negative", "neutral", "positive"])[numbers.integers(0, 3, rows)]
    third = pa.array(np.full(rows, 1 / 3), pa.float32())
    columns = {
        "post_id": [f"x:{offset + row}" for row in range(rows)],
        "op": ["create"] * rows,
        "source": ["x"] * rows,
        "author_id": [str(number) for number in numbers.integers(0, 10**6, rows)],
        "text": [" ".join(line) for line in drawn],
        "kind": ["original"] * rows,
        "created_at": times,
        "received_at": times,
        "label": labels,
        **{f"p_{name}": third for name in ("negative", "neutral", "positive")},
        "polarity": pa.array(np.zeros(rows), pa.float32()),
        "lang_detected": np.array(LANGS)[numbers.integers(0, len(LANGS), rows)],
        "country": np.array(COUNTRIES)[numbers.integers(0, len(COUNTRIES), rows)],
        "geo_source": ["profile"] * rows,
        "fingerprint": ["00"] * rows,
        "model_id": [MODEL] * rows,
    }
    return pa.table(
        [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(rows, field.type)
            for field in SCORED
        ],
        schema=SCORED,
    )
