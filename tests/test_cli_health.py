"""`voxpop health`: what is normal is written from labelled posts, and a store is held against it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.test_cli_corrections import POSTS, answer, home, voxpop
from voxpop import models
from voxpop.insight import health

__all__ = ["home"]


def test_posts_are_held_against_what_is_normal(home: Path, tmp_path: Path) -> None:
    at = ("--config", home / "voxpop.toml")
    found = answer("health", *at)
    assert [one["name"] for one in found["measures"]] == list(health.MEASURES)
    assert found["drifted"] and {"vocabulary"} <= {one["name"] for one in found["measures"] if one["drifted"]}
    shown = voxpop("health", *at).stdout.splitlines()
    assert len(shown) == 2 + len(health.MEASURES) and shown[2].startswith("scores")
    # The same model, measured on posts like those of the store.
    model = tmp_path / "own"
    shutil.copytree(models.find("en-small"), model)
    (model / health.FILE).unlink()
    assert "voxpop health --reference" in voxpop("health", "--model", model, *at).stderr
    rows = [f"neutral\t{POSTS[at % 4]}, number {at}" for at in range(240)]
    (tmp_path / "dev.tsv").write_text("\n".join(["label\ttext", *rows]) + "\n")
    assert answer("health", "--reference", tmp_path / "dev.tsv", "--model", model, *at)["out"] == str(
        model / health.FILE
    )
    assert not answer("health", "--model", model, *at)["drifted"]


def test_a_model_without_a_vocabulary_says_so(home: Path) -> None:
    assert "no vocabulary" in voxpop("health", "--model", "lexicon", "--config", home / "voxpop.toml").stderr
