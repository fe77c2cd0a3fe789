from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxpop import evaluation, reliability
from voxpop.errors import Terminal
from voxpop.metrics import Answers

GOLD = np.array([0, 1, 2, 2])
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.0, 0.1, 0.9]])
ANSWERS = {"my $model": Answers(GOLD, PROBABILITIES.argmax(axis=1), PROBABILITIES), "other": evaluation.majority(GOLD)}


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_diagram_has_a_panel_a_model(kind: str, begins: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"diagram.{kind}"
    reliability.check(path)
    reliability.draw(path, evaluation.reports(ANSWERS, resamples=5))
    drawn = path.read_bytes()
    assert drawn.startswith(begins)
    if kind == "svg":
        # matplotlib draws letters as paths, and names each text in a comment.
        assert drawn.count(b"ECE") == 2
        assert b"<!-- other -->" in drawn


def test_a_model_that_scored_nothing_has_an_empty_panel(tmp_path: Path) -> None:
    nothing = Answers(GOLD, np.full(4, 3), np.full((4, 3), np.nan))
    reliability.draw(tmp_path / "empty.png", evaluation.reports({"nothing": nothing}, resamples=5))
    assert (tmp_path / "empty.png").stat().st_size > 1000


@pytest.mark.parametrize(("name", "fix"), [("diagram.gif", ".svg"), ("absent/diagram.png", "make it")])
def test_what_cannot_be_drawn_is_said_before_any_work(name: str, fix: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=fix):
        reliability.check(tmp_path / name)
