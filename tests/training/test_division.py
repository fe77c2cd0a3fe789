"""Topics that are held out, posts that are joined of two, and float weights from a model in 8 bits."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from voxpop.errors import Terminal
from voxpop.training import division, joining
from voxpop.training.division import Row, divide, families

WORDS = [f"word{at}" for at in range(500)]
LABELS = ("negative", "neutral", "positive")


def rows(topics: int = 40, each: int = 10) -> list[Row]:
    dice = random.Random(5)
    return [
        {"id": f"{topic}-{at}", "topic": f"thing{topic}", "label": dice.choice(LABELS),
         "text": f"thing{topic} " + " ".join(dice.choices(WORDS, k=9))}
        for topic in range(topics) for at in range(each)
    ]  # fmt: skip


def test_no_topic_and_no_id_is_in_two_parts() -> None:
    parts = divide(rows(), {"test": 0.2, "dev": 0.1})
    assert {name: len(part) for name, part in parts.items()} == {"test": 80, "dev": 40, "train": 280}
    for what in ("topic", "id"):
        held = [{row[what] for row in part} for part in parts.values()]
        assert sum(map(len, held)) == len(set().union(*held))


def test_a_post_on_two_topics_is_held_out_whole() -> None:
    several = [dict(row, id=f"shared-{row['id'].split('-')[1]}") for row in rows()]
    parts = divide(several, {"test": 0.2})
    assert len(parts["test"]) == 80
    assert parts["train"] == []


def test_a_text_like_one_that_is_held_out_is_left_out() -> None:
    some = rows()
    held = divide(some, {"test": 0.2})["test"][0]
    other = next(row["topic"] for row in divide(some, {"test": 0.2})["train"])
    some.append({"id": "copy", "topic": other, "label": "neutral", "text": f"RT @ana: {held['text']} https://e.org/1"})
    assert "copy" not in {row["id"] for row in divide(some, {"test": 0.2})["train"]}


def test_topics_that_share_their_name_stay_together() -> None:
    assert families(["call of duty", "call of duty cold war", "game of thrones", "duty"]) == [
        ["call of duty", "call of duty cold war", "duty"],
        ["game of thrones"],
    ]


def test_another_seed_holds_out_other_topics_and_the_same_one_the_same() -> None:
    held = [{row["topic"] for row in divide(rows(), {"test": 0.2}, seed)["test"]} for seed in (1, 1, 2)]
    assert held[0] == held[1] != held[2]


def test_a_joined_post_has_the_label_of_the_half_that_is_asked_about() -> None:
    some = rows()
    known = {row["id"]: row for row in some}
    for row in joining.joined(some, 50):
        one, other = (known[each] for each in row["id"].split("+"))
        assert row["text"].startswith(one["text"]) and row["text"].endswith(other["text"])
        asked = one if row["topic"] == one["topic"] else other
        assert row["label"] == asked["label"]


def test_joined_posts_are_mostly_of_two_minds() -> None:
    found = joining.joined(rows(), 200)
    unlike = sum(one["label"] != other["label"] for one, other in zip(found[::2], found[1::2], strict=True))
    assert unlike > 120


def test_too_few_posts_to_join_are_told() -> None:
    with pytest.raises(Terminal, match="only 0 posts could be joined"):
        joining.joined(rows(1), 5)


def test_the_commands_write_tables_that_the_next_one_reads(tmp_path: Path) -> None:
    division.write(tmp_path / "rows.tsv", rows())
    division.main(["--data", str(tmp_path / "rows.tsv"), "--out", str(tmp_path / "parts"), "--test", "0.2"])
    train = tmp_path / "parts" / "train.tsv"
    joining.main(["--data", str(train), "--out", str(tmp_path / "joined.tsv"), "--count", "10"])
    assert len(division.read(tmp_path / "joined.tsv")) == 20
    with pytest.raises(Terminal, match="has no rows with id, topic, label, text"):
        (tmp_path / "other.tsv").write_text("label\ttext\npositive\tnice\n")
        division.read(tmp_path / "other.tsv")
