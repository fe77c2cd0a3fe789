"""The page on which people label posts, in a real browser, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect

from tests.api.doors import shut
from tests.dashboard.pages.asking import got
from tests.dashboard.pages.test_navigation import AXE
from tests.dashboard.served import Served, opened, recent, serving
from tests.dashboard.test_door import sign_in
from voxpop.stores.corrections import Corrections, Wanted
from voxpop.stores.corrections import page as listed

pytestmark = pytest.mark.browser
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202e\u2066 مرحبا " + "w" * 130
LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def offered(tmp_path: Path) -> Iterator[Served]:
    """Six scored posts of today that nobody has labelled, one of them hostile."""
    store = opened(tmp_path / "store.duckdb")
    words = ("plum fig", "plum date", f"plum quince {HOSTILE}", "fig date", "fig quince", "date quince")
    with serving(Served(store, corrections=Corrections(store, tmp_path))) as served:
        served.load([
            recent(f"n{at}", at + 1, text=text, label=LABELS[at % 3], confidence=0.4 + at / 20)
            for at, text in enumerate(words)
        ])  # fmt: skip
        yield served
    store.close()


def given(served: Served) -> list[dict[str, Any]]:
    """The labels that were kept, newest first."""
    found: list[dict[str, Any]] = got(served.url, "v1/corrections")["corrections"]
    return found


def text(page: Page) -> str:
    """The post that is offered."""
    return page.locator("#post .text").inner_text()


def test_posts_are_labelled_by_the_keyboard_alone_and_the_model_speaks_last(offered: Served, quiet: Page) -> None:
    quiet.goto(offered.url + "label")
    progress, told = quiet.locator("#progress"), quiet.locator("#told")
    expect(progress).to_have_text("0 labelled, 6 suggested")
    first = text(quiet)
    assert not any(label in quiet.locator("#post").inner_text().lower() for label in LABELS)
    expect(told).to_have_text("")
    quiet.keyboard.press("1")
    expect(progress).to_have_text("1 labelled, 5 suggested")
    (kept,) = given(offered)
    assert (kept["text"].split(), kept["label"], kept["drawn"], kept["author"]) == (
        first.split(), "negative", "next", "local",
    )  # fmt: skip
    said = "and so did the model" if kept["model_label"] == "negative" else f"The model had said {kept['model_label']}"
    expect(told).to_contain_text(said)
    second = text(quiet)
    assert second != first
    quiet.keyboard.press("0")
    expect(progress).to_have_text("1 labelled, 4 suggested")
    expect(told).to_have_text("Skipped. Nothing was kept.")
    assert len(given(offered)) == 1
    quiet.keyboard.press("u")
    expect(progress).to_have_text("1 labelled, 5 suggested")
    assert text(quiet) == second
    quiet.keyboard.press("u")
    expect(progress).to_have_text("0 labelled, 6 suggested")
    assert text(quiet) == first and given(offered) == []
    expect(quiet.locator("#back")).to_be_disabled()


def test_how_often_one_agrees_is_counted_and_is_there_after_a_reload(offered: Served, quiet: Page) -> None:
    quiet.goto(offered.url + "label")
    for left in (5, 4, 3, 2, 1):
        quiet.locator("#choices button", has_text="Positive").click()
        expect(quiet.locator("#progress")).to_have_text(f"{6 - left} labelled, {left} suggested")
    agreed = sum(one["model_label"] == "positive" for one in given(offered))
    for _ in range(2):
        expect(quiet.locator("#agreed-next")).to_contain_text(f"{agreed} of 5 ({20 * agreed}")
        expect(quiet.locator("#progress")).to_have_text("5 labelled, 1 suggested")
        quiet.reload()
    quiet.get_by_label("Offer", exact=True).select_option("random")
    expect(quiet.locator("#progress")).to_have_text("5 labelled, 1 suggested")
    quiet.keyboard.press("Tab")
    quiet.keyboard.press("2")
    expect(quiet.locator("#nothing")).to_be_visible()
    expect(quiet.locator("#nothing-heading")).to_be_focused()
    expect(quiet.locator("#agreed-random")).to_contain_text("of 1 (")
    assert given(offered)[0]["drawn"] == "random"


def test_what_could_not_be_kept_is_said_and_the_post_stays(offered: Served, page: Page) -> None:
    page.goto(offered.url + "label")
    expect(page.locator("#progress")).to_have_text("0 labelled, 6 suggested")
    before = text(page)
    page.route("**/v1/corrections", lambda route: route.abort())
    page.keyboard.press("2")
    expect(page.locator("#problem")).to_contain_text("Not kept: the server does not answer")
    assert text(page) == before
    page.unroute("**/v1/corrections")
    page.keyboard.press("2")
    expect(page.locator("#progress")).to_have_text("1 labelled, 5 suggested")
    expect(page.locator("#problem")).to_be_hidden()
    assert given(offered)[0]["text"].split() == before.split()


def test_posts_that_cannot_be_offered_are_asked_for_again(offered: Served, page: Page) -> None:
    def refuse(route: Route) -> None:
        problem = {"title": "Service Unavailable", "status": 503, "detail": "the store is <b>away</b>"}
        route.fulfill(status=503, body=json.dumps(problem), content_type="application/problem+json")

    page.route("**/v1/corrections/next?*", refuse)
    page.goto(offered.url + "label")
    expect(page.locator("#problem")).to_have_text("Posts could not be offered: the store is <b>away</b>")
    page.unroute("**/v1/corrections/next?*")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#post .text")).to_be_visible()
    expect(page.locator("#problem")).to_be_hidden()


def test_keys_can_be_turned_off_and_stay_off(offered: Served, quiet: Page) -> None:
    quiet.goto(offered.url + "label")
    expect(quiet.locator("#progress")).to_have_text("0 labelled, 6 suggested")
    quiet.get_by_label("Label by key").uncheck()
    quiet.reload()
    expect(quiet.locator("#progress")).to_have_text("0 labelled, 6 suggested")
    quiet.keyboard.press("1")
    quiet.locator("#choices button", has_text="Neutral").press("Enter")
    expect(quiet.locator("#progress")).to_have_text("1 labelled, 5 suggested")
    assert [one["label"] for one in given(offered)] == ["neutral"]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_hostile_post_is_only_ever_text(offered: Served, quiet: Page, width: int) -> None:
    quiet.set_viewport_size({"width": width, "height": 844})
    quiet.goto(offered.url + "label")
    shown = quiet.locator("#post .text")
    for _ in range(6):
        expect(shown).to_be_visible()
        assert quiet.locator("#post script, #post img").count() == 0
        assert quiet.evaluate("document.documentElement.scrollWidth") <= width
        if HOSTILE[:20] in shown.inner_text():
            return
        quiet.keyboard.press("0")
    pytest.fail("it was not offered")


def test_nothing_to_label_says_what_to_do(empty: Served, tmp_path: Path, quiet: Page) -> None:
    with serving(Served(empty.store, corrections=Corrections(empty.store, tmp_path))) as served:
        quiet.goto(served.url + "label")
        expect(quiet.locator("#nothing")).to_contain_text("voxpop run --source bluesky")
        expect(quiet.locator("#choices")).to_be_hidden()
        quiet.keyboard.press("1")
        results = Axe().run(quiet, options=AXE)
        assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_passes_axe_once_something_is_said(offered: Served, quiet: Page, scheme: Literal["light", "dark"]) -> None:
    quiet.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    quiet.goto(offered.url + "label")
    expect(quiet.locator("#post .text")).to_be_visible()
    quiet.keyboard.press("1")
    expect(quiet.locator("#back")).to_be_enabled()
    results = Axe().run(quiet, options=AXE)
    assert results.violations_count == 0, results.generate_report()


def test_a_key_signs_and_takes_back_through_its_session(tmp_path: Path, quiet: Page) -> None:
    closed = shut(tmp_path)
    store = opened(tmp_path / "store.duckdb")
    kept = Corrections(store, tmp_path)
    with serving(Served(store, door=closed.door, corrections=kept)) as served:
        served.load([recent(f"n{at}", at + 1, confidence=0.5) for at in range(3)])
        sign_in(quiet, served.url + "label", closed.key("ana", ["read", "label"]))
        expect(quiet.locator("#agreed")).to_contain_text("ana")
        expect(quiet.locator("#post .text")).to_be_visible()
        quiet.keyboard.press("2")
        expect(quiet.locator("#told")).to_have_text("You said neutral, and so did the model.")
        assert [row["author"] for row in listed(store, Wanted(), 9).to_pylist()] == ["ana"]
        quiet.get_by_role("button", name="Take the last one back").click()
        expect(quiet.locator("#told")).to_have_text("Taken back. Here it is again.")
        expect(quiet.locator("#post")).to_be_focused()
        assert listed(store, Wanted(), 9).num_rows == 0
    store.close()
