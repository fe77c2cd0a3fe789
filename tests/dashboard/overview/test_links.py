"""Links of the overview while the answer to an earlier choice is awaited, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.overview.asking import at, counted, exported, total
from tests.dashboard.served import Served

pytestmark = pytest.mark.browser
QUESTIONS = re.compile(r"/overview/(board|places)\?")


class Questions:
    """What the page asks about an address, held while it is told to."""

    def __init__(self) -> None:
        self._holds = False
        self._held: list[Route] = []

    def heard(self, route: Route) -> None:
        if self._holds:
            self._held.append(route)
        else:
            route.continue_()

    def hold(self) -> None:
        self._holds = True

    def release(self) -> None:
        self._holds = False
        while self._held:
            self._held.pop(0).continue_()


@pytest.fixture
def questions(tab: Page) -> Iterator[Questions]:
    """Held ones are let go at the end of a test, however it ends."""
    found = Questions()
    tab.route(QUESTIONS, found.heard)
    yield found
    found.release()
    tab.unroute(QUESTIONS)


def pick(tab: Page, part: str, name: str) -> None:
    tab.locator(part).get_by_role("link", name=name).click()


def test_a_click_before_the_answer_to_the_one_before_takes_both_choices(
    filled: Served, tab: Page, questions: Questions
) -> None:
    at(tab, "?range=1h&lang=en")
    expect(tab.locator("#places")).to_contain_text("Germany")
    questions.hold()
    pick(tab, "#places", "Germany")
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&lang=en")
    pick(tab, "#places", "United States")
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE&country=US&lang=en")
    pick(tab, "#topics", "Apple")
    pick(tab, "#mix", "French")
    # What was chosen long before can be lifted as well.
    pick(tab, "#chips", "English")
    wanted = "?topic=apple&range=1h&country=DE&country=US&lang=fr"
    expect(tab).to_have_url(filled.url + wanted)
    # The same link twice is one choice, not a choice and its end.
    pick(tab, "#mix", "French")
    expect(tab).to_have_url(filled.url + wanted)
    questions.release()
    n = total(counted(filled, exported(tab, wanted)))
    assert 0 < n < 60
    expect(tab.locator("#cards .unit").first).to_have_text(f"{n} posts")
    expect(tab.locator("#places .chosen")).to_have_count(2)


def test_a_reset_lifts_what_was_chosen_a_moment_ago(filled: Served, tab: Page, questions: Questions) -> None:
    at(tab, "?range=6h&source=x&map=volume")
    expect(tab.locator("#chips .chip")).to_have_count(1)
    questions.hold()
    pick(tab, "#places", "Germany")
    tab.get_by_role("link", name="Reset filters").click()
    expect(tab).to_have_url(filled.url + "?range=6h&map=volume")
    questions.release()
    expect(tab.locator("#cards .unit").first).to_have_text("60 posts")


def test_the_page_is_busy_until_a_link_or_the_way_back_is_answered(
    filled: Served, tab: Page, questions: Questions
) -> None:
    at(tab, "?range=1h")
    main = tab.locator("#main")
    expect(main).not_to_have_attribute("aria-busy", "true")
    questions.hold()
    pick(tab, "#mix", "French")
    expect(main).to_have_attribute("aria-busy", "true")
    questions.release()
    expect(main).not_to_have_attribute("aria-busy", "true")
    expect(tab.locator("#cards .unit").first).to_have_text("20 posts")
    questions.hold()
    tab.go_back()
    expect(main).to_have_attribute("aria-busy", "true")
    questions.release()
    expect(main).not_to_have_attribute("aria-busy", "true")
    expect(tab.locator("#cards .unit").first).to_have_text("60 posts")


def test_a_link_stays_where_it_is_and_opens_elsewhere_with_a_key_held_down(filled: Served, tab: Page) -> None:
    at(tab, "?range=1h")
    # So low that there is something to scroll.
    tab.set_viewport_size({"width": 1440, "height": 500})
    link = tab.locator("#places").get_by_role("link", name="Germany")
    link.scroll_into_view_if_needed()
    assert tab.evaluate("window.scrollY") > 0
    top = "document.getElementById('places').getBoundingClientRect().top"
    before = tab.evaluate(top)
    with tab.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    opened.value.close()
    expect(tab).to_have_url(filled.url + "?range=1h")
    link.click()
    expect(tab).to_have_url(filled.url + "?range=1h&country=DE")
    expect(tab.locator("#cards .unit").first).to_have_text("24 posts")
    # On the screen, though a chip has come above it.
    assert tab.evaluate(top) == pytest.approx(before, abs=2)
    tab.set_viewport_size({"width": 1440, "height": 1000})
