"""Answers that several pages get of one working out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.dashboard.served import Served, opened, recent
from voxpop.dashboard import sharing
from voxpop.dashboard.sharing import PATH, Sharing
from voxpop.stores import queries


class Counting:
    """What is behind: it answers each question after a while with how many there were."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append((await receive())["body"])
        count = len(self.bodies)
        await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": str(count).encode()})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    store = opened(tmp_path / "store.duckdb")
    yield Served(store)
    store.close()


def body(seq: Any = None, search: str = "?range=1h", pauses: int = 0, output: str = "..figure.data...") -> bytes:
    """What a page asks."""
    values = {"url": search, "pause": pauses, "seq": seq}
    return json.dumps(
        {"output": output, "inputs": [{"id": id, "value": given} for id, given in values.items()]}
    ).encode()


async def asked(app: Sharing, given: bytes) -> str:
    """The answer to one page."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": given}

    async def send(message: Message) -> None:
        messages.append(message)

    await app({"type": "http", "path": PATH, "method": "POST"}, receive, send)
    return str(messages[-1]["body"], "ascii")


async def test_pages_that_ask_the_same_share_an_answer_and_others_do_not(served: Served) -> None:
    app = Sharing(behind := Counting(), served.service())
    same = [body(seq=[0, at]) for at in range(5)]
    assert await asyncio.gather(*(asked(app, one) for one in same)) == ["1"] * 5
    assert behind.bodies == same[:1]
    others = [body(search="?range=6h"), body(pauses=1), body(output="..atlas.data...")]
    assert sorted(await asyncio.gather(*(asked(app, one) for one in [*same, *others]))) == ["1"] * 5 + ["2", "3", "4"]


async def test_a_page_that_heard_of_more_gets_an_answer_of_it(served: Served) -> None:
    app = Sharing(Counting(), served.service())
    assert await asked(app, body()) == "1"
    served.load([recent("one")])
    # The number was looked up just now; a page that was told of a newer one has it looked up again.
    assert await asked(app, body(seq=[queries.seq(served.store), 1])) == "2"
    assert await asked(app, body()) == "2"


async def test_an_answer_is_kept_for_a_second_and_a_failure_not_at_all(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 0.01)
    app = Sharing(behind := Counting(), served.service())
    assert await asked(app, body()) == "1"
    await asyncio.sleep(0.1)
    assert await asked(app, body()) == "2"
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 60.0)
    await asyncio.sleep(0.1)
    behind.status = 500
    assert [await asked(app, body()), await asked(app, body())] == ["3", "4"]


@pytest.mark.parametrize(
    "given",
    [b"", b"{", b"[]", b'{"output": 1}', b'{"output": "figure.data"}', b'{"output": "figure.data", "inputs": [1]}',
     body(output="..older.children..."), body(search="x" * 70_000)],
)  # fmt: skip
async def test_what_is_no_such_question_passes_as_it_is(served: Served, given: bytes) -> None:
    app = Sharing(behind := Counting(), served.service())
    assert [await asked(app, given), await asked(app, given)] == ["1", "2"]
    assert behind.bodies == [given, given]


@pytest.mark.parametrize("seq", [None, "x", [], ["x"], [-1, 2], [10**30, 1], [True, 1]])
async def test_a_number_that_is_none_is_none(served: Served, seq: Any) -> None:
    app = Sharing(Counting(), served.service())
    assert [await asked(app, body(seq=seq)), await asked(app, body(seq=seq))] == ["1", "1"]
