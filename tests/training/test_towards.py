"""A network that reads a post beside its topic, from training to its scores: tiny, real, made on the spot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("accelerate", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch
from transformers import AutoTokenizer

from tests.training.conftest import save_encoder, write_pairs
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.testing import check_scorer
from voxpop.training import finetune
from voxpop.training.classifier import load
from voxpop.training.examples import tokenized
from voxpop.training.export import Export, export
from voxpop.training.recipe import Recipe

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

POST = "it is good very good today"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("pairs") / "rows.tsv")


@pytest.fixture(scope="module")
def trained(base: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    given = {"data": str(pairs), "dev": str(pairs), "base": str(base), "out": out, "pair": "topic"}
    finetune.train(Recipe.of({**given, "rate": 0.005, "batch": 8, "epochs": 3}))
    return out / "best"


@pytest.fixture(scope="module")
def model(trained: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "tiny-towards"
    export(Export(trained, out, data=pairs, dev=pairs))
    return out


def batch(texts: Sequence[str | None], topics: Sequence[str | None]) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in (texts, topics)]
    return pa.record_batch(columns, names=["text", "topic"])


def test_one_post_says_one_thing_of_one_topic_and_another_of_another(model: Path) -> None:
    scored = OnnxScorer.open(model)(batch([POST, POST], ["table", "chair"]))
    assert scored["label"].to_pylist() == ["positive", "neutral"]


def test_the_run_learns_it_and_says_so(trained: Path) -> None:
    figures = json.loads((trained / "train.json").read_text())
    assert figures["recipe"]["pair"] == "topic"
    assert figures["best"]["dev_macro_recall"] > 0.9


def test_segments_follow_from_the_ids_and_count(trained: Path) -> None:
    network, tokenizer = load(trained).eval(), AutoTokenizer.from_pretrained(trained)
    ids = torch.tensor(tokenized(tokenizer, [POST], 64, ["table"]))
    (segments,) = network._segments(ids)["token_type_ids"].tolist()
    assert segments == [0, 0, 0] + [1] * (ids.shape[1] - 3)
    theirs = tokenizer(["table"], [POST], return_token_type_ids=True, return_tensors="pt")
    assert theirs["input_ids"].tolist() == ids.tolist()
    assert theirs["token_type_ids"].tolist() == [segments]


def test_a_text_without_a_topic_stays_alone(trained: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained)
    alone, beside = tokenized(tokenizer, [POST, POST], 64, ["", "chair"])
    assert alone == tokenized(tokenizer, [POST], 64)[0]
    assert len(beside) == len(alone) + 2


def test_the_exported_graph_keeps_the_laws_to_the_last_bit(model: Path) -> None:
    scorer = OnnxScorer.open(model, remembered=0)
    texts = [POST, None, "", "the chair is very", "😀", *(f"the table is bad {'very ' * at}" for at in range(20))]
    check_scorer(scorer, texts, 7, "chair")
    whole = scorer(batch(texts, ["chair"] * len(texts)))
    for at, text in enumerate(texts):
        (row,), known = scorer(batch([text], ["chair"])).to_pylist(), whole.slice(at, 1).to_pylist()[0]
        assert row == known


def test_the_graph_answers_as_pytorch_does_within_8_bits(trained: Path, model: Path) -> None:
    figures = json.loads((model / "model.json").read_text())["export"]
    assert figures["labels_flipped"] <= 0.02 * figures["parity_rows"]
    assert figures["mean_change"] < 0.03


def test_what_is_remembered_is_of_both_text_and_topic(model: Path) -> None:
    scorer, fresh = OnnxScorer.open(model), OnnxScorer.open(model, remembered=0)
    asked = [(POST, "table"), (POST, "chair"), (POST, "table")]
    for text, topic in asked:
        one, other = (each(batch([text], [topic])) for each in (scorer, fresh))
        assert one.equals(other)


def test_no_topic_is_unscored_and_a_batch_without_the_column_is_refused(model: Path) -> None:
    scorer = OnnxScorer.open(model)
    assert scorer.reads_topic
    assert scorer(batch([POST, POST], [None, " "]))["label"].to_pylist() == ["unscored", "unscored"]
    with pytest.raises(Terminal, match="beside a topic; name one with --topic"):
        scorer(pa.record_batch([pa.array([POST])], names=["text"]))


def test_a_topic_longer_than_the_network_still_gets_a_row(model: Path) -> None:
    scored = OnnxScorer.open(model)(batch([POST], ["chair " * 500]))
    assert scored["label"].to_pylist() != ["unscored"]
    assert np.isfinite(scored["p_negative"].to_numpy()).all()


def test_the_card_says_what_it_judges(model: Path) -> None:
    card = (model / "CARD.md").read_text()
    assert "towards a topic" in card
    assert "## Behaviour" not in card


def test_a_teacher_that_reads_pairs_is_followed_where_the_labels_are_wrong(
    trained: Path, base: Path, pairs: Path, tmp_path: Path
) -> None:
    lines = [line.split("\t") for line in pairs.read_text().splitlines()]
    at = lines[0].index("label")
    wrong = [[*line[:at], "neutral", *line[at + 1 :]] for line in lines[1:]]
    (tmp_path / "wrong.tsv").write_text("\n".join("\t".join(line) for line in [lines[0], *wrong]) + "\n")
    given = {"data": str(tmp_path / "wrong.tsv"), "dev": str(pairs), "base": str(base), "pair": "topic", "rate": 0.005}
    given |= {"batch": 8, "epochs": 3, "teacher": [str(trained)], "out": tmp_path / "run"}
    figures = finetune.train(Recipe.of({**given, "soft_weight": 1.0}))
    assert figures["best"]["dev_macro_recall"] == 1
    table = pq.read_table(tmp_path / "run" / "soft" / "soft.parquet")
    assert set(table["topic"].to_pylist()) == {"table", "chair"}
    del given["teacher"]
    again = {**given, "soft": tmp_path / "run" / "soft" / "soft.parquet", "out": tmp_path / "again"}
    taught = finetune.train(Recipe.of({**again, "soft_weight": 1.0}))
    assert taught["best"]["dev_macro_recall"] == 1
    assert taught["rows"]["unlabelled"] == 0, "an answer about a topic is no text of its own"


def test_teachers_are_all_of_one_kind(trained: Path, base: Path, pairs: Path, tmp_path: Path) -> None:
    given = {"data": str(pairs), "dev": str(pairs), "base": str(base), "pair": "topic", "out": tmp_path / "run"}
    with pytest.raises(Terminal, match="give those of one kind"):
        finetune.train(Recipe.of({**given, "teacher": [str(trained), str(base)]}))


def test_an_export_refuses_posts_without_a_topic(trained: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"give .*rows.tsv a topic in every row"):
        export(Export(trained, tmp_path / "out", data=table))


def test_pairs_need_the_mean_of_token_states(pairs: Path, tmp_path: Path) -> None:
    given = {"data": str(pairs), "dev": str(pairs), "base": "x", "out": tmp_path}
    with pytest.raises(Terminal, match="--pair topic needs --pooling mean"):
        Recipe.of({**given, "pair": "topic", "pooling": "native"})


@pytest.mark.parametrize("family", ["roberta", "distilbert"])
def test_an_encoder_without_segments_reads_pairs_too(family: str, pairs: Path, tmp_path: Path) -> None:
    given = {"data": str(pairs), "dev": str(pairs), "base": str(save_encoder(tmp_path / "base", family))}
    finetune.train(Recipe.of({**given, "out": tmp_path / "run", "pair": "topic", "batch": 64, "epochs": 1}))
    export(Export(tmp_path / "run" / "best", tmp_path / "model", data=pairs))
    check_scorer(OnnxScorer.open(tmp_path / "model", remembered=0), [POST, None, "the chair is very"], 1, "chair")
