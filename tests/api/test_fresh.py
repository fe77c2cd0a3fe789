from __future__ import annotations

import httpx
import pytest

from tests.stores.scored import cut, event
from voxpop.api.app import Service

PATHS = ["/v1/buckets?width=3600", "/v1/posts?limit=3", "/v1/topics", "/v1/compare", "/v1/map"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient, service: Service, path: str) -> None:
    first = await client.get(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for header in (tag, f'"other", {tag}', "*"):
        again = await client.get(path, headers={"if-none-match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path, headers={"if-none-match": '"other"'})).status_code == 200
    service.store.load(*cut([event(f"o{number}") for number in range(100)] + [event("new", minute=7)], [100])[1])
    changed = await client.get(path, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_another_question_has_another_tag(client: httpx.AsyncClient) -> None:
    tags = {(await client.get(path)).headers["etag"] for path in (*PATHS, "/v1/posts?limit=4", "/v1/buckets")}
    assert len(tags) == len(PATHS) + 2
