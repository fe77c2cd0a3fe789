"""The page of sources in a real browser, on a real server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.pages.asking import got
from tests.running import Running

pytestmark = pytest.mark.browser


def test_the_page_agrees_with_the_api(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "sources")
    status = got(whole.url, "v1/status")["pipeline"]
    account = status["account"]
    assert account["quarantined"] == 3 and account["landed"] == 40
    shown = quiet.locator("#account dd b").all_inner_texts()
    assert [int(n) for n in shown[:4]] == [account[key] for key in ("read", "landed", "duplicate", "quarantined")]
    assert int(shown[4]) == sum(account["ignored"].values())
    (name,) = status["sources"]
    expect(quiet.locator(f"[id='source-{name}']")).to_contain_text("Read to the end")
    assert list(status["read_to_the_end"]) == [name]
    set_aside = got(whole.url, "v1/quarantine")
    expect(quiet.locator("#quarantined")).to_have_text(str(set_aside["records"]))
    assert quiet.locator("#quarantine tbody th").all_inner_texts() == [one["reason"] for one in set_aside["reasons"]]
    expect(quiet.locator("#networks tbody tr")).to_contain_text("40")


def test_a_gap_is_shown_with_its_loss_and_as_text(whole: Running, quiet: Page) -> None:
    quiet.goto(whole.url + "sources")
    gap = quiet.locator("#gaps tbody tr")
    expect(gap).to_contain_text("Missed")
    expect(gap).to_contain_text("5 min")
    expect(gap).to_contain_text("the host was <b>away</b>; about 1,200 posts")
    expect(quiet.get_by_text("voxpop doctor --network")).to_be_visible()
