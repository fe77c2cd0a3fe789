"""The switch to what posts say of the topic, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.overview.asking import at, counted, exported, total
from tests.dashboard.served import Served

pytestmark = pytest.mark.browser


def test_the_switch_changes_every_figure_to_what_is_said_of_the_topic(filled: Served, tab: Page) -> None:
    at(tab, "?topic=apple&range=1h")
    before = counted(filled, exported(tab, "?topic=apple&range=1h"))
    tab.locator("#more-filters > summary").click()
    tab.get_by_role("switch", name="Towards the topic").click()
    expect(tab).to_have_url(filled.url + "?topic=apple&range=1h&towards=1")
    tab.locator("#more-filters > summary").click()
    expect(tab.locator("#chips")).to_contain_text("towards the topic")
    now = counted(filled, exported(tab, "?topic=apple&range=1h&towards=1"))
    assert total(now) == total(before) > 0
    assert [total(now, name) for name in ("n_neg", "n_unscored")] != [
        total(before, name) for name in ("n_neg", "n_unscored")
    ]
    assert total(now, "n_unscored") == 0 < total(before, "n_unscored")
    expect(tab.locator("#posts")).to_contain_text("an apple")
    expect(tab.locator("#posts")).not_to_contain_text("nscored")
    # Without a topic there is nothing to be for or against.
    at(tab, "?range=1h&towards=1")
    expect(tab.locator("#chips .chip")).to_have_count(0)
    expect(tab.locator("#files a").first).not_to_have_attribute("href", re.compile("towards"))
