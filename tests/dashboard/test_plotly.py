"""The part of Plotly.js that the page draws with: what it is made of."""

from __future__ import annotations

import json
from pathlib import Path

from voxpop.dashboard.document import ASSETS

PART = (ASSETS / "plotly.min.js").read_text(encoding="utf-8")
WANTED = json.loads((Path(__file__).parents[2] / "charts" / "package.json").read_text(encoding="utf-8"))


def test_it_is_of_the_version_that_is_asked_for() -> None:
    version = WANTED["devDependencies"]["plotly.js"]
    assert PART.startswith(f"/*! plotly.js v{version} (scatter, "), "run: make charts"


def test_it_is_a_third_of_the_whole() -> None:
    # All of plotly.js 4 is 4.5 MB.
    assert len(PART) < 1_600_000
