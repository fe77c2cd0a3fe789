"""The pages that show the description: everything on them is this server's, and no script runs but its files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from tests.api.serving import serving
from tests.dashboard.conftest import browser as browser
from voxpop.api.app import Service


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_pages_name_no_other_host_and_hold_no_script(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    assert not re.search(r"https?:|//[a-z]", response.text)
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "default-src 'none'" in policy and "unsafe-eval" not in policy
    assert not re.search(r"<script(?! src=)", response.text)
    for asset in re.findall(r'(?:src|href)="(/[^"]+)"', response.text):
        found = await client.get(asset)
        assert found.status_code == 200
        assert found.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with serving(service) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize(("path", "shown"), [("/docs", "/v1/score"), ("/redoc", "Score texts as posts are scored")])
def test_pages_work_under_their_policy(browser: Browser, address: str, path: str, shown: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}{path}")
    page.get_by_text(shown).first.wait_for(timeout=60_000)
    assert said == []
    assert {url.removeprefix(address).partition("/")[0] for url in asked if not url.startswith("data:")} == {""}
    page.close()
