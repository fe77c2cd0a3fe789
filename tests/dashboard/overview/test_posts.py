"""The overview's list of posts in a real browser, and what a reader takes along."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.overview.asking import at, counted
from tests.dashboard.served import Served

pytestmark = pytest.mark.browser


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
    expect(tab.locator("#q")).to_have_accessible_description(re.compile("this list alone"))
    # This service has no log to try a query in, and no topics that can be changed.
    expect(tab.locator("#q-topic")).to_have_count(0)
    expect(tab.locator("#cards .unit").first).to_have_text("60 posts")
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
    expect(tab.locator("#why-label")).to_have_text(re.compile(r"^Negative · [−+±]\d+ · \d+.% sure$"))
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
    expect(tab.locator("#coverage")).to_contain_text("of 60 posts")
    for label, begins in (("(PNG)", b"\x89PNG"), ("(SVG)", b"<svg")):
        for chart in ("Chart", "Map"):
            with tab.expect_download() as told:
                tab.get_by_role("button", name=f"{chart} {label}").click()
            picture = told.value.path().read_bytes()
            assert picture.startswith(begins)
            if begins == b"<svg":
                assert "Germany" in (drawn := picture.decode()) and ("of 60 posts" in drawn) is (chart == "Map")
                assert ("choroplethlayer" in drawn, "js-fill" in drawn) == (chart == "Map", chart == "Chart")
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
