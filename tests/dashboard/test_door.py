"""The page behind a door that needs keys, and the content security policy of every page, in a real browser."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.api.doors import Shut, shut
from tests.dashboard.served import Served, opened, recent, serving
from tests.dashboard.test_page import at, choose_topic
from tests.running import until
from voxpop.api.limits import Rates
from voxpop.stores.corrections import Corrections

pytestmark = pytest.mark.browser
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    (event) => window.violations.push([event.violatedDirective, event.blockedURI, event.sample]));
"""


@pytest.fixture
def closed(tmp_path: Path) -> Shut:
    return shut(tmp_path, Rates(streams=2))


@pytest.fixture
def behind(closed: Shut, tmp_path: Path) -> Iterator[Served]:
    """A page with posts, behind a door that needs keys."""
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store, door=closed.door)) as served:
        served.load([recent(f"a{i}", i + 0.1) for i in range(5)])
        yield served
    store.close()


def sign_in(page: Page, url: str, key: str) -> None:
    page.goto(url)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_the_policy_of_the_page_is_strict_and_the_page_keeps_it(served: Served, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.add_init_script(WATCH)
    with urllib.request.urlopen(served.url) as answer:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["script-src"] == "'self'", "no inline script"
    at(page, served.url)
    page.locator("#trend .nsewdrag").first.hover()
    choose_topic(page, "Pear")
    page.get_by_text("6 h", exact=True).click()
    page.get_by_role("button", name="Pause").click()
    page.locator("#scheme").click()
    served.load([recent("new", 0)])
    expect(page.locator("#cards .unit").first).to_have_text("15 posts")
    assert page.evaluate("window.violations") == [] and said == []


def test_the_policy_stops_a_script_that_got_into_the_page(served: Served, page: Page) -> None:
    page.add_init_script(WATCH)
    at(page, served.url)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.stolen = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.stolen = true'>");
        }"""
    )
    page.wait_for_function("window.violations.length >= 2")
    assert page.evaluate("window.stolen") is None
    assert {kind for kind, _, _ in page.evaluate("window.violations")} >= {"script-src-elem", "script-src-attr"}


def test_a_reader_signs_in_sees_the_numbers_move_and_signs_out(behind: Served, closed: Shut, page: Page) -> None:
    said: list[str] = []
    page.add_init_script(WATCH)
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, behind.url + "?topic=apple", closed.key("ana", ["read"]))
    expect(page).to_have_url(re.compile(r"\?topic=apple"))
    page.wait_for_selector("#cards .value")
    expect(page.locator("#cards .unit").first).to_have_text("5 posts")
    behind.load([recent("new", 0)])
    expect(page.locator("#cards .unit").first).to_have_text("6 posts")
    assert page.evaluate("window.violations") == [] and said == []
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    page.goto(behind.url)
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_reader_who_signed_in_is_told_why_and_may_label(closed: Shut, tmp_path: Path, page: Page) -> None:
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store, door=closed.door, corrections=Corrections(store, tmp_path))) as served:
        served.load([recent("one")])
        sign_in(page, served.url, closed.key("ana", ["read", "score", "label"]))
        page.locator("#posts .why").first.click()
        expect(page.locator("#why-words")).to_contain_text("apple", timeout=60_000)
        page.get_by_role("button", name="Negative", exact=True).click()
        expect(page.locator("#corrected")).to_have_text("Kept as your correction.")
    store.close()


def test_an_open_page_asks_for_a_key_again_when_its_own_is_revoked(behind: Served, closed: Shut, page: Page) -> None:
    sign_in(page, behind.url, closed.key("ana", ["read"]))
    page.wait_for_selector("#cards .value")
    expect(page.locator("#cards .unit").first).to_have_text("5 posts")
    closed.keys.revoke("ana")
    expect(page.get_by_label("API key")).to_be_visible(timeout=15_000)


def test_a_wrong_key_is_said_where_readers_hear_it(behind: Served, page: Page) -> None:
    sign_in(page, behind.url, "vp_wrong")
    expect(page.get_by_role("alert")).to_contain_text("no key that opens")
    expect(page.get_by_label("API key")).to_have_value("")
    expect(page.get_by_label("API key")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_is_accessible_and_fits_a_telephone(
    behind: Served, closed: Shut, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme=scheme)
    page = context.new_page()
    page.add_init_script(WATCH)
    sign_in(page, behind.url, "vp_wrong")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sign_in(page, behind.url, closed.key(f"ana-{scheme}"))
    page.goto(behind.url + "logout")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("window.violations") == []
    context.close()


def test_live_streams_are_limited_by_key_and_end_with_it(behind: Served, closed: Shut) -> None:
    ana, ben = closed.bearer("ana", ["read"]), closed.bearer("ben", ["read"])

    def stream(headers: dict[str, str]) -> urllib.request.Request:
        return urllib.request.Request(behind.url + "v1/live", headers=headers)

    def metrics(headers: dict[str, str]) -> str:
        with urllib.request.urlopen(urllib.request.Request(behind.url + "metrics", headers=headers)) as answer:
            return str(answer.read(), "utf-8")

    with urllib.request.urlopen(stream(ana)) as one, urllib.request.urlopen(stream(ana)) as two:
        assert one.readline() == two.readline() == b"event: update\n"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(stream(ana))
        with refused.value as answer:
            assert (answer.code, answer.headers["retry-after"]) == (429, "5")
            assert "2 live streams" in json.load(answer)["detail"]
        with urllib.request.urlopen(stream(ben)) as other:
            assert other.status == 200
        closed.keys.revoke("ana")
        # Each ends by itself, whole: nothing is left to read.
        assert one.read().endswith(b"\n\n") and two.read().endswith(b"\n\n")
    until(lambda: "voxpop_live_streams 0.0" in metrics(ben))
