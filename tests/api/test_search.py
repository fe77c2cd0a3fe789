from __future__ import annotations

import httpx
import pytest

from tests.api.test_app import HOSTILE, get, problem
from tests.stores.scored import cut, event
from voxpop.api.app import Service

INJECTIONS = [
    "'; drop table posts; --",
    "' or '1'='1",
    "\\' or 1=1 --",
    '" union select 1',
    "%",
    "_",
    "$1",
    "{0}",
    "%s",
]


async def found(client: httpx.AsyncClient, q: str) -> list[str]:
    return [post["post_id"] for post in (await get(client, "/v1/posts", q=q))["posts"]]


async def test_every_word_must_occur_in_either_case_anywhere(client: httpx.AsyncClient, service: Service) -> None:
    texts = ["Late Ferry, again", "the FERRIES are late", "Fähre spät ÜBER Nacht", "100% _late_ 🚢"]
    rows = [event(f"s{number}", text, 10 + number) for number, text in enumerate(texts)]
    service.store.load(*cut([event(f"o{number}") for number in range(100)] + rows, [100])[1])
    assert await found(client, "late FERR") == ["s1", "s0"]
    assert await found(client, "ferry, again") == ["s0"]
    assert await found(client, "über  FÄHRE") == ["s2"]
    assert await found(client, "% _ 🚢") == ["s3"]
    assert await found(client, "ferry again nothing") == []


@pytest.mark.parametrize("text", INJECTIONS)
async def test_hostile_words_are_only_looked_for(client: httpx.AsyncClient, service: Service, text: str) -> None:
    service.store.load(*cut([event(f"o{number}") for number in range(100)] + [event("s", f"x {text} x", 9)], [100])[1])
    assert "s" in await found(client, text)
    for name in ("topic", "country", "lang", "source", "before", "q", "start", "group", "format"):
        for path in ("/v1/posts", "/v1/buckets", "/v1/map", "/v1/compare", "/v1/export/posts"):
            assert (await client.get(path, params={name: text})).status_code in (200, 404, 422)
    assert len((await get(client, "/v1/posts"))["posts"]) == 9


async def test_words_that_no_text_can_hold_are_refused(client: httpx.AsyncClient) -> None:
    assert "16 words" in problem(await client.get("/v1/posts", params={"q": " ".join(map(str, range(17)))}), 422)
    assert "500" in problem(await client.get("/v1/posts", params={"q": "x" * 501}), 422)
    for name in ("q", "country", "lang", "source"):
        assert "U+0000" in problem(await client.get("/v1/posts", params={name: "a\0b"}), 422)


async def test_a_script_in_a_text_stays_text(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/posts", params={"q": "<script>"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["posts"][0]["text"] == HOSTILE


@pytest.mark.parametrize("path", ["/docs/assets/..%2f..%2fapp.py", "/docs/assets/%2e%2e/pages.py", "/docs/assets/x.js"])
async def test_paths_lead_nowhere_else(client: httpx.AsyncClient, path: str) -> None:
    assert "import" not in (await client.get(path)).text
    assert (await client.get(path)).status_code == 404


async def test_headers_are_not_made_of_what_is_sent(client: httpx.AsyncClient) -> None:
    sent = "csv\r\nSet-Cookie: a=b"
    for path in ("/v1/export/posts", "/v1/posts", "/v1/live/update"):
        response = await client.get(path, params={"format": sent, "topic": sent, "q": sent})
        assert "set-cookie" not in response.headers
    tagged = await client.get("/v1/topics", headers={"if-none-match": 'W/"a", "b\\", *x'})
    assert tagged.status_code == 200
