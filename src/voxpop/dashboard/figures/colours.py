"""The colours of sentiment."""

from __future__ import annotations

from typing import Any, Final

COLOURS: Final = {"negative": "#D55E00", "neutral": "#7D8796", "positive": "#0E86A8", "unscored": "#7D879659"}
"""Vermillion and blue stay apart for every kind of colour blindness; each is at least 3:1 on both backgrounds."""

SEQUENTIAL: Final[list[list[Any]]] = [[0.0, "#0E86A830"], [1.0, "#0E86A8"]]
"""Volume from nothing to the most: the more, the less transparent, so that it reads on both backgrounds."""

DIVERGING: Final[list[list[Any]]] = [
    [0.0, "#B24E00"],
    [0.25, "#E2873F"],
    [0.5, "#A9B0BA"],
    [0.75, "#3FA3C0"],
    [1.0, "#0A6580"],
]
"""Net sentiment from its lowest to its highest: darker is further from zero, orange below it and blue above."""
