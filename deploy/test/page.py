"""The dashboard in a browser, as a reader sees it."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

from deploy.test.bench import TEXT, URL, Bench
from deploy.test.waiting import PATIENCE, told

FLAGS: Final = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def look(bench: Bench) -> None:
    """Sign in with the key, read count and text, and see the count rise by itself when more is posted.

    The console of the browser has to stay empty, and nothing else may be asked than this one address.
    """
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _is_ours(request.url, complaints))
        page.goto(URL + "/")
        page.get_by_label("API key").fill(bench.key)
        page.get_by_role("button", name="Sign in").click()
        _counts(page, bench.posted)
        page.get_by_text(TEXT.format(bench.posted - 1)).first.wait_for()
        bench.post(5)
        _counts(page, bench.posted)
        page.get_by_text(TEXT.format(bench.posted - 1)).first.wait_for()
        browser.close()
    assert not complaints, complaints
    told(f"a browser signs in, shows {bench.posted - 5} posts, then {bench.posted} without a reload, and is content")


def _counts(page: Page, number: int) -> None:
    expect(page.locator("#cards .unit").first).to_have_text(f"{number} posts", timeout=PATIENCE * 1000)


def _is_ours(url: str, complaints: list[str]) -> None:
    if not url.startswith((URL, "data:", "blob:")):
        complaints.append(f"asked {url}")
