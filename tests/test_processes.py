"""Several Voxpops on one PostgreSQL, by the command line: a loader, readers, a rebuild, a database that goes away."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import answer, voxpop
from tests.postgres_server import Server, own
from tests.running import Running, running, until
from tests.stores.places import Place
from tests.stores.view import tables
from voxpop import demo
from voxpop.stores import queries
from voxpop.stores.queries import Filter
from voxpop.stores.view import View

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    url = postgres.fresh()
    yield url
    postgres.clear(url)


def asked(served: Running, path: str) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer of the API."""
    try:
        with urllib.request.urlopen(served.url + path, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def posts(served: Running) -> int:
    """How many posts the API counts; -1 while it cannot."""
    status, body = asked(served, "v1/status")
    return int(body["posts"]) if status == 200 else -1


def lines(first: int, last: int) -> str:
    """Posts as a plain export."""
    at = "2026-11-19"
    rows = [{"id": str(number), "text": f"gta6 is {number}", "created_at": at} for number in range(first, last)]
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_rebuild_makes_the_store_of_the_other_database(tmp_path: Path, url: str) -> None:
    for path in demo.recording():
        answer("ingest", path, "--data", tmp_path)
    settings = tmp_path / "voxpop.toml"
    settings.write_text('model = "lexicon"\n')
    read = answer("run", "--once", "--data", tmp_path, "--config", settings)
    rebuilt = answer("rebuild", "--store", url, "--data", tmp_path, "--config", settings)
    assert rebuilt["loaded_segments"] == read["loaded_segments"] > 0
    one, other = Place(tmp_path / "store.duckdb").open(), Place(url).open()
    try:
        held, others = tables(one), tables(other)
        assert len(held["posts"]) > 100
        for name in held.keys() - {"ledger"}:
            assert held[name] == others[name], name
        for (name, ours), (_, theirs) in zip(answers(one), answers(other), strict=True):
            assert ours == theirs, name
    finally:
        one.close()
        other.close()


def answers(store: View) -> Iterator[tuple[str, Any]]:
    """What every query answers, with the types."""
    yield "span", queries.span(store)
    for topic in ("*", "gta6"):
        filter = Filter(topic)
        yield "totals", queries.totals(store, filter)
        yield "compare", queries.compare(store, filter)
        for width in (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)):
            yield "series", queries.series(store, filter, width)
            yield "series_by", queries.series_by(store, filter, width, "lang")
        for dimension in ("topic", "country", "lang", "source"):
            yield dimension, queries.by(store, filter, dimension)
        yield "posts", queries.posts(store, filter, 500)
    yield "loaded", store.loaded()
    yield "newest", store.newest_received()


def test_a_reader_serves_what_another_process_loads_through_a_restart_of_the_database(tmp_path: Path) -> None:
    data, exports = tmp_path / "data", tmp_path / "exports"
    exports.mkdir()
    (exports / "1.jsonl").write_text(lines(0, 50))
    with own() as server:
        common = ["--data", data, "--store", server.url]
        with running("run", "--source", exports, "--watch", "--model", "lexicon", *common) as loader:
            until(lambda: posts(loader) == 50)
            with running("serve", "--read-only", "--model", "lexicon", *common) as reader:
                until(lambda: posts(reader) == 50)
                status, body = asked(reader, "v1/status")
                assert status == 200 and body["pipeline"]["sources"] == []
                server.stop()
                for served in (loader, reader):
                    status, body = asked(served, "v1/status")
                    assert status == 503 and body["status"] == 503
                    assert "s3cret" not in json.dumps(body)
                    status, body = asked(served, "readyz")
                    assert status == 503 and body["not_ready"] == ["store"]
                    assert asked(served, "healthz")[0] == 200
                (exports / "2.jsonl").write_text(lines(50, 80))
                until(lambda: "waiting for it" in loader.said())
                server.start()
                until(lambda: posts(reader) == 80)
                assert posts(loader) == 80
                until(lambda: {asked(served, "readyz")[0] for served in (loader, reader)} == {200})
                assert loader.process.poll() is None and reader.process.poll() is None
                assert "s3cret" not in loader.said() + reader.said()


def test_a_reader_needs_postgresql(tmp_path: Path) -> None:
    refused = voxpop("serve", "--read-only", "--data", tmp_path)
    assert refused.returncode == 1 and "--store postgresql://" in refused.stderr


def test_the_doctor_looks_at_the_database_and_shows_no_password(tmp_path: Path, url: str) -> None:
    ran = voxpop("doctor", "--store", url, "--data", tmp_path)
    assert "holds no store yet" in ran.stdout and "s3cret" not in ran.stdout + ran.stderr
    (tmp_path / "posts.jsonl").write_text(lines(0, 3))
    common = ["--data", tmp_path, "--model", "lexicon", "--store", url]
    answer("run", "--once", "--source", tmp_path / "posts.jsonl", *common)
    ran = voxpop("doctor", "--store", url, "--data", tmp_path)
    assert "ok    store: postgresql://voxpop@127.0.0.1" in ran.stdout and "PostgreSQL 1" in ran.stdout
    wrong = voxpop("doctor", "--store", url.replace("s3cret", "wrong"), "--data", tmp_path)
    assert wrong.returncode == 1 and "PGPASSWORD" in wrong.stdout and "wrong%20" not in wrong.stdout
