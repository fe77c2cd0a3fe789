"""What somebody at a browser waits for, told by the page's own clock."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

QUIET = "--no-sandbox --disable-gpu --disable-background-networking --no-first-run --js-flags=--expose-gc".split()
PATIENCE = 60_000
SEARCH = "range=24h"
"""What a page of ours shows."""

WATCH = """
(() => {
  // The sums of what is drawn, and the numbers beside it: both change with a filter.
  const drawn = () => {
    const graph = document.querySelector(".js-plotly-plot");
    const volumes = document.querySelector(".js-plotly-plot :is(.bars .point, .fills) path");
    if (!graph || !graph._fullData || !volumes) return null;
    return graph._fullData.map((each) => [each.uid, ...(each.y || [])].join()).join(";");
  };
  const numbers = (at) => [...document.querySelectorAll(at)].map((each) => each.textContent).join("|");
  const bench = window.bench = { first: null, took: null, tasks: [] };
  const look = () => {
    if (bench.first === null && drawn() !== null) bench.first = performance.now();
    if (bench.begun) {
      const [chart, figures] = [drawn(), numbers(bench.at)];
      if (chart !== null && chart !== bench.chart && figures && figures !== bench.figures) {
        bench.took = performance.now() - bench.begun;
        bench.begun = null;
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  bench.arm = (at) => {
    Object.assign(bench, { at, took: null, begun: null });
    // As they are at the click: an update may have come since this was called.
    const begin = () => Object.assign(bench, { begun: performance.now(), chart: drawn(), figures: numbers(at) });
    document.addEventListener("pointerup", begin, { capture: true, once: true });
  };
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) bench.tasks.push([one.startTime, one.duration]);
  }).observe({ type: "longtask", buffered: true });
})();
"""


@dataclass(frozen=True)
class Kind:
    """A page to measure: its address below the root, where its numbers stand, what chooses a topic, and the first."""

    address: str
    numbers: str
    topic: str
    first: int


OURS = Kind(f"?{SEARCH}", "#cards .unit", "#topics table a >> nth={place}", 0)
RADIO = "[data-testid=stRadio] [role=radiogroup] >> nth=0"
PEER = Kind("", "[data-testid=stMetricValue]", RADIO + " >> label >> nth={place}", 1)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("there is no Chromium; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        try:
            yield browser
        finally:
            # It may be gone: then there is nothing to close.
            with suppress(Error):
                browser.close()


@contextmanager
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that was never here before."""
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE)
    made.add_init_script(WATCH)
    try:
        yield made
    finally:
        with suppress(Error):
            made.close()


def first_chart(browser: Browser, url: str, kind: Kind, rounds: int, budget: float) -> tuple[list[float], list[float]]:
    """Milliseconds from navigation to the first chart: the first visit, and the next with what the browser kept.

    Of so many rounds as many are done as begin within `budget` seconds.
    """
    new: list[float] = []
    again: list[float] = []
    end = time.monotonic() + budget
    for _ in range(rounds):
        if new and time.monotonic() > end:
            break
        with context(browser) as visitor:
            for times in (new, again):
                page = visitor.new_page()
                page.goto(url + kind.address)
                page.wait_for_function("() => window.bench.first !== null")
                times.append(float(page.evaluate("window.bench.first")))
                page.close()
    return new, again


def opened(visitor: BrowserContext, url: str, kind: Kind) -> Page:
    """A page with its first chart on it, and the numbers beside."""
    page = visitor.new_page()
    page.goto(url + kind.address)
    page.wait_for_function("() => window.bench.first !== null")
    page.wait_for_selector(kind.numbers)
    page.wait_for_timeout(1500)
    return page


def filter_changes(page: Page, kind: Kind, times: int, budget: float) -> list[float]:
    """Milliseconds from a click on a topic until chart and numbers are of it; as many as begin in `budget` seconds."""
    took: list[float] = []
    end = time.monotonic() + budget
    for number in range(times):
        if took and time.monotonic() > end:
            break
        page.evaluate("at => window.bench.arm(at)", kind.numbers)
        # Clicks lead from topic to topic, so every one changes what is shown.
        page.locator(kind.topic.format(place=kind.first + number % 4)).click()
        page.wait_for_function("() => window.bench.took !== null")
        took.append(float(page.evaluate("window.bench.took")))
        page.wait_for_timeout(150)
    return took


def moved(page: Page) -> tuple[int, float]:
    """Zoom into the chart, move it, go back, and change its filter: how many tasks over 50 ms, and the longest."""
    page.get_by_text("Drag zooms").click()
    page.evaluate("window.bench.tasks.length = 0")
    box = page.locator("#trend .nsewdrag").first.bounding_box()
    assert box
    for left, right in ((0.2, 0.8), (0.3, 0.7), (0.1, 0.6)):
        page.mouse.move(box["x"] + box["width"] * left, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * right, box["y"] + 30, steps=25)
        page.mouse.up()
        page.wait_for_timeout(400)
    # Along its axis the chart moves under the pointer.
    axis = page.locator("#trend .ewdrag").first.bounding_box()
    if axis:
        page.mouse.move(axis["x"] + axis["width"] * 0.7, axis["y"] + axis["height"] / 2)
        page.mouse.down()
        page.mouse.move(axis["x"] + axis["width"] * 0.3, axis["y"] + axis["height"] / 2, steps=30)
        page.mouse.up()
    page.locator("#trend .nsewdrag").first.dblclick()
    filter_changes(page, OURS, 4, 60)
    tasks = [duration for _, duration in page.evaluate("window.bench.tasks")]
    return len(tasks), max(tasks, default=0.0)


def heap(page: Page, minutes: float) -> list[tuple[float, float]]:
    """Megabytes of JavaScript after a collection, by minutes, while the page follows along."""
    every = min(15.0, minutes * 60 / 8)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    found = []
    for step in range(round(minutes * 60 / every) + 1):
        page.wait_for_timeout(every * 1000 if step else 0)
        session.send("HeapProfiler.collectGarbage")
        metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
        used = next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")
        found.append((step * every / 60, used / 1e6))
    return found
