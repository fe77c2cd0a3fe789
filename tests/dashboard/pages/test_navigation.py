"""Going from page to page, and what holds on all of them, in a real browser."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.api.doors import shut
from tests.dashboard.served import Served, opened, recent, serving
from tests.dashboard.test_door import sign_in
from tests.running import Running
from voxpop.catalogue import Catalogue

pytestmark = pytest.mark.browser
PAGES = ("alerts", "topics", "sources", "model", "label")
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def test_pages_have_addresses_titles_and_a_mark_in_the_bar(whole: Running, quiet: Page) -> None:
    quiet.set_viewport_size({"width": 390, "height": 844})
    quiet.goto(whole.url)
    quiet.wait_for_selector("#cards .value")
    bar = quiet.get_by_role("navigation", name="Pages")
    expect(bar.locator("[aria-current=page]")).to_have_text("Overview")
    for name in ("Alerts", "Topics", "Sources", "Model", "Label"):
        bar.get_by_role("link", name=name).press("Enter")
        expect(quiet).to_have_url(whole.url + name.lower())
        expect(quiet).to_have_title(f"{name} · Voxpop")
        expect(quiet.get_by_role("heading", level=1)).to_have_text(name)
        expect(bar.locator("[aria-current=page]")).to_have_text(name)
        assert quiet.evaluate("document.documentElement.scrollWidth") <= 390
    quiet.go_back()
    expect(quiet).to_have_title("Model · Voxpop")
    quiet.go_forward()
    expect(quiet).to_have_title("Label · Voxpop")


def test_the_overview_is_as_it_was_left(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "?range=6h")
    quiet.wait_for_selector("#cards .value")
    chosen = quiet.url
    bar = quiet.get_by_role("navigation", name="Pages")
    bar.get_by_role("link", name="Sources").click()
    bar.get_by_role("link", name="Model").click()
    bar.get_by_role("link", name="Overview").click()
    expect(quiet).to_have_url(chosen)
    expect(quiet.get_by_role("radio", name="6 h")).to_be_checked()
    quiet.go_back()
    expect(quiet).to_have_title("Model · Voxpop")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "sources")
    quiet.keyboard.press("Tab")
    expect(quiet.get_by_role("link", name="Skip to the content")).to_be_focused()
    quiet.keyboard.press("Enter")
    expect(quiet.locator("#content")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe(whole: Running, quiet: Page, scheme: Literal["light", "dark"]) -> None:
    quiet.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for name in PAGES:
        quiet.goto(whole.url + name)
        if name == "topics":
            quiet.get_by_label("Query", exact=True).fill("apple OR pear")
            quiet.wait_for_selector("#found li")
        if name == "model":
            quiet.get_by_label("Your text").fill("not bad at all, really")
            quiet.wait_for_selector("#words .word")
        if name == "label":
            quiet.wait_for_selector("#post .text")
        results = Axe().run(quiet, options=AXE)
        assert results.violations_count == 0, results.generate_report()


def test_the_scheme_is_the_one_that_the_overview_keeps(whole: Running, quiet: Page) -> None:
    scheme = "document.documentElement.dataset.scheme"
    quiet.emulate_media(color_scheme="dark")
    quiet.goto(whole.url + "sources")
    assert quiet.evaluate(scheme) == "dark"
    quiet.locator("#scheme").click()
    assert quiet.evaluate(scheme) == "light"
    quiet.goto(whole.url)
    quiet.wait_for_selector("#cards .value")
    assert quiet.evaluate(scheme) == "light"


def test_no_script_and_no_style_of_the_page_itself_may_run(whole: Running) -> None:
    for name in PAGES:
        with urllib.request.urlopen(whole.url + name) as answer:
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert not re.search(rb"<style|style=|<script>|onclick", answer.read())


def test_a_reader_looks_and_is_told_why_no_more(tmp_path: Path, quiet: Page) -> None:
    closed = shut(tmp_path)
    store = opened(tmp_path / "store.duckdb")
    catalogue = Catalogue([], tmp_path)
    with serving(Served(store, door=closed.door, topics=catalogue)) as served:
        served.load([recent("one")])
        sign_in(quiet, served.url + "topics", closed.key("ana", ["read"]))
        expect(quiet.locator("#editor")).to_contain_text("your key lacks the scope admin")
        expect(quiet.locator("#topics")).to_contain_text("There is no topic yet")
        assert quiet.locator("form, #try").count() == 0
        quiet.goto(served.url + "model")
        expect(quiet.locator("#box")).to_contain_text("it lacks the scope score")
        assert quiet.locator("textarea").count() == 0
        quiet.goto(served.url + "label")
        expect(quiet.locator("#content")).to_contain_text("your key lacks the scope label")
        assert quiet.locator("#choices, a[href*=corrections]").count() == 0
        expect(quiet.get_by_role("link", name="Sign out")).to_be_visible()
    store.close()


def test_a_key_with_the_scope_changes_topics_through_its_session(tmp_path: Path, quiet: Page) -> None:
    closed = shut(tmp_path)
    store = opened(tmp_path / "store.duckdb")
    catalogue = Catalogue([], tmp_path)
    with serving(Served(store, door=closed.door, topics=catalogue)) as served:
        sign_in(quiet, served.url + "topics", closed.key("ana", ["read", "admin"]))
        quiet.get_by_label("Title").fill("Plums")
        quiet.get_by_label("Query", exact=True).fill("plum")
        quiet.get_by_role("button", name="Add topic").click()
        expect(quiet.locator("[data-topic=plums]")).to_be_visible()
        assert ("ana", "topic added", "plums") in closed.acts()
    store.close()


def test_a_server_that_is_gone_is_said_and_taken_up_again(tmp_path: Path, page: Page) -> None:
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store)) as served:
        page.goto(served.url + "sources")
        expect(page.locator("#networks")).to_contain_text("No post has come yet.")
    expect(page.locator("#lost")).to_contain_text("The server does not answer since")
    with serving(served, port=int(served.url.rsplit(":", 1)[1].strip("/"))):
        served.load([recent("one")])
        expect(page.locator("#lost")).to_be_hidden()
        expect(page.locator("#networks")).to_contain_text("just now")
    store.close()
