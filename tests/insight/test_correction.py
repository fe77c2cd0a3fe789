from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.insight.drawn import correction
from voxpop import models
from voxpop.errors import Terminal
from voxpop.insight.cells import CELLS
from voxpop.insight.correction import FILE, Answered, Correction, concentration, find, fit


def answered(posts: int = 600, topics: int = 0, agree: float = 30.0) -> Answered:
    """Posts of three classes, whose cells and balance differ between topics as the concentration says."""
    dice = np.random.default_rng(4)
    cells, gold, names = [], [], []
    for at in range(max(topics, 1)):
        own = [dice.dirichlet(np.full(CELLS, agree / CELLS)) for _ in range(3)]
        classes = dice.choice(3, posts // max(topics, 1), p=dice.dirichlet(np.full(3, agree / 3)))
        gold += classes.tolist()
        cells += [dice.choice(CELLS, p=own[each]) for each in classes]
        names += [f"topic {at}" if topics else None] * len(classes)
    return Answered(np.array(cells), np.array(gold), names)


def test_counts_are_posts_by_cell_and_class() -> None:
    found = fit(answered(), answered())
    assert found.posts == 600 and found.spread is None and found.topics == 0
    assert found.likelihood.sum(axis=0) == pytest.approx(1)


def test_how_topics_differ_is_found_again() -> None:
    found = fit(answered(), answered(60_000, topics=200))
    assert found.topics == 200 and found.spread is not None
    assert found.spread == pytest.approx(30, rel=0.25)
    assert found.weight == pytest.approx(30, rel=0.25)
    assert (found.doubt > fit(answered(), answered()).doubt).all()


def test_rows_that_agree_as_chance_lets_them_have_the_greatest_concentration() -> None:
    assert concentration(np.random.default_rng(1).multinomial(50, [0.2, 0.3, 0.5], 400).astype(float)) > 200
    assert concentration(np.zeros((0, 3))) == 1000


def test_posts_that_were_not_scored_are_left_out() -> None:
    found = Answered.of(np.array([[0.8, 0.1, 0.1], [np.nan] * 3]), np.array([0, 1]), ["a", "b"])
    assert found.cells.tolist() == [1] and found.gold.tolist() == [0] and found.topics == ["a"]


def test_too_few_posts_of_a_class_are_refused() -> None:
    few = Answered(np.zeros(100, dtype=np.int64), np.array([0] * 60 + [1] * 40), [None] * 100)
    with pytest.raises(Terminal, match=r"0 of the labelled posts are positive; a correction needs 50"):
        fit(few, few)


def test_it_reads_back_as_it_was_written(tmp_path: Path) -> None:
    made = correction(spread=20.0)
    made.write(tmp_path / FILE)
    read = Correction.read(tmp_path / FILE)
    assert np.array_equal(read.counts, made.counts) and np.array_equal(read.doubt, made.doubt)
    assert (read.weight, read.topics, read.files) == (made.weight, made.topics, made.files)


@pytest.mark.parametrize(
    "change", [{"sure": 0.9}, {"counts": {}}, {"weight": "x"}, {"weight": 0}, {"spread": [1, -1, 1]}, {"topics": None}]
)
def test_what_is_no_correction_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    correction(spread=20.0).write(tmp_path / FILE)
    found = json.loads((tmp_path / FILE).read_text()) | change
    (tmp_path / FILE).write_text(json.dumps(found))
    with pytest.raises(Terminal, match="make it again with `voxpop calibrate`"):
        Correction.read(tmp_path / FILE)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="is no correction"):
        find(tmp_path, tmp_path / "none.json")


@pytest.mark.parametrize("name", models.bundled())
def test_bundled_models_have_a_correction_of_their_own(name: str) -> None:
    found = find(models.find(name))
    assert found is not None, "the model's files changed; make its correction again with `voxpop calibrate`"
    assert found.posts >= 2000 and found.topics > 100


def test_a_correction_is_of_one_model(tmp_path: Path) -> None:
    correction().write(tmp_path / "mine.json")
    assert find(tmp_path) is None
    assert find(tmp_path, tmp_path / "mine.json") is not None, "a model without files has no digest"
    with pytest.raises(Terminal, match="another model"):
        find(models.find("en-small"), tmp_path / "mine.json")
