"""Going to an address of the overview, and what the API counts for it."""

from __future__ import annotations

import csv
import io
import re
import urllib.request
from urllib.parse import parse_qs

from playwright.sync_api import Page, expect

from tests.dashboard.served import Served


def at(tab: Page, search: str) -> Page:
    """Go to an address as a link does, and wait for its answers."""
    tab.evaluate(
        """search => {
            history.pushState(null, "", search);
            window.dispatchEvent(new PopStateEvent("popstate"));
        }""",
        search,
    )
    exported(tab, search)
    return tab


def exported(tab: Page, search: str) -> str:
    """The address of the series on the screen, once it is of this choice."""
    asked = parse_qs(search.removeprefix("?"), keep_blank_values=True)
    link = tab.locator("#files a").first
    for name in ("topic", "country", "lang", "source", "label"):
        for value in asked.get(name, []):
            expect(link).to_have_attribute("href", re.compile(rf"[?&]{name}={value}(&|$)"))
        if name not in asked:
            expect(link).not_to_have_attribute("href", re.compile(rf"[?&]{name}="))
    for name, value in (("reposts", "false"), ("copies", "false"), ("one_voice", "true"), ("towards", "true")):
        of_topic = name != "towards" or "topic" in asked
        wanted = f"[?&]{name}={value}" if name in asked and of_topic else f"^(?!.*[?&]{name}=)"
        expect(link).to_have_attribute("href", re.compile(wanted))
    return link.get_attribute("href") or ""


def counted(filled: Served, href: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(filled.url + href) as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def total(found: list[dict[str, str]], name: str = "n") -> int:
    return sum(int(row[name]) for row in found)


DRAWN = """uid => document.querySelector("#trend .js-plotly-plot").data.find(each => each.uid === uid).y"""
