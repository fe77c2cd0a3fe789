"""The page in a real browser, on a real server over a real store."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Dialog, Page, expect

from tests.dashboard.served import Served, opened, recent, serving
from tests.stores.scored import event

pytestmark = pytest.mark.browser
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \u202e\u2066 مرحبا \u202b"
    + "w" * 300
    + " **[a](javascript:alert(3))** "
    + "🔥" * 5000
)


def shown(page: Page) -> int:
    """The count of posts beside the rate."""
    words = page.locator("#cards .unit").first.inner_text()
    return int(re.sub(r"\D", "", words))


def at(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector("#cards .value")
    page.wait_for_selector("#trend .scatterlayer .fills path", state="attached")
    return page


def choose_topic(page: Page, title: str) -> None:
    page.locator("#topic").select_option(label=title)


def counted(served: Served, topic: str) -> int:
    """Posts of the topic, as the API's buckets count them."""
    with urllib.request.urlopen(f"{served.url}v1/buckets?topic={topic}&width=60") as answer:
        body = json.load(answer)
    return sum(bucket["n"] for bucket in (body["buckets"] if isinstance(body, dict) else body))


def test_the_page_asks_no_other_host_and_the_console_stays_empty(served: Served, page: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    at(page, served.url)
    page.locator("#trend .nsewdrag").first.hover()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((served.url, "data:", "blob:"))] == []
    assert said == []
    assert page.title() == "Voxpop"
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator(".notice")).to_have_text("These posts are invented.")
    expect(page.locator("#state")).to_have_text("Live")


def test_the_api_stays_reachable_beside_the_page(served: Served) -> None:
    for path, status in (("v1/status", 200), ("healthz", 200), ("openapi.json", 200), ("v1/nothing", 404)):
        try:
            with urllib.request.urlopen(served.url + path) as answer:
                assert (path, answer.status, answer.headers.get_content_type()) == (path, status, "application/json")
        except urllib.error.HTTPError as error:
            assert (path, error.code) == (path, status)
            error.close()


def test_a_chosen_topic_shows_the_count_that_the_api_gives(served: Served, page: Page) -> None:
    at(page, served.url)
    assert shown(page) == counted(served, "*") == 45
    choose_topic(page, "Pear")
    expect(page.locator("#cards .unit").first).to_have_text("15 posts")
    assert counted(served, "pear") == 15
    expect(page.locator("#cards .value").nth(1)).to_have_text("−100.0")
    expect(page.locator("#posts li")).to_have_count(15)
    expect(page.locator("#coverage")).to_have_text(re.compile("0.% of 15 posts have a place"))


def test_topic_and_range_live_in_the_address(served: Served, page: Page) -> None:
    at(page, served.url)
    expect(page).to_have_url(served.url + "?range=1h")
    choose_topic(page, "Pear")
    page.get_by_text("6 h", exact=True).click()
    expect(page).to_have_url(served.url + "?topic=pear&range=6h")
    page.reload()
    expect(page.locator("#topic")).to_have_value("pear")
    expect(page.get_by_role("radio", name="6 h")).to_be_checked()
    expect(page.locator("#cards .unit").first).to_have_text("15 posts")
    page.go_back()
    expect(page.get_by_role("radio", name="1 h")).to_be_checked()
    apple = page.get_by_role("link", name="Apple")
    expect(apple).to_have_attribute("href", "?topic=apple&range=1h")
    apple.click()
    expect(page).to_have_url(served.url + "?topic=apple&range=1h")
    expect(page.locator("#topic")).to_have_value("apple")
    expect(page.locator("#cards .unit").first).to_have_text("30 posts")


def test_an_address_that_names_nothing_known_shows_every_post(served: Served, page: Page) -> None:
    at(page, served.url + "?topic=<script>&range=9y")
    assert shown(page) == 45


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_a_hostile_post_is_only_ever_text(served: Served, page: Page, width: int) -> None:
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.set_viewport_size({"width": width, "height": 844})
    served.load([recent("evil", 0, text=HOSTILE, author="<b>\u202eeve" + "x" * 90, url="javascript:alert(4)")])
    at(page, served.url)
    expect(page.locator("#posts .text").first).to_have_text(HOSTILE, use_inner_text=False)
    first = page.locator("#posts li").first
    assert first.locator("a, script, img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('#posts').scrollWidth <= document.querySelector('#posts').clientWidth")
    assert dialogs == []


def test_a_new_segment_moves_the_numbers_without_a_reload(served: Served, page: Page) -> None:
    at(page, served.url)
    page.evaluate("window.notReloaded = true")
    served.load([recent(f"new{i}", 0.01, label="negative") for i in range(20)])
    expect(page.locator("#cards .unit").first).to_have_text("65 posts")
    expect(page.locator("#posts .text").first).to_contain_text("an apple new")
    assert page.evaluate("window.notReloaded")


def test_a_paused_list_stands_still_while_the_numbers_go_on(served: Served, page: Page) -> None:
    at(page, served.url)
    page.get_by_role("button", name="Pause").click()
    first = page.locator("#posts .text").first.inner_text()
    served.load([recent("late", 0)])
    expect(page.locator("#cards .unit").first).to_have_text("46 posts")
    assert page.locator("#posts .text").first.inner_text() == first
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#posts .text").first).to_have_text("an apple late")


def test_an_update_leaves_the_readers_zoom_alone(served: Served, page: Page) -> None:
    at(page, served.url)
    page.get_by_text("Drag zooms").click()
    box = page.locator("#trend .nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 40, steps=5)
    page.mouse.up()
    read = "document.querySelector('#trend .js-plotly-plot')._fullLayout.xaxis.range.join()"
    zoomed = page.evaluate(read)
    served.load([recent("later", 0)])
    expect(page.locator("#cards .unit").first).to_have_text("46 posts")
    assert page.evaluate(read) == zoomed
    start, end = (datetime.fromisoformat(edge.split(".")[0]) for edge in zoomed.split(","))
    assert (end - start).total_seconds() < 1800


def test_history_is_counted_back_from_its_newest_post(empty: Served, page: Page) -> None:
    empty.load([event("test:1"), event("test:2", minute=90, label="positive")])
    at(page, empty.url)
    expect(page.locator("#period")).to_have_text("History, counted back from the newest post: 19 Nov 2026 10:30 UTC")
    expect(page).to_have_url(empty.url + "?range=6h")
    assert shown(page) == 2
    expect(page.locator("#state")).to_contain_text("Stale since")


def test_an_empty_store_says_what_to_do_and_then_fills(empty: Served, page: Page) -> None:
    page.goto(empty.url)
    expect(page.locator("#empty")).to_contain_text("voxpop ingest FILE")
    expect(page.locator("#empty")).to_contain_text("voxpop demo")
    expect(page.locator("#state")).to_have_text("Waiting for posts")
    empty.load([recent("first")])
    expect(page.locator("#cards .unit").first).to_have_text("1 post")
    expect(page.locator("#empty")).to_be_hidden()


def test_a_lost_feed_is_said_with_its_time_and_taken_up_again(tmp_path: Path, page: Page) -> None:
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store)) as served:
        served.load([recent("one")])
        at(page, served.url)
        expect(page.locator("#feed")).to_be_hidden()
    expect(page.locator("#feed")).to_have_text(re.compile(r"Live feed lost since \d\d:\d\d:\d\d UTC"))
    with serving(served, port=int(served.url.rsplit(":", 1)[1].strip("/"))):
        served.load([recent("two")])
        expect(page.locator("#feed")).to_be_hidden()
        expect(page.locator("#cards .unit").first).to_have_text("2 posts")
    store.close()


def test_light_and_dark_follow_the_system_until_a_reader_chooses(served: Served, page: Page) -> None:
    scheme = "document.documentElement.dataset.scheme"
    page.emulate_media(color_scheme="dark")
    at(page, served.url)
    assert page.evaluate(scheme) == "dark"
    page.locator("#scheme").click()
    assert page.evaluate(scheme) == "light"
    page.reload()
    page.wait_for_selector("#cards .value")
    assert page.evaluate(scheme) == "light"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_axe(served: Served, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    at(page, served.url)
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert results.violations_count == 0, results.generate_report()
