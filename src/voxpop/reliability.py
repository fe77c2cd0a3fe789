"""The reliability diagram: how often answers of a given confidence are right, one panel a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voxpop.errors import Terminal

KINDS = (".png", ".svg")
_COLOUR, _GAP, _QUIET = "#0E86A8", "#D55E00", "#7D8796"


def check(path: Path) -> None:
    """Tell before any work whether a diagram can be drawn to `path`.

    Raises:
        Terminal: the name ends in nothing that can be drawn, there is no such directory, or matplotlib is missing.
    """
    if path.suffix.lower() not in KINDS:
        raise Terminal(f"{path} is no picture; give --plot a name that ends in {' or '.join(KINDS)}")
    if not path.parent.is_dir():
        raise Terminal(f"there is no directory {path.parent}; make it, or give --plot another place")
    _figure_class()


def draw(path: Path, reports: Mapping[str, dict[str, Any]]) -> None:
    """Draw the `reliability` of each report: accuracy by bin of confidence, the gap to it, and how many are in a bin.

    Bars on the diagonal are perfect calibration (Niculescu-Mizil and Caruana 2005; Guo et al. 2017). The trap: a bin of
    few answers says little, so the counts stand below.
    """
    figure = _figure_class()(figsize=(3.6 * len(reports), 4.8), layout="constrained")
    panels = figure.subplots(2, len(reports), squeeze=False, sharex=True, height_ratios=[3, 1])
    for at, (name, report) in enumerate(reports.items()):
        bins = [bin for bin in report["reliability"] if bin["n"]]
        _accuracy(panels[0][at], bins)
        panels[0][at].set_title(_title(name, report), fontsize=10)
        panels[1][at].bar([bin["low"] for bin in bins], [bin["n"] for bin in bins], _width(bins), 0, **_bar(_QUIET))
        panels[1][at].set_xlabel("confidence")
    panels[0][0].set_ylabel("share that is right")
    panels[1][0].set_ylabel("posts")
    panels[0][0].legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=150)


def _accuracy(panel: Any, bins: list[dict[str, Any]]) -> None:
    left, right = [bin["low"] for bin in bins], [bin["accuracy"] for bin in bins]
    gaps = [bin["confidence"] - bin["accuracy"] for bin in bins]
    panel.bar(left, right, _width(bins), label="accuracy", **_bar(_COLOUR))
    panel.bar(left, gaps, _width(bins), bottom=right, alpha=0.35, hatch="//", label="gap", **_bar(_GAP))
    panel.plot([0, 1], [0, 1], "--", color=_QUIET, linewidth=1)
    panel.set(xlim=(0, 1), ylim=(0, 1))


def _title(name: str, report: Mapping[str, Any]) -> str:
    error = report["ece"]
    # A `$` would begin a formula.
    return f"{name}\nECE {'–' if error is None else f'{error:.3f}'}, {report['n']:,} posts".replace("$", r"\$")


def _width(bins: list[dict[str, Any]]) -> list[float]:
    return [bin["high"] - bin["low"] for bin in bins]


def _bar(colour: str) -> dict[str, Any]:
    return {"align": "edge", "color": colour, "edgecolor": "white", "linewidth": 0.5}


def _figure_class() -> Any:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise Terminal("--plot needs matplotlib; install it with `pip install 'voxpop[train]'`") from error
    return Figure
