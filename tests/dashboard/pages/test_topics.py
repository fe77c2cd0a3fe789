"""The page of topics in a real browser, on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.pages.asking import got, names, sent
from tests.running import Running

pytestmark = pytest.mark.browser
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202e\u2066 مرحبا " + "w" * 130


@pytest.fixture
def url(whole: Running) -> Iterator[str]:
    yield whole.url
    for topic in got(whole.url, "v1/topics")["topics"]:
        if topic["added"]:
            sent(whole.url, "DELETE", f"v1/topics/{topic['name']}")


def write(page: Page, title: str, query: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("Query", exact=True).fill(query)


def test_words_that_are_looked_for_can_become_a_topic_that_is_counted(url: str, quiet: Page) -> None:
    quiet.goto(url)
    link = quiet.get_by_role("link", name="make a topic of these words")
    expect(link).to_be_hidden()
    for asked, query in (
        ("apple", "apple"),
        (" APPLE  #4 ", "APPLE #4"),
        ('OR "so-so" c++ -x', '"OR" "so-so" "c++" "-x"'),
        ("überraschung 特斯拉", "überraschung 特斯拉"),
    ):
        quiet.locator("#q").fill(asked)
        expect(link).to_be_visible()
        address = urlsplit(str(link.get_attribute("href")))
        assert (address.path, parse_qs(address.query)) == ("/topics", {"query": [query]})
    quiet.locator("#q").fill('" "')
    expect(link).to_be_hidden()
    quiet.goto(url + "?q=apple")
    link.click()
    expect(quiet.get_by_label("Query", exact=True)).to_have_value("apple")


def test_a_query_out_of_the_address_is_tried_and_needs_only_to_be_added(url: str, quiet: Page) -> None:
    quiet.goto(url + "topics?query=" + quote('apple "APPLE"'))
    expect(quiet.get_by_label("Query", exact=True)).to_have_value('apple "APPLE"')
    expect(quiet.locator("#caught")).to_have_text(re.compile("10 of the newest 40 posts match"))
    expect(quiet.get_by_label("Title")).to_have_value("apple APPLE")
    quiet.get_by_role("button", name="Add topic").click()
    expect(quiet.locator("[data-topic=apple-apple] dd").first).to_have_text("10")
    hostile = f'"{HOSTILE[:120]}"'
    quiet.goto(url + "topics?query=" + quote(hostile))
    expect(quiet.get_by_label("Query", exact=True)).to_have_value(hostile)
    expect(quiet.locator("#caught")).to_have_text(re.compile("None of the newest 40 posts"))
    quiet.goto(url + "topics?query=" + "a" * 2000)
    expect(quiet.get_by_label("Query", exact=True)).to_have_value("a" * 1000)


def test_a_topic_is_tried_added_found_everywhere_changed_and_removed(url: str, quiet: Page) -> None:
    page = quiet
    page.goto(url + "topics")
    write(page, "Crème & apples", "apple -source:bluesky OR nowhere")
    expect(page.get_by_label("Name")).to_have_value("creme-apples")
    expect(page.locator("#caught")).to_have_text(re.compile("10 of the newest 40 posts match"))
    expect(page.locator("#found mark")).to_have_text(["APPLE"] * 10)
    page.get_by_label("Query", exact=True).press("Tab")
    page.get_by_role("button", name="Add topic").press("Enter")
    expect(page.locator("#said")).to_contain_text("Added.")
    added = page.locator("[data-topic=creme-apples]")
    expect(added.locator("dd").first).to_have_text("10")
    expect(added.locator("progress")).to_have_count(0)
    assert got(url, "v1/topics/creme-apples")["n"] == 10
    added.get_by_role("link", name="Crème & apples").click()
    expect(page.locator("#topic")).to_have_value("creme-apples")
    page.goto(url + "topics")
    page.get_by_role("button", name="Edit Crème & apples").click()
    expect(page.get_by_label("Title")).to_be_focused()
    write(page, "Pears", "pear")
    page.get_by_role("button", name="Save changes").click()
    expect(added.locator("dd").first).to_have_text("30")
    assert got(url, "v1/topics/creme-apples")["query"] == "pear"
    page.get_by_role("button", name="Delete Pears").click()
    expect(page.get_by_role("dialog", name="Delete Pears?")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    assert "creme-apples" in names(url)
    page.get_by_role("button", name="Delete Pears").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(added).to_have_count(0)
    assert "creme-apples" not in names(url)


def test_a_query_that_cannot_be_read_shows_where(url: str, page: Page) -> None:
    page.goto(url + "topics")
    query = page.get_by_label("Query", exact=True)
    write(page, "T", "😀 apple OR lang:klingon -b")
    page.get_by_role("button", name="Try query").click()
    expect(page.locator("#query-error")).to_contain_text("Column 12: ")
    expect(page.locator("#query-error mark")).to_have_text("lang:klingon")
    expect(query).to_have_attribute("aria-invalid", "true")
    chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert query.evaluate(chosen) == "lang:klingon"
    page.get_by_role("button", name="Add topic").click()
    expect(page.locator("#query-error")).to_be_visible()
    assert "t" not in names(url)
    query.fill("apple")
    expect(page.locator("#query-error")).to_be_hidden()
    expect(page.locator("#found li")).to_have_count(10)


def test_what_is_left_out_is_asked_for_in_words(url: str, quiet: Page) -> None:
    quiet.goto(url + "topics")
    quiet.get_by_role("button", name="Add topic").click()
    expect(quiet.locator("#problem")).to_have_text("Give it a title.")
    expect(quiet.get_by_label("Title")).to_be_focused()


def test_a_topic_that_changed_meanwhile_is_not_overwritten(url: str, page: Page) -> None:
    sent(url, "POST", "v1/topics", {"name": "fig", "title": "Figs", "query": "fig"})
    page.goto(url + "topics")
    page.get_by_role("button", name="Edit Figs").click()
    sent(url, "PUT", "v1/topics/fig", {"title": "Figs", "query": "fig OR date"})
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#problem")).to_contain_text("was changed, added or removed meanwhile")
    assert got(url, "v1/topics/fig")["query"] == "fig OR date"


@pytest.mark.parametrize("width", [390, 1440])
def test_a_hostile_topic_is_only_ever_text(url: str, quiet: Page, width: int) -> None:
    quiet.set_viewport_size({"width": width, "height": 844})
    sent(url, "POST", "v1/topics", {"name": "w" * 64, "title": HOSTILE, "query": f'"{HOSTILE}" OR {"x" * 300}'})
    quiet.goto(url + "topics")
    title = quiet.locator("[data-topic] h3 bdi").last
    expect(title).to_have_text(HOSTILE, use_inner_text=False)
    assert quiet.locator("[data-topic]").last.locator("script, img").count() == 0
    quiet.locator("[data-do=remove]").click()
    expect(quiet.locator("#removed")).to_have_text(HOSTILE, use_inner_text=False)
    assert quiet.evaluate("document.documentElement.scrollWidth") <= width
    quiet.get_by_role("button", name="Keep it").click()
    quiet.locator("[data-do=edit]").click()
    expect(quiet.locator("#rules code").first).to_contain_text("xxx")
    assert quiet.evaluate("document.documentElement.scrollWidth") <= width
