"""The part of Plotly.js that the page draws with: what it is made of, and that Python's figures are meant for it."""

from __future__ import annotations

import re
from importlib.resources import files

import plotly

from voxpop.dashboard import app

PART = (files(app.__package__) / "assets" / "plotly.min.js").read_text(encoding="utf-8")
WHOLE = (files(plotly) / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def test_it_is_of_the_version_that_the_package_brings() -> None:
    version = re.search(r"plotly\.js v([\d.]+)", WHOLE)
    assert version and PART.startswith(f"/*! plotly.js v{version[1]} ("), "run: make charts"


def test_it_is_a_third_of_the_whole() -> None:
    assert len(PART) < 0.35 * len(WHOLE)
