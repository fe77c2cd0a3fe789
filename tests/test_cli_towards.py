"""`voxpop towards` and `voxpop score --topic`, as processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.command import answer, voxpop

POSTS = [
    "I love tea, best drink ever",
    "nothing to see here",
    "this tea is awful and cold",
    "coffee is great",
]
SETTINGS = """
presets = []
[[topics]]
name = "tea"
title = "Tea"
query = "tea"
[[topics]]
name = "coffee"
title = "Coffee"
query = "coffee"
"""


@pytest.fixture
def data(tmp_path: Path, pair_model: Path) -> tuple[Path, Path]:
    """A data directory whose posts are scored, and the settings with its topics."""
    posts, settings = tmp_path / "posts.txt", tmp_path / "voxpop.toml"
    posts.write_text("\n".join(POSTS) + "\n")
    settings.write_text(SETTINGS)
    assert voxpop("ingest", posts, "--data", tmp_path / "data").returncode == 0
    ran = voxpop("rebuild", "--data", tmp_path / "data", "--config", settings)
    settings.write_text(f'towards_model = "{pair_model}"\n{SETTINGS}')
    assert ran.returncode == 0, ran.stderr
    return tmp_path / "data", settings


def test_towards_scores_the_posts_on_each_topic_once(data: tuple[Path, Path]) -> None:
    directory, settings = data
    found = answer("towards", "--data", directory, "--config", settings)
    assert {name: one["n"] for name, one in found["topics"].items()} == {"tea": 2, "coffee": 1}
    assert found["model_id"].startswith("tiny-pairs-")
    tea = found["topics"]["tea"]
    assert sum(tea["towards"].values()) == sum(tea["overall"].values()) == 2
    assert (tea["segments"], tea["overall"]["positive"], tea["overall"]["negative"]) == (1, 1, 1)
    again = answer("towards", "tea", "--data", directory, "--config", settings)
    assert again["topics"] == {"tea": {**tea, "segments": 0}}
    files = list((directory / "towards" / found["model_id"]).glob("*/*/*.parquet"))
    assert sorted(pq.read_metadata(path).num_rows for path in files) == [1, 2]


def test_the_table_shows_both_labels_of_the_same_posts(data: tuple[Path, Path]) -> None:
    directory, settings = data
    shown = voxpop("towards", "tea", "--data", directory, "--config", settings).stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["topic", "tea", "overall"]


def test_a_topic_that_is_not_there_is_named(data: tuple[Path, Path]) -> None:
    directory, settings = data
    ran = voxpop("towards", "cocoa", "--data", directory, "--config", settings)
    assert ran.returncode == 1
    assert "there is no topic cocoa" in ran.stderr


def test_a_model_that_reads_no_topic_is_refused(data: tuple[Path, Path]) -> None:
    directory, settings = data
    ran = voxpop("towards", "tea", "--towards-model", "en-small", "--data", directory, "--config", settings)
    assert ran.returncode == 1
    assert "en-small does not read a topic" in ran.stderr


def test_without_a_model_that_reads_a_topic_it_says_what_to_do(data: tuple[Path, Path], tmp_path: Path) -> None:
    directory, _ = data
    plain = tmp_path / "plain.toml"
    plain.write_text(SETTINGS)
    for arguments in (("towards", "tea", "--data", directory), ("score", "--topic", "Tea", "I love tea")):
        ran = voxpop(*arguments, "--config", plain)
        assert ran.returncode == 1
        assert "name en-towards, which comes with Voxpop" in ran.stderr


def test_a_model_that_reads_a_topic_scores_no_log(data: tuple[Path, Path], pair_model: Path) -> None:
    directory, settings = data
    ran = voxpop("run", "--once", "--model", pair_model, "--data", directory, "--config", settings)
    assert ran.returncode == 1
    assert "name it as towards_model" in ran.stderr


def test_texts_and_files_are_scored_towards_words_or_a_topic_by_name(
    data: tuple[Path, Path], pair_model: Path, tmp_path: Path
) -> None:
    _, settings = data
    text = "I love tea so much"
    words = answer("score", "--topic", "Tea", "--model", pair_model, text)
    named = answer("score", "--topic", "tea", "--config", settings, text)
    assert words == named
    assert words["scores"][0]["label"] != "unscored"
    table = tmp_path / "rows.tsv"
    table.write_text(f"text\n{text}\n")
    out = tmp_path / "scored.jsonl"
    ran = voxpop("score", table, "--topic", "Tea", "--out", out, "--config", settings)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(out.read_text())["polarity"] == pytest.approx(words["scores"][0]["polarity"], abs=1e-5)


def test_shares_and_drivers_can_be_those_towards_the_topic(data: tuple[Path, Path]) -> None:
    directory, settings = data
    given = ("--data", directory, "--config", settings)
    ran = voxpop("prevalence", "--topic", "tea", "--towards", *given)
    assert ran.returncode == 1 and "does not know what posts say of tea" in ran.stderr
    counts = answer("towards", *given)["topics"]["tea"]["towards"]
    assert voxpop("run", "--once", *given).returncode == 0
    found = answer("prevalence", "--topic", "tea", "--towards", *given)
    assert (found["total"]["n"], found["correction"]) == (2, None)
    scored = sum(counts.values()) - counts["unscored"]
    assert found["total"]["counted_positive"] == counts["positive"] / scored
    overall = answer("prevalence", "--topic", "tea", *given)
    assert overall["correction"] is not None
    compared = answer("compare", "--towards", *given)["topics"]
    assert {one["name"]: one["n"] for one in compared} == {"tea": 2, "coffee": 1}
    assert answer("drivers", "--topic", "tea", "--towards", *given)["now"]["n"] == 2
    for command in ("prevalence", "drivers"):
        ran = voxpop(command, "--towards", *given)
        assert ran.returncode == 1 and "give one with --topic" in ran.stderr


def test_without_the_model_the_store_lets_go_of_what_it_said(data: tuple[Path, Path]) -> None:
    directory, settings = data
    given = ("--data", directory, "--config", settings)
    assert voxpop("run", "--once", *given).returncode == 0
    settings.write_text(SETTINGS)
    assert voxpop("run", "--once", *given).returncode == 0
    ran = voxpop("prevalence", "--topic", "tea", "--towards", *given)
    assert ran.returncode == 1 and "towards_model" in ran.stderr
