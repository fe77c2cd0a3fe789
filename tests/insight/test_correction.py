from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.insight.drawn import correction
from voxpop import models
from voxpop.errors import Terminal
from voxpop.insight.correction import FILE, Correction, find


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
