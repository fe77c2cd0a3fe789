from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from tests.api.serving import serving
from tests.api.test_batching import HeldScorer, begun
from voxpop.api.app import Service


@pytest.mark.parametrize("path", ["/v1/score", "/predict"])
async def test_what_a_client_that_left_waited_for_is_not_scored(service: Service, path: str) -> None:
    scorer = HeldScorer()
    texts = [["left"], ["left too"]]
    body = json.dumps({"texts": [text for (text,) in texts]} if path == "/v1/score" else {"inputs": texts}).encode()
    with serving(replace(service, scorer=scorer)) as address:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            stays = asyncio.create_task(client.post("/v1/score", json={"texts": ["good"]}))
            await begun(scorer)
            host, port = address.removeprefix("http://").split(":")
            _, outgoing = await asyncio.open_connection(host, int(port))
            head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
            outgoing.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            await outgoing.drain()
            # Long enough for the request to be read, which nothing tells from outside.
            await asyncio.sleep(0.5)
            outgoing.close()
            await outgoing.wait_closed()
            await asyncio.sleep(0.5)
            scorer.go.set()
            assert (await stays).status_code == 200
            assert (await client.post("/v1/score", json={"texts": ["last"]})).status_code == 200
    assert scorer.given == [["good"], ["last"]]
