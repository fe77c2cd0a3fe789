"""What only the store in PostgreSQL does: many processes, migrations, partitions, a database that goes away."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.postgres_server import Server, address, own
from tests.stores import places as made
from tests.stores.places import Place
from tests.stores.scored import MODEL, TOPICS, cut, event, table
from tests.stores.view import load, naive, seen, select
from voxpop.address import Address
from voxpop.errors import Terminal, Transient
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.migrations import Migration, migrate, migrations
from voxpop.stores.partitions import partitions
from voxpop.stores.postgres import Access, PostgresStore
from voxpop.stores.queries import Filter
from voxpop.topics import Matcher, Topic

PLUM = Matcher([*TOPICS.topics, Topic.read("plum", "Plum", "plum")])


@pytest.fixture
def places(postgres: Server, tmp_path: Path) -> Iterator[Callable[[], Place]]:
    with made.places(postgres, tmp_path) as make:
        yield make


@pytest.fixture
def url(place: Place) -> str:
    assert isinstance(place.where, str)
    return place.where


def test_two_loaders_at_once_load_each_segment_once(place: Place) -> None:
    rows = [event(f"test:{number % 13}", rev=str(number)) for number in range(60)]
    pieces = cut(rows, range(0, 60, 3))
    loaders = [place.open() for _ in range(3)]
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda one=loader: counts.append(sum(one.load(*piece) for piece in pieces)))
        for loader in loaders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(pieces)
    assert seen(loaders[0]) == naive(pieces)


def test_processes_that_start_at_once_find_one_schema(place: Place) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            place.open()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [row["number"] for row in select(place.open(), "select number from migrations")] == [
        step.number for step in migrations()
    ]


def test_a_step_that_fails_leaves_nothing_of_itself(place: Place) -> None:
    store = place.open()
    broken = Migration(len(migrations()) + 1, "broken", "create table half (a int); select 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        migrate(store._transaction, (*migrations(), broken))
    assert select(store, "select 1 as found from information_schema.tables where table_name = 'half'") == []
    migrate(store._transaction, (*migrations(), Migration(broken.number, "whole", "create table half (a int)")))
    assert select(store, "select max(number) as newest from migrations") == [{"newest": broken.number}]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused(place: Place, url: str, read_only: bool) -> None:
    with place.open()._transaction() as transaction:
        transaction.rows("insert into migrations values (99, 'later', now())")
    with pytest.raises(Terminal, match="upgrade Voxpop"):
        PostgresStore.open(Access(address(url), read_only), TOPICS)


def test_a_reader_changes_nothing_and_needs_no_right_to(place: Place, url: str, postgres: Server) -> None:
    load(place.open(), event(text="an apple"))
    database = url.rpartition("/")[2]
    user = f"reader_{database}"
    postgres.run(f"create role {user} login password 'reads'; grant pg_read_all_data to {user}")
    reader = PostgresStore.open(Access(address(url.replace("voxpop:s3cret%20word", f"{user}:reads")), True), PLUM)
    try:
        assert queries.totals(reader, Filter("apple")).n == 1
        for write in (partial(reader.reset, "a", "b"), partial(reader.follow, PLUM)):
            with pytest.raises(Terminal, match="read-only"):
                write()
        load(place.opened[0], event("test:2", text="an apple"), event("test:3", text="an apple"))
        assert queries.totals(reader, Filter("apple")).n == 2
    finally:
        reader.close()
        postgres.run(f"drop role {user}")


def test_a_reader_of_an_empty_database_is_told_who_makes_the_store(url: str) -> None:
    with pytest.raises(Terminal, match="start `voxpop run"):
        PostgresStore.open(Access(address(url), True), TOPICS)


def test_a_loader_with_other_topics_than_the_stores_waits_until_it_has_them(place: Place) -> None:
    ours, theirs = place.open(), place.open()
    pieces = cut([event("test:1", "a plum"), event("test:2", "plum and apple")], [1])
    ours.load(*pieces[0])
    theirs.follow(PLUM)
    with pytest.raises(Transient, match="other topics"):
        ours.load(*pieces[1])
    with pytest.raises(Transient, match="other topics"):
        ours.backfill(*pieces[0])
    assert theirs.backfill(*pieces[0])
    ours.follow(PLUM)
    assert ours.load(*pieces[1])
    assert queries.totals(ours, Filter("plum")).n == 2 and ours.lacking() == []


def test_buckets_lie_in_partitions_that_are_made_as_they_are_needed(place: Place) -> None:
    store = place.open()
    times = [datetime(year, month, 5, tzinfo=UTC) for year, month in ((1970, 1), (2005, 12), (2011, 3), (2026, 11))]
    rows = [event(f"test:{number}", created_at=at) for number, at in enumerate(times)]
    store.load(Segment("2026-11-19", 0), table(rows))
    found = select(store, "select distinct tableoid::regclass::text as name from buckets_minute order by 1")
    assert [row["name"] for row in found] == [
        "buckets_minute_2011_03",
        "buckets_minute_2026_11",
        "buckets_minute_before_2006",
    ]
    span = queries.span(store)
    assert span and (span.start, span.end) == (times[0], times[-1] + timedelta(minutes=1))


def test_partitions_of_any_period_are_bounded_and_touch() -> None:
    every = list(partitions(datetime.min.replace(tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)))
    months = [one for one in every if one.parent == "buckets_minute"]
    assert len(months) == 12 * 20 + 11 and months[0].start == datetime(2006, 1, 1, tzinfo=UTC)
    assert all(one.end == other.start for one, other in zip(months, months[1:], strict=False))


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        (lambda url: url.replace("s3cret", "wrong"), "PGPASSWORD"),
        (lambda url: url + "_absent", "createdb"),
        (lambda url: url + "?search_path=nowhere", "create schema|make the schema"),
    ],
)
def test_what_does_not_let_us_in_is_said_with_the_fix(url: str, change: Callable[[str], str], fix: str) -> None:
    with pytest.raises(Terminal, match=fix) as refused:
        PostgresStore.open(Access(address(change(url))), TOPICS)
    assert "s3cret" not in str(refused.value) and "wrong word" not in str(refused.value)


def test_a_user_who_may_make_no_tables_is_told_so(url: str, postgres: Server) -> None:
    user = f"nobody_{url.rpartition('/')[2]}"
    postgres.run(f"create role {user} login password 'nothing'")
    try:
        with pytest.raises(Terminal, match="owner of the database"):
            PostgresStore.open(Access(address(url.replace("voxpop:s3cret%20word", f"{user}:nothing"))), TOPICS)
    finally:
        postgres.run(f"drop role {user}")


def test_a_server_that_is_down_is_said_without_the_password() -> None:
    with pytest.raises(Transient, match=r"postgresql://ana@127\.0\.0\.1:1/voxpop does not answer") as refused:
        PostgresStore.open(Access(address("postgresql://ana:hidden@127.0.0.1:1/voxpop")), TOPICS)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ana:hidden@db/voxpop",
        "postgresql://ana:hid/den@db/voxpop",
        "postgresql://ana:12/hidden@db/voxpop",
        "postgresql://ana:hid#den@db/voxpop",
        "postgresql://ana:hid?den@db/voxpop",
        "postgresql://ana:hidden@db:port/voxpop",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as refused:
        Address(SecretStr(url))
    assert "hid" not in str(refused.value)
    assert "hidden" not in repr(Address(SecretStr("postgresql://ana:hidden@db/voxpop")))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_database_that_is_stopped_under_load_loses_nothing_and_doubles_nothing(how: signal.Signals) -> None:
    pieces = cut([event(f"test:{number % 37}", rev=str(number)) for number in range(300)], range(0, 300, 2))
    with own() as server:
        store = PostgresStore.open(Access(address(server.url)), TOPICS)
        away, over = 0, threading.Event()

        def work() -> None:
            nonlocal away
            waiting = list(pieces)
            # Until the end there is load: what is in is loaded again, which changes nothing.
            while waiting or not over.is_set():
                try:
                    store.load(*(waiting[0] if waiting else pieces[-1]))
                    del waiting[:1]
                except Transient:
                    away += 1
                    threading.Event().wait(0.02)

        worker = threading.Thread(target=work)
        worker.start()
        for least in (10, 60):
            while len(_loaded(store)) < least:
                worker.join(0.01)
            server.stop(how)
            with pytest.raises(Transient):
                store.query("seq")
            server.start()
        over.set()
        worker.join(120)
        assert not worker.is_alive() and away
        assert seen(store) == naive(pieces)
        assert [store.load(*piece) for piece in pieces] == [False] * len(pieces)
        store.close()


def _loaded(store: PostgresStore) -> set[Segment]:
    return store.loaded()


LOADER = """
import sys
from tests.postgres_server import address
from tests.stores.scored import TOPICS, cut, event
from voxpop.stores.postgres import Access, PostgresStore
store = PostgresStore.open(Access(address(sys.argv[1])), TOPICS)
for segment, batch in cut([event(f"test:{n % 97}", rev=str(n)) for n in range(4000)], range(0, 4000, 20)):
    store.load(segment, batch)
    print(segment.offset, flush=True)
"""


def test_a_killed_loader_leaves_whole_segments_and_holds_nobody_up(place: Place, url: str) -> None:
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", LOADER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as process:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(8)]
        process.kill()
    pieces = cut([event(f"test:{n % 97}", rev=str(n)) for n in range(4000)], range(0, 4000, 20))
    store = place.open()
    store.retain(timedelta(days=9999), 10_000)
    loaded = store.loaded()
    assert {int(line) for line in said} <= {segment.offset for segment in loaded}
    assert seen(store) == naive([piece for piece in pieces if piece[0] in loaded])
    assert [store.load(*piece) for piece in pieces[: len(loaded) + 2]] == [False] * len(loaded) + [True] * 2


def test_a_store_of_another_model_is_refused_to_a_loader_and_kept(place: Place) -> None:
    ours, theirs = place.open(), place.open()
    load(ours, event())
    with pytest.raises(Terminal, match=f"holds scores of {MODEL}"):
        theirs.load(Segment("2026-11-19", 1), table([event(model_id="other")]))
    assert len(ours.loaded()) == 1
