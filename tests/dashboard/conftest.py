"""A served page and a browser for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dashboard.served import Served, opened, recent, serving

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-gpu"
).split()

PATIENCE = 30_000
"""Milliseconds: what a page does at once takes many seconds on a machine that is busy."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    store = opened(tmp_path / "store.duckdb")
    with serving(Served(store, notice="These posts are invented.")) as served:
        yield served
    store.close()


@pytest.fixture
def served(empty: Served) -> Served:
    """Half an hour: 30 posts on apples of every label, 15 on pears, one from an unknown place."""
    labels = ("negative", "neutral", "positive", "positive", "unscored")
    apples = [recent(f"a{i}", i + 0.1, label=labels[i % 5]) for i in range(30)]
    pears = [recent(f"p{i}", i + 0.1, text=f"a pear {i}", label="negative", country=None) for i in range(15)]
    empty.load(apples + pears)
    return empty


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "there is no Chromium; install it: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
