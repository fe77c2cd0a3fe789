"""The overview in a real browser: filters cross, and what is shown is what the API counts."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.overview.asking import DRAWN, at, counted, exported, total
from tests.dashboard.served import Served
from tests.running import until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "query",
    [
        "topic=pear",
        "topic=apple&topic=pear&source=x",
        "country=DE",
        "country=DE&country=US",
        "country=",
        "lang=fr",
        "lang=",
        "source=x",
        "label=negative",
        "label=negative&label=unscored",
        "reposts=0",
        "copies=0",
        "one_voice=1",
        "topic=apple&country=DE&reposts=0&copies=0&one_voice=1",
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
        drawn = partial(tab.evaluate, DRAWN, f"volume-{label}")
        until(lambda drawn=drawn, column=column: sum(drawn()[:-1]) == total(found, column))  # type: ignore[misc]
    listed = tab.locator("#posts > li:not(.none)")
    expect(listed).to_have_count(min(n, 25))
    if "country" not in query:
        expect(tab.locator("#coverage")).to_contain_text(f"of {n} post")
    if "lang" not in query:
        cells = tab.locator("#mix table").first.locator("td:nth-child(2)")
        until(lambda: sum(map(int, cells.all_inner_texts())) == n)


def test_each_control_writes_the_address_and_one_click_resets_them(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    tab.locator("#more-filters > summary").click()
    for control, typed in (("Countries", "germany"), ("Languages", "English")):
        tab.get_by_label(control, exact=True).fill(typed)
        tab.keyboard.press("Enter")
    for box in ("X", "Negative"):
        tab.locator("#more-filters").get_by_role("checkbox", name=box, exact=True).check()
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


def test_several_topics_are_ticked_and_each_is_lifted_by_itself(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    tab.locator("#more-filters > summary").click()
    for name in ("Pear", "Apple"):
        tab.locator("#any-topic").get_by_role("checkbox", name=name).check()
    expect(tab).to_have_url(filled.url + "?topic=apple&topic=pear&range=1h")
    expect(tab.locator("#topic option:checked")).to_have_text("Apple, Pear")
    expect(tab.locator("#topics a.chosen")).to_have_count(2)
    tab.locator("#more-filters > summary").click()
    chips = tab.locator("#chips .chip")
    expect(chips).to_have_text([re.compile("Apple"), re.compile("Pear")])
    chips.first.locator("a").click()
    expect(tab).to_have_url(filled.url + "?topic=pear&range=1h")
    expect(tab.locator("#topic")).to_have_value("pear")
    expect(tab.locator("#any-topic").get_by_role("checkbox", name="Pear", include_hidden=True)).to_be_checked()
    tab.go_back()
    expect(tab.locator("#topic option:checked")).to_have_text("Apple, Pear")
    tab.reload()
    expect(tab.locator("#topic option:checked")).to_have_text("Apple, Pear")
    tab.locator("#topic").select_option("*")
    expect(tab).to_have_url(filled.url + "?range=1h")


def test_a_shared_address_opens_as_it_was(filled: Served, tab: Page) -> None:
    search = (
        "?topic=apple&range=6h&country=DE&label=negative&net=corrected&map=volume&order=strong&tz=Asia%2FTokyo&q=apple"
    )
    at(tab, search)
    tab.reload()
    exported(tab, search)
    expect(tab).to_have_url(filled.url + search)
    expect(tab.locator("#topic")).to_have_value("apple")
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
    tab.wait_for_function("() => document.querySelectorAll('#atlas-graph .choroplethlayer path').length > 100")
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
    # Until the list has it, too, its lines may move below the pointer.
    expect(tab.locator("#places").get_by_role("link", name="Germany")).to_have_attribute("href", "?range=1h&country=US")
    tab.locator("#places").get_by_role("link", name="United States").click()
    french = tab.locator("#mix").get_by_role("link", name="French")
    expect(french).to_have_attribute("href", re.compile(r"\?range=1h&country=DE&lang=fr"))
    french.click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&lang=fr")


def test_discs_of_the_volume_are_cells_with_their_points(tab: Page) -> None:
    at(tab, "?range=1h&map=volume")
    told = "document.querySelector('#atlas-graph .js-plotly-plot').data.find(each => each.uid === 'cells')?.customdata"
    tab.wait_for_function(
        f"() => document.querySelector('#atlas-graph .js-plotly-plot').data.length === 3 && {told}?.length"
    )
    assert tab.evaluate(told)[0][0] == "6 posts"


def test_a_drag_across_the_chart_chooses_a_period_for_everything(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h&tz=Asia%2FKolkata")
    # Until then the chart is the one of the address before.
    expect(tab.locator("#trend-help")).to_contain_text("Asia/Kolkata")
    tab.wait_for_selector("#trend .scatterlayer .fills path", state="attached")
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
