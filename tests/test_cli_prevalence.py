from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import answer, voxpop
from voxpop.insight.correction import Correction

POSTS = [
    ("I love this apple, what a joy", "positive"), ("the apple is awful and I hate it", "negative"),
    ("the apple shop opens at nine", "neutral"),
]  # fmt: skip
PEARS = "the pear is a disaster, worst ever"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a store of invented posts, and the settings that name it."""
    home = tmp_path_factory.mktemp("prevalence")
    (home / "voxpop.toml").write_text(
        f'data = "{home / "data"}"\npresets = []\n'
        + "".join(f'[[topics]]\nname = "{name}"\ntitle = "{name}"\nquery = "{name}"\n' for name in ("apple", "pear"))
    )
    texts = [f"{text}, number {at}" for at in range(20) for text, _ in POSTS] + [f"{PEARS} {at}" for at in range(40)]
    rows = [f'2026-11-19T09:{at % 60:02}:00Z,p{at},"{text}"' for at, text in enumerate(texts)]
    (home / "posts.csv").write_text("\n".join(["created_at,id,text", *rows]) + "\n")
    for command in (("ingest", home / "posts.csv"), ("run", "--once")):
        ran = voxpop(*command, "--config", home / "voxpop.toml")
        assert ran.returncode == 0, ran.stderr
    return home


def test_shares_of_a_topic_are_corrected(home: Path) -> None:
    found = answer("prevalence", "--topic", "apple", "--config", home / "voxpop.toml")
    assert found["correction"]["posts"] >= 2000
    total = found["total"]
    assert total["n"] == 60
    assert sum(total[name] for name in ("negative", "neutral", "positive")) == pytest.approx(1)
    assert total["net_low"] < total["net"] < total["net_high"]


def test_posts_of_any_of_several_topics_count_once(home: Path) -> None:
    given = ("--topic", "pear", "--topic", "apple", "--config", home / "voxpop.toml")
    found = answer("prevalence", *given)
    assert (found["topic"], found["total"]["n"]) == ("apple,pear", 100)
    ran = voxpop("drivers", *given, "--towards")
    assert ran.returncode == 1 and "towards one topic" in ran.stderr


def test_series_and_groups_are_rows(home: Path) -> None:
    series = answer("prevalence", "--width", 1800, "--config", home / "voxpop.toml")["rows"]
    assert [row["start"] for row in series] == ["2026-11-19T09:00:00+00:00", "2026-11-19T09:30:00+00:00"]
    groups = answer("prevalence", "--group", "topic", "--config", home / "voxpop.toml")["rows"]
    assert [(row["name"], row["n"]) for row in groups] == [("apple", 60), ("pear", 40)]


def test_people_read_percentages_with_what_was_counted(home: Path) -> None:
    ran = voxpop("prevalence", "--topic", "pear", "--config", home / "voxpop.toml")
    told, _, line = ran.stdout.splitlines()
    assert told.startswith("corrected by 2,") and line.split()[:2] == ["pear", "40"] and "[100%]" in line


def test_topics_are_compared(home: Path) -> None:
    found = answer("compare", "--config", home / "voxpop.toml")
    apple, pear = found["topics"]
    assert (apple["name"], apple["n"], pear["n"]) == ("apple", 60, 40)
    assert apple["leads_net"] > 0.9 and apple["leads_voice"] > 0.9
    (pair,) = found["differences"]
    assert pair["apart"] and pair["net"] > 0
    told = voxpop("compare", "--config", home / "voxpop.toml").stdout
    assert "apple is" in told and "above pear" in told


@pytest.mark.parametrize(
    ("asked", "fix"),
    [
        (("--topic", "plum"), "there are apple, pear"),
        (("--start", "noon"), "write it as"),
        (("--width", 90), "--width is whole minutes"),
        (("--data", "/nowhere"), "make one with `voxpop run`"),
        (("--model", "multi-small"), "name its model with --model"),
    ],
)
def test_what_cannot_be_answered_names_the_fix(home: Path, asked: tuple[object, ...], fix: str) -> None:
    ran = voxpop("prevalence", *asked, "--config", home / "voxpop.toml")
    assert ran.returncode == 1 and fix in ran.stderr


def test_a_correction_is_made_of_labelled_posts_and_used(home: Path, tmp_path: Path) -> None:
    rows = [f"{label}\t{'AB'[at % 2]}\t{text}, case {at}" for at in range(50) for text, label in POSTS]
    (tmp_path / "labelled.tsv").write_text("\n".join(["label\ttopic\ttext", *rows]) + "\n")
    out = tmp_path / "correction.json"
    made = answer("calibrate", tmp_path / "labelled.tsv", "--out", out, "--model", "en-small")
    assert (made["posts"], made["topics"]) == (150, 0), "two topics are too few to tell how topics differ"
    assert Correction.read(out).spread is None
    assert "case" not in out.read_text()
    settings = tmp_path / "own.toml"
    text = (home / "voxpop.toml").read_text()
    settings.write_text(f'correction = "{out}"\n' + text)
    assert answer("prevalence", "--config", settings)["correction"]["posts"] == 150


def test_too_few_labelled_posts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text("label\ttext\npositive\tI love it\n")
    ran = voxpop("calibrate", tmp_path / "few.tsv", "--out", tmp_path / "c.json")
    assert ran.returncode == 1 and "a correction needs 50 of each label" in ran.stderr
