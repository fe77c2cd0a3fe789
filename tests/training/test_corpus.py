"""The texts of a recipe: labelled posts that are added, such as corrections."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
from voxpop.training.corpus import read_corpus
from voxpop.training.recipe import Recipe

HEAD = "label\ttext\n"


def recipe(home: Path, **more: object) -> Recipe:
    files = {"data": "neutral\tit opens at nine\n", "dev": "positive\tso good\n"}
    for name, rows in files.items():
        (home / f"{name}.tsv").write_text(HEAD + rows)
    return Recipe.of({**{name: str(home / f"{name}.tsv") for name in files}, "base": "b", "out": str(home), **more})


def test_added_posts_are_learned_from_counted_and_kept_out_of_dev(tmp_path: Path) -> None:
    (tmp_path / "one.tsv").write_text(HEAD + "negative\tdown again\nneutral\tso good\n")
    (tmp_path / "two.jsonl").write_text('{"label": "positive", "text": "worth it", "post_id": "x:1"}\n')
    names = [str(tmp_path / "one.tsv"), str(tmp_path / "two.jsonl")]
    corpus = read_corpus(recipe(tmp_path, add=names).inputs)
    assert corpus.train.texts == ["it opens at nine", "down again", "worth it"]
    assert (corpus.train.gold, corpus.added) == ([1, 0, 2], dict(zip(names, (1, 1), strict=True)))


def test_a_run_of_before_is_the_same_run_where_nothing_is_added(tmp_path: Path) -> None:
    assert "add" not in recipe(tmp_path).identity()
    assert recipe(tmp_path, add=["c.tsv"]).identity()["add"] == ["c.tsv"]
