"""What the overview asks the server when answers are lost or late, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.conftest import PATIENCE
from tests.dashboard.served import Served, recent

pytestmark = pytest.mark.browser
QUESTIONS = re.compile(r"/overview/(board|places)\?")


def patiently(page: Page, held: list[Route], count: int) -> None:
    """Wait until so many were asked; Playwright hears of them while the page does."""
    for _ in range(1200):
        if len(held) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{len(held)} were asked, not {count}")


@pytest.mark.parametrize("part", ["board", "places"])
def test_a_first_question_that_is_lost_is_asked_again(served: Served, page: Page, part: str) -> None:
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if f"/overview/{part}?" in route.request.url and not lost:
            lost.append(route)
            return route.abort()
        route.continue_()

    page.route(QUESTIONS, lose)
    page.clock.install()
    page.goto(served.url)
    patiently(page, lost, 1)
    page.clock.fast_forward(4_000)
    expect(page.locator("#cards .unit").first).to_have_text("45 posts", timeout=4 * PATIENCE)
    expect(page.locator("#coverage")).to_contain_text("of 45 posts")
    page.wait_for_selector("#trend .scatterlayer .fills path", state="attached")


def test_answers_that_fail_are_said_and_the_numbers_of_before_stay(served: Served, page: Page) -> None:
    page.goto(served.url)
    expect(page.locator("#cards .unit").first).to_have_text("45 posts")
    page.route(QUESTIONS, lambda route: route.fulfill(status=429))
    served.load([recent("late", 0)])
    expect(page.locator("#failure")).to_have_text(re.compile("does not answer, and is asked again"))
    expect(page.locator("#cards .unit").first).to_have_text("45 posts")
    page.unroute(QUESTIONS)
    expect(page.locator("#cards .unit").first).to_have_text("46 posts")
    expect(page.locator("#failure")).to_be_hidden()


def test_an_answer_that_takes_long_is_waited_for_ever_longer_whatever_happens(served: Served, page: Page) -> None:
    held: list[Route] = []
    asked: list[int] = []

    def hold(route: Route) -> None:
        if "/overview/board?" not in route.request.url:
            return route.continue_()
        # The page's own time, a moment after it asked.
        asked.append(page.evaluate("Date.now()"))
        held.append(route)

    page.route(QUESTIONS, hold)
    page.clock.install()
    page.goto(served.url)
    served.load([recent("late", 0)])
    for _ in range(400):
        page.clock.fast_forward(500)
        page.wait_for_timeout(50)
        if len(held) >= 3:
            break
    first, second, third = asked
    # Another question meanwhile would take the place of the one before.
    assert second - first >= 6_000 and third - second >= 13_000
    held[-1].continue_()
    expect(page.locator("#cards .unit").first).to_have_text("46 posts", timeout=4 * PATIENCE)
