from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_app import HOSTILE, get, problem
from tests.stores.scored import TOPICS, cut, event, table
from voxpop.api.app import Service
from voxpop.segment import Segment
from voxpop.stores import search
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Cursor, Filter

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


Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("page"), st.integers(1, 4)),
        st.tuples(st.just("arrive"), st.integers(0, 20)),
        st.tuples(st.just("delete"), st.integers(0, 20)),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBStore]:
    store = DuckDBStore.open(tmp_path_factory.mktemp("paging") / "store.duckdb", TOPICS)
    yield store
    store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, words=st.sampled_from([(), ("apple",)]))
def test_pages_lose_and_repeat_nothing_while_posts_come_and_go(
    store: DuckDBStore, steps: list[Step], words: tuple[str, ...]
) -> None:
    """Several posts share a minute, so that a page can end between posts of one time."""
    store.reset(TOPICS.digest, "test-model")
    begin = [event(f"p{number:02}", "an apple", number // 3) for number in range(21)]
    store.load(*cut(begin, [])[0])
    stays, offset = {row["post_id"] for row in begin}, 1000
    seen: list[str] = []
    before: Cursor | None = None
    for kind, number in [*steps, *[("page", 4)] * 12]:
        if kind == "page":
            page = search.found(store, Filter(), words, number, before)
            seen += page["post_id"].to_pylist()
            if page.num_rows:
                before = Cursor(page["created_at"][-1].as_py(), page["post_id"][-1].as_py())
        else:
            row = event(f"n{offset}", "an apple", number // 3)
            if kind == "delete":
                row = event(f"p{number:02}", None, number // 3, op="delete")
                stays.discard(row["post_id"])
            store.load(Segment("2026-11-19", offset), table([row]))
            offset += 10
    assert len(seen) == len(set(seen))
    assert stays <= set(seen)
    assert [post_id for page in search.pages(store, Filter(), words, 3) for post_id in page["post_id"].to_pylist()] == (
        search.found(store, Filter(), words, 1000)["post_id"].to_pylist()
    )
