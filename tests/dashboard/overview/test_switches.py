"""Near-copies folded and one voice each, in a real browser: the page, the API and the command line say the same."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.command import voxpop
from tests.dashboard.overview.asking import at, counted, exported, total
from tests.dashboard.served import Served

pytestmark = pytest.mark.browser


def test_the_switches_change_the_figures_and_page_api_and_command_line_agree(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    expect(tab.locator("#coverage")).to_contain_text("of 60 posts")
    unit = tab.locator("#cards .unit").first
    expect(unit).to_have_text("60 posts")
    expect(tab.locator("#folded")).to_be_hidden()
    tab.locator("#more-filters > summary").click()
    tab.get_by_role("switch", name="Count near-copies").click()
    expect(tab).to_have_url(filled.url + "?range=1h&copies=0")
    # Ten posts are nearly one text, and two of those are reposts.
    expect(unit).to_have_text("53 posts")
    expect(tab.locator("#folded")).to_have_text("Of the period's 60 posts 53 count: 7 near-copies do not.")
    tab.get_by_role("switch", name="One voice each").click()
    query = "?range=1h&copies=0&one_voice=1"
    expect(tab).to_have_url(filled.url + query)
    expect(tab.locator("#folded")).to_contain_text("further posts of the same authors do not.")
    tab.locator("#more-filters > summary").click()
    expect(tab.locator("#chips .chip")).to_have_count(2)
    href = exported(tab, query)
    n = total(counted(filled, href))
    expect(unit).to_have_text(f"{n} posts")
    with urllib.request.urlopen(filled.url + href.replace("export/buckets", "buckets")) as answer:
        folded = json.load(answer)["folded"]
    assert 0 < n == folded["posts"] - folded["copies"] - folded["repeats"] < 53
    asked = ("query", "posts", "--no-copies", "--one-voice", "--format", "jsonl", "--url", filled.url)
    assert len(voxpop(*asked).stdout.splitlines()) == n
    tab.get_by_role("link", name="Reset filters").click()
    expect(unit).to_have_text("60 posts")
    expect(tab.locator("#folded")).to_be_hidden()


def test_too_many_posts_are_said_where_the_charts_would_be(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    assert filled.running
    views = filled.running.views
    most = views.most
    views.most = 30
    try:
        # A choice that nobody made before, so that no view of it is kept.
        at(tab, "?range=1h&reposts=0&one_voice=1")
        refused = tab.locator("#refused")
        expect(refused).to_contain_text("45 posts are too many to look at one by one")
        expect(refused).to_contain_text("choose a shorter time or a narrower topic, with at most 30 posts.")
        expect(tab.locator("#board")).to_be_hidden()
        expect(tab.locator("#chips .chip")).to_have_count(2)
        tab.get_by_role("link", name="Reset filters").click()
        expect(refused).to_be_hidden()
        expect(tab.locator("#cards .unit").first).to_have_text("60 posts")
        expect(tab.locator("#trend .js-plotly-plot")).to_be_visible()
    finally:
        views.most = most
