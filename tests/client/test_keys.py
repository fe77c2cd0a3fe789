"""Both clients and the command before a server that needs keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.doors import Shut, shut
from tests.api.serving import serving
from tests.command import voxpop
from voxpop.api.app import Service
from voxpop.client import AsyncClient, Client
from voxpop.errors import Terminal


@pytest.fixture
def closed(tmp_path: Path) -> Shut:
    return shut(tmp_path)


@pytest.fixture
def behind(service: Service, closed: Shut) -> Iterator[str]:
    """A server that needs keys."""
    with serving(replace(service, door=closed.door)) as url:
        yield url


async def test_a_server_with_keys_refuses_without_one_and_answers_with_one(behind: str, closed: Shut) -> None:
    key = closed.key("ana", ["read"])
    with Client(behind) as client, pytest.raises(Terminal, match="needs an API key"):
        client.posts()
    with Client(behind, "vp_wrong") as client, pytest.raises(Terminal, match="no key that opens") as refused:
        client.posts()
    assert "vp_wrong" not in str(refused.value)
    with Client(behind, key) as client:
        assert client.posts().num_rows == 8
        with pytest.raises(Terminal, match="scope score"):
            client.score(["good"])
    async with AsyncClient(behind, key) as other:
        assert (await other.posts()).num_rows == 8


def test_the_command_takes_the_key_from_the_environment(
    behind: str, closed: Shut, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = voxpop("query", "topics", "--url", behind)
    assert refused.returncode == 1 and "API key" in refused.stderr
    monkeypatch.setenv("VOXPOP_KEY", closed.key("ana", ["read"]))
    assert "apple" in voxpop("query", "topics", "--url", behind).stdout
