"""The overview's own routes: what they take, and what they refuse."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.dashboard.served import Served, opened, recent, serving


def got(url: str) -> tuple[int, bytes, Message]:
    """Status, body and headers."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_an_answer_is_fresh_json_and_hostile_text_in_it_is_escaped(served: Served) -> None:
    served.load([recent("evil", 0, text="<img src=x onerror=alert(1)>", author='"><b>', url="https://x.com/?a=1&b")])
    status, body, headers = got(served.url + "overview/board?range=1h")
    assert (status, headers.get_content_type(), headers["cache-control"]) == (200, "application/json", "no-store")
    posts = json.loads(body)["html"]["posts"]
    assert "&lt;img src=x onerror=alert(1)&gt;" in posts and "<img" not in posts
    assert "@&quot;&gt;&lt;b&gt;" in posts and 'href="https://x.com/?a=1&amp;b"' in posts


@pytest.mark.parametrize("seen", ["", "x", "-1", "1e9", "9" * 40, "%00"])
def test_a_number_that_is_none_is_none(served: Served, seen: str) -> None:
    status, body, _ = got(f"{served.url}overview/places?range=1h&seen={seen}")
    assert status == 200 and "of 45 posts" in json.loads(body)["text"]["coverage"]


def test_what_no_page_asks_is_refused(served: Served) -> None:
    assert got(f"{served.url}overview/board?q={'x' * 9000}")[0] == 414
    for after in ("", "{", "3", '{"at": "2026-11-19T10:00:00+00:00"}', "[" * 2000):
        status, body, headers = got(f"{served.url}overview/posts?range=1h&after={quote(after)}")
        assert (status, headers.get_content_type()) == (422, "application/problem+json"), after
        assert "no posts follow there" in json.loads(body)["detail"]
    assert got(f"{served.url}overview/nothing")[0] == 404


def test_pages_that_ask_the_same_get_the_same_bytes(served: Served) -> None:
    one, other = (got(f"{served.url}overview/board?range=1h&seen={seen}")[1] for seen in (1, 0))
    assert one == other


def test_a_store_that_is_away_is_said_and_paging_is_an_error(tmp_path: Path) -> None:
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store)) as served:
        served.load([recent("one")])
        store.close()
        assert "could not be read" in json.loads(got(served.url + "overview/board?range=1h")[1])["failure"]
        assert got(served.url + "overview/posts?range=1h&after=%7B%7D")[0] >= 500


def test_files_are_kept_by_what_is_in_them_and_the_page_by_nobody(served: Served) -> None:
    _, page, headers = got(served.url)
    assert headers["cache-control"] == "no-store"
    names = {part.split('"')[0] for part in page.decode().split('"/assets/')[1:] if "?v=" in part.split('"')[0]}
    assert {name.split("?")[0] for name in names} >= {"plotly.min.js", "overview-board.js", "overview.css", "scheme.js"}
    for name in names:
        status, _, headers = got(f"{served.url}assets/{name}")
        assert (status, headers["cache-control"]) == (200, "private, max-age=31536000, immutable"), name
    assert got(f"{served.url}assets/favicon.svg")[2]["cache-control"] == "no-cache"
    for away in ("assets/../app.py", "assets/%2e%2e/app.py", "assets/none.js?v=1"):
        assert got(served.url + away)[0] == 404
