"""What a person sees: pictures of every size and scheme, kept in `build/screens`, and read by their pixels."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.served import Served
from voxpop.dashboard.figures.colours import COLOURS

pytestmark = pytest.mark.browser

SCREENS = Path(__file__).parents[3] / "build" / "screens"
SIZES = {"wall": (2560, 1440), "desk": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
PAGES = {
    "overview": "?range=1h",
    "two-topics": "?topic=apple&topic=pear&range=1h",
    "model": "model",
    "topics": "topics",
}
PIXELS = """async ([picture, colours]) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    const found = Object.fromEntries(Object.keys(colours).map(name => [name, 0]));
    for (let at = 0; at < data.length; at += 4)
        for (const [name, rgb] of Object.entries(colours))
            if (rgb.every((value, part) => Math.abs(value - data[at + part]) < 6)) found[name] += 1;
    return found;
}"""

FITS = """() => {
    const bottom = place => document.querySelector(`#trend ${place}`).getBoundingClientRect().bottom;
    return bottom(".main-svg") <= bottom(".js-plotly-plot") + 1;
}"""


def shown(browser: Browser, served: Served, path: str, size: str, scheme: Literal["light", "dark"]) -> Page:
    """A page of its own that has shown what it has to show, without a word of complaint."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(served.url + path)
    page.wait_for_load_state("networkidle" if not path.startswith("?") else "load")
    if path.startswith("?"):
        page.wait_for_selector("#trend .js-plotly-plot .scatterlayer path")
        page.wait_for_selector("#atlas-graph .choroplethlayer path")
        # The lists come after the line, and the line's place is what they leave.
        page.wait_for_function(FITS)
    assert said == []
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_nothing_sticks_out_on_any_size_and_pictures_are_kept(
    browser: Browser, filled: Served, size: str, scheme: Literal["light", "dark"]
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    for name, path in PAGES.items():
        page = shown(browser, filled, path, size, scheme)
        picture = SCREENS / f"{name}-{size}-{scheme}.png"
        page.screenshot(path=picture, full_page=size == "phone")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"{name} sticks out"
        assert picture.stat().st_size > 10_000
        page.close()


def test_the_chart_s_picture_has_each_label_s_colour_by_its_share(browser: Browser, filled: Served) -> None:
    page = shown(browser, filled, "?range=1h", "desk", "light")
    picture = base64.b64encode(page.locator("#trend .js-plotly-plot").screenshot()).decode()
    wanted = {
        name: [int(COLOURS[name][at : at + 2], 16) for at in (1, 3, 5)] for name in ("negative", "neutral", "positive")
    }
    page.goto("about:blank")
    found = page.evaluate(PIXELS, [picture, wanted])
    page.close()
    # Of the sixty posts 20 are negative, 10 neutral, 20 positive.
    assert min(found.values()) > 100
    assert found["negative"] == pytest.approx(found["positive"], rel=0.35)
    assert found["neutral"] == pytest.approx(found["positive"] / 2, rel=0.5)
