"""Both clients on a real server: the same questions, the same answers."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

import voxpop
from tests.api.test_app import HOSTILE
from tests.stores.scored import MORNING
from voxpop.client import AsyncClient, Client
from voxpop.errors import Terminal, Transient
from voxpop.schema import TIMESTAMP

Ask = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, address: str) -> Iterator[Ask]:
    """Calls a method of either client."""

    def synchronous(name: str, *arguments: Any, **chosen: Any) -> Any:
        with Client(address) as client:
            return getattr(client, name)(*arguments, **chosen)

    async def asynchronous(name: str, arguments: tuple[Any, ...], chosen: dict[str, Any]) -> Any:
        async with AsyncClient(address) as client:
            return await getattr(client, name)(*arguments, **chosen)

    if request.param == "sync":
        yield synchronous
    else:
        yield lambda name, *arguments, **chosen: asyncio.run(asynchronous(name, arguments, chosen))


def test_both_have_the_same_methods() -> None:
    both = [
        {name: inspect.signature(method).parameters.keys() for name, method in vars(kind).items() if name[0] != "_"}
        for kind in (Client, AsyncClient)
    ]
    assert both[0] == both[1]


def test_the_package_offers_them() -> None:
    assert (voxpop.Client, voxpop.AsyncClient) == (Client, AsyncClient)
    with pytest.raises(AttributeError, match="Clint"):
        getattr(voxpop, "Clint")  # noqa: B009


def test_buckets_are_a_table_of_times_and_counts(ask: Ask) -> None:
    rows = ask("buckets", topic="apple", width=timedelta(minutes=5), start=MORNING, end=MORNING + timedelta(minutes=10))
    assert rows.schema.field("start").type == TIMESTAMP
    assert rows["n"].to_pylist() == [5, 2]
    grouped = ask("buckets", width=300, group="country", country=["DE", ""])
    assert set(grouped["name"].to_pylist()) == {"DE", None}


def test_posts_are_all_or_the_newest_and_text_is_left_as_it_is(ask: Ask) -> None:
    assert ask("posts").num_rows == 8
    newest = ask("posts", limit=3)
    assert newest["post_id"].to_pylist() == ["test:7", "test:6", "test:5"]
    assert newest["created_at"][0].as_py() == MORNING + timedelta(minutes=7)
    assert ask("posts", q="script", limit=9)["text"].to_pylist() == [HOSTILE]
    assert ask("posts", topic="pear").num_rows == 0


def test_comparison_and_map_are_tables(ask: Ask) -> None:
    compared = ask("compare", topic=["apple", "pear"])
    assert dict(zip(compared["name"].to_pylist(), compared["current_n"].to_pylist(), strict=True)) == {
        "apple": 7,
        "pear": 0,
    }
    assert ask("countries", min_posts=1)["country"].to_pylist() == ["DE"]
    assert ask("cells").num_rows == 0


def test_texts_are_scored_in_order_however_many(ask: Ask) -> None:
    texts = ["a good day", "awful", "so so"] * 400
    scores = ask("score", texts)
    assert scores.num_rows == len(texts)
    assert scores["label"].to_pylist()[:3] == scores["label"].to_pylist()[-3:]
    assert ask("explain", "a good day")["words"]


def test_topics_come_and_go(ask: Ask) -> None:
    ask("add_topic", "plum", "plum OR plums")
    assert "plum" in ask("topics")["name"].to_pylist()
    ask("remove_topic", "plum")
    assert "plum" not in ask("topics")["name"].to_pylist()
    assert ask("gaps").num_rows == 0
    assert "en-small" in ask("models")["name"].to_pylist()
    assert ask("status")["posts"] == 8


def test_a_refusal_says_what_the_server_says(ask: Ask) -> None:
    with pytest.raises(Terminal, match="there is no topic 'kiwi'"):
        ask("buckets", topic="kiwi")
    with pytest.raises(Terminal, match="width"):
        ask("buckets", width=61)


def test_no_server_is_a_clear_error_and_the_key_is_in_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", key="vp_secret") as client:
        with pytest.raises(Transient, match="voxpop serve") as caught:
            client.status()
        assert "vp_secret" not in f"{caught.value!r} {client!r} {client._reach!r}"
    with pytest.raises(Terminal, match="is no address"):
        Client("localhost")


def test_the_address_and_the_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("VOXPOP_URL", address)
    monkeypatch.setenv("VOXPOP_KEY", "vp_secret")
    with Client() as client:
        assert client.status()["seq"] > 0
        assert client._http.headers["Authorization"] == "Bearer vp_secret"


def test_live_updates_begin_at_once(address: str) -> None:
    with Client(address) as client:
        update = next(client.live(topic="apple"))
    assert update["totals"]["n"] == 7

    async def first() -> dict[str, Any]:
        async with AsyncClient(address) as client:
            async for found in client.live(topic="apple"):
                return found
        raise AssertionError("no update came")

    assert asyncio.run(first())["seq"] == update["seq"]


def test_a_table_goes_to_pandas_and_back(address: str) -> None:
    pandas = pytest.importorskip("pandas")
    with Client(address) as client:
        frame = client.buckets(width=300).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert pa.Table.from_pandas(frame)["n"].to_pylist() == frame["n"].tolist()
    assert isinstance(frame["start"][0].to_pydatetime(), datetime)


def test_shares_drivers_and_copies_are_asked_for(ask: Ask) -> None:
    assert ask("prevalence", topic="apple")["total"]["n"] == 7
    rows = ask("prevalence", width=timedelta(hours=1), start=MORNING, end=MORNING + timedelta(hours=1))["rows"]
    assert [row["n"] for row in rows] == [8]
    assert ask("drivers", start=MORNING, end=MORNING + timedelta(hours=1), against="pear")["before"]["topic"] == "pear"
    assert ask("copies", limit=5, topic="apple")["read"] == 5


def test_labels_are_asked_for_given_and_read_back(ask: Ask) -> None:
    before = ask("corrections").num_rows
    offered = ask("next_to_label", 2, "random", topic="apple")
    assert set(offered["drawn"].to_pylist()) == {"random"} and "uncertainty" in offered.column_names
    post_id = offered["post_id"][0].as_py()
    assert ask("correct", post_id, "neutral", "ana", "random")["author"] == "ana"
    rows = ask("corrections", 1, author="ana", newest_only=True)
    assert (rows["post_id"].to_pylist(), rows.schema.field("given_at").type) == ([post_id], TIMESTAMP)
    assert ask("corrections").num_rows == before + 1
    with pytest.raises(Terminal, match="no such post"):
        ask("correct", "test:99", "neutral")
