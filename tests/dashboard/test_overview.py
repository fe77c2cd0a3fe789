"""The overview in a real browser: filters cross, and what is shown is what the API counts."""

from __future__ import annotations

import csv
import io
import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.conftest import PATIENCE
from tests.dashboard.served import Served, opened, recent, serving
from voxpop.stores.corrections import Corrections

pytestmark = pytest.mark.browser
CELL = "851f1d4bfffffff"
LABELS = ("negative", "neutral", "positive", "positive", "unscored", "negative")


def rows() -> list[dict[str, Any]]:
    """Sixty posts within the last half an hour: apples and pears, four places, three languages, two sources."""
    found = []
    for number in range(60):
        fields: dict[str, Any] = {
            "label": LABELS[number % 6],
            "country": ("DE", "DE", "US", "FR", None)[number % 5],
            "lang_detected": ("en", "fr", None)[number % 3],
            "source": ("x", "bluesky")[number % 2],
            "kind": "repost" if number % 4 == 0 else "original",
            "text": f"a pear {number}" if number % 7 == 0 else f"an apple {number}",
        }
        if number % 10 == 0:
            fields |= {"h3": CELL, "geo_source": "gps"}
        found.append(recent(f"n{number}", 2 + number / 2.2, **fields))
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("overview")
    store = opened(root / "store.duckdb")
    with serving(Served(store, corrections=Corrections(store, root))) as served:
        served.load(rows())
        yield served
    store.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, filled: Served) -> Iterator[Page]:
    """One page for all tests; each begins with an address of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=filled.url.rstrip("/"))
    page = context.new_page()
    page.goto(filled.url + "?range=1h")
    # The first answer of a server and the first page of a browser are the slowest.
    page.wait_for_selector("#cards .value", timeout=4 * PATIENCE)
    yield page
    context.close()


@pytest.fixture(autouse=True)
def complaints(tab: Page) -> Iterator[list[str]]:
    """Whatever the console says fails the test."""
    said: list[str] = []

    def hear(message: Any) -> None:
        said.append(message.text)

    def fall(error: Any) -> None:
        said.append(str(error))

    tab.on("console", hear)
    tab.on("pageerror", fall)
    yield said
    tab.remove_listener("console", hear)
    tab.remove_listener("pageerror", fall)
    assert said == []


def at(tab: Page, search: str) -> Page:
    """Go to an address as a link does, and wait for its answers."""
    tab.evaluate(
        """search => {
            history.pushState(null, "", search);
            window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
        }""",
        search,
    )
    exported(tab, search)
    return tab


def exported(tab: Page, search: str) -> str:
    """The address of the series on the screen, once it is of this choice."""
    asked = parse_qs(search.removeprefix("?"), keep_blank_values=True)
    link = tab.locator("#files a").first
    for name in ("topic", "country", "lang", "source", "label"):
        for value in asked.get(name, []):
            expect(link).to_have_attribute("href", re.compile(rf"[?&]{name}={value}(&|$)"))
        if name not in asked:
            expect(link).not_to_have_attribute("href", re.compile(rf"[?&]{name}="))
    if "reposts" in asked:
        expect(link).to_have_attribute("href", re.compile("reposts=false"))
    return link.get_attribute("href") or ""


def counted(filled: Served, href: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(filled.url + href) as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def total(found: list[dict[str, str]], name: str = "n") -> int:
    return sum(int(row[name]) for row in found)


DRAWN = """uid => document.querySelector("#trend .js-plotly-plot").data.find(each => each.uid === uid).y"""


@pytest.mark.parametrize(
    "query",
    [
        "topic=pear",
        "country=DE",
        "country=DE&country=US",
        "country=",
        "lang=fr",
        "lang=",
        "source=x",
        "label=negative",
        "label=negative&label=unscored",
        "reposts=0",
        "topic=apple&country=DE&lang=en&source=x&label=negative&reposts=0",
    ],
)
def test_numbers_chart_lists_and_posts_obey_a_filter_and_agree_with_the_api(
    filled: Served, tab: Page, query: str
) -> None:
    found = counted(filled, exported(at(tab, f"?range=1h&{query}"), query))
    n = total(found)
    assert 0 < n < 60
    expect(tab.locator("#cards .unit").first).to_have_text(f"{n} post{'' if n == 1 else 's'}")
    for label, column in (
        ("negative", "n_neg"),
        ("neutral", "n_neu"),
        ("positive", "n_pos"),
        ("unscored", "n_unscored"),
    ):
        # The chart is drawn from what came with the numbers, a moment later.
        tab.wait_for_function(f"({DRAWN})('bar-{label}').reduce((all, one) => all + one, 0) === {total(found, column)}")
    listed = tab.locator("#posts > li:not(.none)")
    expect(listed).to_have_count(min(n, 25))
    if "country" not in query:
        expect(tab.locator("#coverage")).to_contain_text(f"of {n} post")
    if "lang" not in query:
        cells = "[...document.querySelector('#mix table').querySelectorAll('td:nth-child(2)')]"
        tab.wait_for_function(f"{cells}.reduce((all, one) => all + Number(one.innerText), 0) === {n}")


def test_each_control_writes_the_address_and_one_click_resets_them(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    tab.locator("#more-filters > summary").click()
    for control, option in (("country", "Germany"), ("lang", "English"), ("source", "x"), ("label", "Negative")):
        tab.locator(f"#{control}").click()
        tab.get_by_role("option", name=option, exact=True).click()
        tab.keyboard.press("Tab")
    tab.get_by_role("switch", name="Count reposts").click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&lang=en&source=x&label=negative&reposts=0")
    tab.locator("#more-filters > summary").click()
    chips = tab.locator("#chips .chip")
    expect(chips).to_have_count(5)
    expect(chips.first).to_contain_text("Germany")
    chips.nth(1).locator("a").click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&source=x&label=negative&reposts=0")
    tab.go_back()
    expect(chips).to_have_count(5)
    expect(tab.locator("#more-filters")).to_contain_text("English")
    tab.get_by_role("link", name="Reset filters").click()
    expect(tab).to_have_url(filled.url + "?range=1h")
    expect(chips).to_have_count(0)
    expect(tab.locator("#cards .unit").first).to_have_text("60 posts")


def test_a_shared_address_opens_as_it_was(filled: Served, tab: Page) -> None:
    search = (
        "?topic=apple&range=6h&country=DE&label=negative&net=corrected&map=volume&order=strong&tz=Asia%2FTokyo&q=apple"
    )
    at(tab, search)
    tab.reload()
    exported(tab, search)
    expect(tab).to_have_url(filled.url + search)
    expect(tab.locator("#topic")).to_have_value("Apple")
    expect(tab.locator("#tz")).to_have_value("Asia/Tokyo")
    expect(tab.locator("#q")).to_have_value("apple")
    for name in ("6 h", "Volume", "Strongest"):
        expect(tab.get_by_role("radio", name=name)).to_be_checked()
    expect(tab.locator("#trend-help")).to_contain_text("Asia/Tokyo")


def test_a_click_on_the_map_or_in_a_list_filters_and_another_one_lifts_it(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    expect(tab.locator("#coverage")).to_contain_text("of 60 posts have a place; 10")
    middle = """() => {
        const path = [...document.querySelectorAll("#atlas-graph .choroplethlayer path")].find(
            each => each.__data__ && each.__data__.loc === "US" && each.__data__.trace !== 0);
        const box = path.getBoundingClientRect();
        const toScreen = path.getScreenCTM();
        // From the middle on: along Alaska's edge the pointer is soon over something else.
        for (let step = 0; step < 400; step += 1) {
            const [right, down] = [(19 - (step % 20)) / 20, ((10 + Math.floor(step / 20)) % 20) / 20];
            const at = new DOMPoint(box.x + box.width * right, box.y + box.height * down);
            if (path.isPointInFill(at.matrixTransform(toScreen.inverse()))) return [at.x, at.y];
        }
    }"""
    tab.wait_for_function("document.querySelectorAll('#atlas-graph .choroplethlayer path').length > 100")
    tab.locator("#atlas-graph").scroll_into_view_if_needed()
    place = tab.evaluate(middle)
    tab.mouse.move(*place)
    # A click is of what the pointer was found to be over.
    expect(tab.locator("#atlas-graph .hovertext")).to_contain_text("United States")
    tab.mouse.click(*place)
    expect(tab).to_have_url(filled.url + "?range=1h&country=US")
    expect(tab.locator("#cards .unit").first).to_have_text("12 posts")
    tab.locator("#places").get_by_role("link", name="Germany").click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=US&country=DE")
    expect(tab.locator("#cards .unit").first).to_have_text("36 posts")
    tab.locator("#places").get_by_role("link", name="United States").click()
    tab.locator("#mix").get_by_role("link", name="French").click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&lang=fr")


def test_discs_of_the_volume_are_cells_with_their_points(tab: Page) -> None:
    at(tab, "?range=1h&map=volume")
    told = "document.querySelector('#atlas-graph .js-plotly-plot').data.find(each => each.uid === 'cells').customdata"
    tab.wait_for_function(f"document.querySelector('#atlas-graph .js-plotly-plot').data.length === 3 && {told}.length")
    assert tab.evaluate(told)[0][0] == "6 posts"


def test_a_drag_across_the_chart_chooses_a_period_for_everything(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h&tz=Asia%2FKolkata")
    tab.wait_for_selector("#trend .bars .point", state="attached")
    box = tab.locator("#trend .nsewdrag").first.bounding_box()
    assert box
    tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 30, steps=4)
    tab.mouse.up()
    expect(tab).to_have_url(re.compile("start=.*&end="))
    start, end = (parse_qs(urlsplit(tab.url).query)[name][0] for name in ("start", "end"))
    expect(tab.locator("#files a").first).to_have_attribute(
        "href", re.compile(re.escape(f"{start[:13]}%3A{start[14:16]}"))
    )
    n = total(counted(filled, tab.locator("#files a").first.get_attribute("href") or ""))
    assert 0 < n < 60
    expect(tab.locator("#cards .unit").first).to_have_text(f"{n} post{'' if n == 1 else 's'}")
    expect(tab.locator("#posts > li:not(.none)")).to_have_count(min(n, 25))
    expect(tab.locator("#period")).to_contain_text("IST")
    tab.locator("#trend .nsewdrag").first.dblclick()
    expect(tab).to_have_url(filled.url + "?range=1h&tz=Asia%2FKolkata")
    assert end > start


def test_words_are_looked_for_and_more_posts_follow_without_a_gap(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    listed = tab.locator("#scroll li .text")
    expect(listed).to_have_count(25)
    for count in (50, 60):
        tab.get_by_role("button", name="More").click()
        expect(listed).to_have_count(count)
    expect(tab.get_by_role("button", name="More")).to_be_hidden()
    expect(tab.get_by_role("button", name="Resume")).to_be_visible()
    texts = listed.all_inner_texts()
    assert [int(re.sub(r"\D", "", text)) for text in texts] == list(range(60))
    tab.locator("#q").fill("PEAR 4")
    expect(tab).to_have_url(filled.url + "?range=1h&q=PEAR+4")
    expect(listed).to_have_count(3)
    tab.get_by_role("button", name="Resume").click()
    tab.locator("#q").fill("")
    tab.get_by_text("Strongest").click()
    expect(tab).to_have_url(filled.url + "?range=1h&order=strong")
    expect(tab.locator("#posts .verdict").first).to_contain_text("Negative")


def test_a_post_says_which_words_carried_its_label_and_takes_another(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    tab.locator("#posts .why").first.click()
    expect(tab.locator("#why-words span").first).to_be_visible(timeout=60_000)
    expect(tab.locator("#why-words")).to_contain_text("pear")
    tab.get_by_role("button", name="Negative", exact=True).click()
    expect(tab.locator("#corrected")).to_have_text("Kept as your correction.")
    with urllib.request.urlopen(filled.url + "v1/corrections") as answer:
        (given,) = json.load(answer)["corrections"]
    assert (given["text"], given["label"], given["author"]) == ("a pear 0", "negative", "local")
    tab.keyboard.press("Escape")
    expect(tab.locator("#why")).to_be_hidden()


def test_what_is_on_the_screen_can_be_taken_along(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h&country=DE")
    tab.locator("#share > summary").click()
    for label, begins in (("Chart (PNG)", b"\x89PNG"), ("Chart (SVG)", b"<svg")):
        with tab.expect_download() as told:
            tab.get_by_role("button", name=label).click()
        assert told.value.path().read_bytes().startswith(begins)
    posts = counted(filled, tab.locator("#files a").nth(1).get_attribute("href") or "")
    assert {row["country"] for row in posts} == {"DE"} and len(posts) == 24
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    assert tab.evaluate("navigator.clipboard.readText()") == filled.url + "?range=1h&country=DE"
    tab.keyboard.press("Escape")
    expect(tab.locator("#share .panel")).to_be_hidden()


def test_a_print_is_one_page_of_what_is_shown(tab: Page) -> None:
    at(tab, "?range=1h&country=DE")
    paper = tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    tab.emulate_media(media="print")
    for hidden in ("#topic", "#share", "#q", "#pause", ".why"):
        expect(tab.locator(hidden).first).to_be_hidden()
    for shown in ("#chips", "#cards", "#trend", "#topics", "#posts"):
        expect(tab.locator(shown)).to_be_visible()
    tab.emulate_media(media="screen")
