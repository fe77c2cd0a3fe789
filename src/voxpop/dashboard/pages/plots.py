"""Plots as SVG that the server writes: figures in, markup out, coloured by the stylesheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Final

from voxpop.dashboard.markup import Markup, el
from voxpop.dashboard.pages import text, text_model

_SIDE: Final = 260
_LEFT: Final = 46
_BELOW: Final = 40
_TOP: Final = 8
_LARGEST: Final = 11.0


def reliability(bins: Sequence[Mapping[str, Any]]) -> Markup:
    """Share that is right by confidence, a point a bin, as large as it has posts; and the line where both agree.

    >>> "circle" in reliability([{"n": 4, "confidence": 0.9, "accuracy": 0.75}])
    True
    """
    known = [one for one in bins if one["n"]]
    most = max((one["n"] for one in known), default=1)
    points = [_point(one, most) for one in known]
    joined = " ".join(f"{_x(one['confidence'])},{_y(one['accuracy'])}" for one in known)
    line = el("polyline", points=joined, class_="line")
    diagonal = el("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="ideal")
    width, height = _LEFT + _SIDE + 14, _TOP + _SIDE + _BELOW
    return el(
        "svg", *_axes(), diagonal, line, *points, viewbox=f"0 0 {width} {height}", class_="plot", role="img",
        aria_label=f"{text_model.RELIABILITY}. {text_model.RELIABILITY_HELP}",
    )  # fmt: skip


def interval(value: float, bounds: Sequence[float], most: float) -> Markup:
    """A value between 0 and `most` as a bar, with its interval across the end.

    >>> interval(0.5, (0.4, 0.6), 1.0).count("<rect")
    2
    """
    shares = [max(0.0, min(1.0, one / most)) * 100 for one in (value, *bounds)]
    bar = el("rect", x=0, y=3, width=f"{shares[0]:.2f}", height=6, class_="value")
    ends = el("line", x1=f"{shares[1]:.2f}", x2=f"{shares[2]:.2f}", y1=6, y2=6, class_="bounds")
    ground = el("rect", x=0, y=3, width=100, height=6, class_="ground")
    return el(
        "svg", ground, bar, ends, viewbox="0 0 100 12", preserveAspectRatio="none", class_="bar", aria_hidden="true"
    )


def rate(fraction: float) -> Markup:
    """A share as a bar.

    >>> rate(0.25).count("<rect")
    2
    """
    ground = el("rect", x=0, y=0, width=100, height=6, class_="ground")
    bar = el("rect", x=0, y=0, width=f"{fraction * 100:.2f}", height=6, class_="failed")
    return el("svg", ground, bar, viewbox="0 0 100 6", preserveAspectRatio="none", class_="rate", aria_hidden="true")


def _axes() -> list[Markup]:
    parts: list[Markup] = []
    for at in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            el("line", x1=_x(at), x2=_x(at), y1=_y(0), y2=_y(1), class_="grid-line"),
            el("line", x1=_x(0), x2=_x(1), y1=_y(at), y2=_y(at), class_="grid-line"),
            el("text", f"{at:g}", x=_x(at), y=_y(0) + 15, text_anchor="middle"),
            el("text", f"{at:g}", x=_x(0) - 6, y=_y(at) + 4, text_anchor="end"),
        ]
    parts.append(el("text", text_model.CONFIDENCE, x=_x(0.5), y=_y(0) + 33, text_anchor="middle"))
    turned = f"rotate(-90 12 {_y(0.5)})"
    parts.append(el("text", text_model.RIGHT, x=12, y=_y(0.5), text_anchor="middle", transform=turned))
    return parts


def _point(one: Mapping[str, Any], most: int) -> Markup:
    radius = max(2.5, _LARGEST * sqrt(one["n"] / most))
    confidence, right = text.share(one["confidence"]), text.share(one["accuracy"])
    said = f"{text_model.CONFIDENCE} {confidence}, right {right}, {one['n']:,} posts"
    circle = el("circle", cx=_x(one["confidence"]), cy=_y(one["accuracy"]), r=f"{radius:.1f}")
    return el("g", el("title", said), circle, class_="point")


def _x(value: float) -> float:
    return round(_LEFT + value * _SIDE, 1)


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * _SIDE, 1)
