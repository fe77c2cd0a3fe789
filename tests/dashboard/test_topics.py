"""Topics that change while the page is open."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.command import answer
from tests.dashboard.served import Served, recent, serving
from tests.running import running
from voxpop.catalogue import Catalogue

pytestmark = pytest.mark.browser
PATIENCE = 60_000
"""Milliseconds."""


@pytest.fixture
def changeable(empty: Served, tmp_path: Path) -> Served:
    """A server whose topics can be changed."""
    catalogue = Catalogue(empty.topics.topics, tmp_path)
    catalogue.followed_by(empty.store.follow)
    empty.topics = catalogue
    return empty


def asked(url: str, method: str, body: dict[str, Any] | None = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as found:
        status: int = found.status
    return status


def opened(page: Page, url: str) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.wait_for_selector("#cards .value")
    page.evaluate("window.notReloaded = true")


def offered(page: Page, title: str) -> Any:
    return page.locator("#topic").get_by_role("option", name=title, exact=True)


def test_a_topic_of_the_interface_comes_changes_and_goes_in_the_open_page(changeable: Served, page: Page) -> None:
    with serving(changeable) as served:
        served.load([recent(f"a{number}") for number in range(3)])
        opened(page, served.url)
        assert asked(f"{served.url}v1/topics", "POST", {"name": "plum", "title": "Plums", "query": "plum"}) == 201
        expect(offered(page, "Plums")).to_be_attached(timeout=PATIENCE)
        served.load([recent("p1", text="a plum"), recent("p2", text="one more plum")])
        expect(page.locator("#topics")).to_contain_text("Plums", timeout=PATIENCE)
        page.locator("#topic").select_option(label="Plums")
        expect(page.locator("#cards .unit").first).to_have_text("2 posts", timeout=PATIENCE)
        assert asked(f"{served.url}v1/topics/plum", "PUT", {"title": "Damsons", "query": "plum"}) == 200
        expect(page.locator("#topic")).to_have_value("plum", timeout=PATIENCE)
        expect(offered(page, "Damsons")).to_be_attached(timeout=PATIENCE)
        assert asked(f"{served.url}v1/topics/plum", "DELETE") == 204
        expect(page.locator("#topic")).to_have_value("*", timeout=PATIENCE)
        expect(page).to_have_url(served.url + "?range=1h")
        expect(page.locator("#cards .unit").first).to_have_text("5 posts", timeout=PATIENCE)
        expect(page.locator("#topics")).not_to_contain_text("Damsons", timeout=PATIENCE)
        assert page.evaluate("window.notReloaded")


@pytest.mark.slow
def test_a_topic_of_the_command_line_appears_everywhere_with_its_past(tmp_path: Path, page: Page) -> None:
    (tmp_path / "posts.txt").write_text("".join(f"a quince number {number}\n" for number in range(7)) + "a pear\n")
    data = tmp_path / "data"
    answer("ingest", tmp_path / "posts.txt", "--data", data)
    with running("serve", "--data", data) as served:
        opened(page, served.url)
        expect(page.locator("#cards .unit").first).to_have_text("8 posts", timeout=PATIENCE)
        answer("topics", "add", "quince", "quince", "--title", "Quinces", "--data", data)
        expect(page.locator("#topics")).to_contain_text("Quinces", timeout=PATIENCE)
        page.locator("#topic").select_option(label="Quinces")
        expect(page.locator("#cards .unit").first).to_have_text("7 posts", timeout=PATIENCE)
        answer("topics", "remove", "quince", "--data", data)
        expect(page.locator("#topic")).to_have_value("*", timeout=PATIENCE)
        expect(page.locator("#cards .unit").first).to_have_text("8 posts")
        assert page.evaluate("window.notReloaded")
