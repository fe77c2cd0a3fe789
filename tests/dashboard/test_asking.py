"""What the overview asks the server when answers are lost or late, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.conftest import PATIENCE
from tests.dashboard.served import Served, recent

pytestmark = pytest.mark.browser
QUESTIONS = "**/_dash-update-component*"


def is_about(route: Route, output: str) -> bool:
    """Whether the page asks for what fills this."""
    asked = route.request.post_data_json
    return isinstance(asked, dict) and output in asked["output"]


def patiently(page: Page, held: list[Route], count: int) -> None:
    """Wait until so many were asked; Playwright hears of them while the page does."""
    for _ in range(1200):
        if len(held) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{len(held)} were asked, not {count}")


@pytest.mark.parametrize("output", ["default.data", "figure.data", "atlas.data"])
def test_a_first_question_that_is_lost_is_asked_again(served: Served, page: Page, output: str) -> None:
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if is_about(route, output) and not lost:
            lost.append(route)
            return route.abort()
        route.continue_()

    page.route(QUESTIONS, lose)
    page.clock.install()
    page.goto(served.url)
    patiently(page, lost, 1)
    page.wait_for_function("() => document.getElementById('main')")
    page.clock.fast_forward(9_000)
    expect(page.locator("#cards .unit").first).to_have_text("45 posts", timeout=4 * PATIENCE)
    expect(page.locator("#coverage")).to_contain_text("of 45 posts")
    page.wait_for_selector("#trend .bars .point", state="attached")


def test_an_answer_that_takes_long_is_waited_for_ever_longer_whatever_happens(served: Served, page: Page) -> None:
    held: list[tuple[int, Route]] = []

    def hold(route: Route) -> None:
        if not is_about(route, "figure.data") or "range=" not in str(route.request.post_data):
            return route.continue_()
        asked = route.request.post_data_json
        assert isinstance(asked, dict)
        (seq,) = [one.get("value") for one in asked["inputs"] if one["id"] == "seq"]
        # The page's own time; whatever the reader chose has none.
        if seq:
            held.append((seq[1], route))

    page.route(QUESTIONS, hold)
    page.clock.install()
    page.goto(served.url)
    served.load([recent("late", 0)])
    for _ in range(400):
        page.clock.fast_forward(500)
        page.wait_for_timeout(50)
        if len(held) >= 3:
            break
    first, second, third = (at for at, _ in held)
    # Another question meanwhile would make Dash forget the answer to the one before.
    assert second - first >= 16_000 and third - second >= 32_000
    held[-1][1].continue_()
    expect(page.locator("#cards .unit").first).to_have_text("46 posts", timeout=4 * PATIENCE)
