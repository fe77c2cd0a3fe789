"""The page of the model in a real browser, on a real server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.pages.asking import got, sent
from tests.running import Running

pytestmark = pytest.mark.browser
TEXT = "The battery is great but the screen is horrible"


def test_a_text_gets_the_label_and_the_probabilities_of_the_api(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "model")
    quiet.get_by_label("Your text").press_sequentially(TEXT, delay=2)
    score = sent(whole.url, "POST", "v1/score", {"texts": [TEXT]})["scores"][0]
    share = f"{score['p_' + score['label']] * 100:.1f}"
    expect(quiet.locator("#verdict")).to_have_text(re.compile(f"{score['label']}, {share}.%", re.IGNORECASE))
    for label in ("negative", "neutral", "positive"):
        expect(quiet.locator(f"#share-{label}")).to_have_text(re.compile(f"{score['p_' + label] * 100:.1f}.%"))
    expect(quiet.locator("#words .word")).to_have_count(len(TEXT.split()))
    expect(quiet.locator("#words .negative.s5")).to_contain_text("horrible")


def test_a_text_in_another_language_is_unscored_until_it_is_asked_for(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "model")
    quiet.get_by_label("Your text").fill("Das ist wirklich eine große Enttäuschung für uns alle")
    expect(quiet.locator("#verdict")).to_contain_text("Unscored: the model does not read German")
    expect(quiet.locator("#chances")).to_be_hidden()
    quiet.get_by_label("Score it whatever its language").check()
    expect(quiet.locator("#chances")).to_be_visible()
    quiet.get_by_label("Your text").fill("")
    expect(quiet.locator("#verdict")).to_contain_text("Write a text")
    expect(quiet.locator("#chances")).to_be_hidden()


def test_a_hostile_text_is_only_ever_text(whole: Running, quiet: Page) -> None:
    quiet.set_viewport_size({"width": 390, "height": 844})
    quiet.goto(whole.url + "model")
    text = "<script>alert(1)</script> <img src=x onerror=alert(2)> \u202e مرحبا what a lovely day " + "w" * 300
    quiet.get_by_label("Your text").fill(text)
    expect(quiet.locator("#words .word").first).to_contain_text("<script>alert(1)</script>")
    assert quiet.locator("#words script, #words img").count() == 0
    assert quiet.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_figures_are_those_that_the_api_gives(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "model")
    found = got(whole.url, "v1/models/serving")
    report = next(iter(found["evaluation"].values()))
    first = quiet.locator("#quality tbody tr").first
    expect(first).to_contain_text(f"{report['macro_recall']:.3f}")
    low, high = report["macro_recall_interval"]
    expect(first).to_contain_text(f"({low:.3f} to {high:.3f})")
    expect(quiet.locator("#card code").first).to_have_text(found["model_id"])
    failed, count = (sum(test[key] for test in found["behaviour"]["lexicon"]["tests"]) for key in ("failed", "n"))
    expect(quiet.locator("#behaviour tr").last).to_contain_text(re.compile(f"{failed / count * 100:.1f}.%"))
    assert quiet.locator("#reliability circle").count() == sum(one["n"] > 0 for one in report["reliability"])
