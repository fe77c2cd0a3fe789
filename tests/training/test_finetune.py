"""Fine-tuning, distillation, export and scoring end to end, on tiny real encoders made on the spot."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("accelerate", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch

from tests.training.conftest import ROWS, save_encoder
from voxpop.errors import Terminal
from voxpop.metrics import confusion, macro_recall
from voxpop.scorers.onnx import OnnxScorer
from voxpop.training import export, finetune
from voxpop.training.classifier import load
from voxpop.training.examples import encode, predict
from voxpop.training.recipe import Recipe

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]


def options(base: Path, table: Path, out: Path, **others: Any) -> dict[str, Any]:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": out, "rate": 0.005, "batch": 8}
    return {**given, **others}


def recall(checkpoint: Path, table: Path) -> float:
    """The macro recall of a saved classifier, measured apart from the run that wrote it."""
    from transformers import AutoTokenizer

    dev = encode(AutoTokenizer.from_pretrained(checkpoint), table, 64)
    return macro_recall(confusion(dev.classes, predict(load(checkpoint), dev).argmax(1).tolist()))


@pytest.fixture(scope="module")
def trained(base: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    finetune.train(Recipe.of(options(base, table, out)))
    return out


def test_a_tiny_model_learns_what_words_mean(trained: Path, table: Path) -> None:
    exported = trained.parent / "exported"
    figures = export.export(export.Export(trained / "best", exported, data=table, dev=table))
    assert figures["dev_macro_recall"] == 1
    assert sorted(path.name for path in exported.iterdir()) == ["CARD.md", "model.json", "model.onnx", "tokenizer.json"]
    scorer = OnnxScorer.open(exported)
    scored = scorer(pa.record_batch([["the chair is lovely", "awful bad", "a table", None]], names=["text"]))
    assert scored["label"].to_pylist()[1:] == ["negative", "neutral", "unscored"]


@pytest.mark.parametrize("family", ["distilbert", "roberta", "xlm-roberta", "mpnet", "modernbert"])
@pytest.mark.parametrize("pooling", ["mean", "native"])
def test_other_encoders_learn_it_too(family: str, pooling: str, table: Path, tmp_path: Path) -> None:
    base = save_encoder(tmp_path, family)
    finetune.train(Recipe.of(options(base, table, tmp_path / "out", pooling=pooling, epochs=8)))
    assert recall(tmp_path / "out" / "best", table) == 1


def test_what_a_run_leaves_says_how_it_was_made(trained: Path) -> None:
    figures = json.loads((trained / "best" / "train.json").read_text())
    assert figures["recipe"]["rate"] == 0.005
    assert figures["rows"] == {"labelled": 120, "dev": 120, "unlabelled": 0}
    assert [one["steps"] for one in figures["candidates"]] == [[15], [30], [45], [15, 30], [15, 30, 45], [30, 45]]
    assert figures["best"] in figures["candidates"]
    history = [json.loads(line) for line in (trained / "history.jsonl").read_text().splitlines()]
    assert {entry["step"] for entry in history if "eval_macro_recall" in entry} == {15, 30, 45}
    assert (trained / "train.png").read_bytes().startswith(b"\x89PNG")


def test_a_mean_of_weights_is_their_mean(trained: Path) -> None:
    folders = tuple(trained / "seed-1" / f"step-{step}" for step in (15, 30))
    mean = finetune.mean(finetune.Candidate((1,), (15, 30), folders)).state_dict()
    first, second = (load(folder).state_dict() for folder in folders)
    for name, values in mean.items():
        torch.testing.assert_close(values, (first[name] + second[name]) / 2)


def test_several_seeds_end_in_the_mean_of_their_best(base: Path, table: Path, tmp_path: Path) -> None:
    figures = finetune.train(Recipe.of(options(base, table, tmp_path, seed=[1, 2], epochs=2)))
    assert figures["candidates"][-1]["seeds"] == [1, 2]
    assert (tmp_path / "seed-2" / "step-30").is_dir()


def run_apart(recipe: Path) -> subprocess.Popen[bytes]:
    code = "import torch; torch.set_num_threads(1); from voxpop.cli import main; main()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, "train", "--config", str(recipe)], env=environment, stderr=subprocess.DEVNULL
    )


def wait_for(folder: Path, process: subprocess.Popen[bytes]) -> None:
    while not list(folder.glob("seed-1/checkpoint-*/trainer_state.json")):
        assert process.poll() is None, "it ended before there was a checkpoint"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(base: Path, table: Path, tmp_path: Path) -> None:
    given = options(base, table, tmp_path / "killed", save_steps=7, epochs=6)
    file = tmp_path / "recipe.toml"
    file.write_text(
        "\n".join(f"{key} = {json.dumps(str(value) if key == 'out' else value)}" for key, value in given.items())
    )
    process = run_apart(file)
    wait_for(tmp_path / "killed", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "best").exists()
    finetune.train(Recipe.of(given))
    finetune.train(Recipe.of({**given, "out": tmp_path / "straight"}))
    for step in (30, 90):
        killed, straight = (
            (tmp_path / name / "seed-1" / f"step-{step}" / "model.safetensors").read_bytes()
            for name in ("killed", "straight")
        )
        assert killed == straight
    killed, straight = (
        (tmp_path / name / "best" / "model.safetensors").read_bytes() for name in ("killed", "straight")
    )
    assert killed == straight


@pytest.mark.slow
def test_ctrl_c_saves_where_it_is_and_says_how_to_go_on(base: Path, table: Path, tmp_path: Path) -> None:
    recipe = Recipe.of(options(base, table, tmp_path, epochs=2, save_steps=1000))
    pid = os.getpid()
    child = subprocess.Popen(["sh", "-c", f"while [ ! -d {tmp_path}/seed-1/step-15 ]; do :; done; kill -INT {pid}"])
    with pytest.raises(KeyboardInterrupt):
        finetune.train(recipe)
    child.wait()
    assert list(tmp_path.glob("seed-1/checkpoint-*/model.safetensors"))
    spent = tmp_path / "seconds.txt"
    assert float(spent.read_text()) > 0
    spent.write_text("1000\n")
    figures = finetune.train(recipe)
    assert figures["best"]["dev_macro_recall"] == 1
    assert figures["seconds"] > 1000, "what was spent before counts"


def test_a_finished_run_is_answered_as_it_was(trained: Path, base: Path, table: Path) -> None:
    before = (trained / "best" / "model.safetensors").stat().st_mtime_ns
    again = finetune.train(Recipe.of(options(base, table, trained)))
    assert again == json.loads((trained / "best" / "train.json").read_text())
    assert (trained / "best" / "model.safetensors").stat().st_mtime_ns == before


def test_another_recipe_does_not_go_on(trained: Path, base: Path, table: Path) -> None:
    with pytest.raises(Terminal, match=r"another recipe \(it differs in epochs\)"):
        finetune.train(Recipe.of(options(base, table, trained, epochs=4)))


def test_it_stops_where_nothing_gets_better(base: Path, table: Path, tmp_path: Path) -> None:
    figures = finetune.train(Recipe.of(options(base, table, tmp_path, epochs=30, patience=1, evaluate=10)))
    steps = [one["steps"][0] for one in figures["candidates"] if len(one["steps"]) == 1]
    recalls = [one["dev_macro_recall"] for one in figures["candidates"] if len(one["steps"]) == 1]
    assert steps[-1] < 30 * 15
    assert recalls[-1] <= recalls[-2]


def unlabelled(path: Path) -> Path:
    lines = [
        f"{start} {word} {end}" for _, word in ROWS for start in ("the", "a very", "very") for end in ("today", "is")
    ]
    path.write_text("\n".join(lines * 2) + "\n")
    return path


def test_a_student_learns_its_teachers_labels_from_unlabelled_text(
    trained: Path, base: Path, table: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("label\ttext\nneutral\thttp\n", encoding="utf-8")
    texts = unlabelled(tmp_path / "texts.txt")
    given = options(base, wrong, tmp_path / "out", dev=str(table), teacher=[str(trained / "best")], unlabelled=texts)
    figures = finetune.train(Recipe.of({**given, "epochs": 8, "exit_layer": [1], "deep": 0.5, "r_drop": 0.1}))
    assert figures["rows"]["unlabelled"] == 36
    assert recall(tmp_path / "out" / "best", table) > 0.9
    answered = pq.read_table(tmp_path / "out" / "soft" / "soft.parquet")
    assert answered.num_rows == 37
    student = load(tmp_path / "out" / "best")
    ids = torch.ones(2, 5, dtype=torch.int64)
    assert student(input_ids=ids, attention_mask=ids).exit_logits[0].shape == (2, 3)
    del given["teacher"]
    from_file = {**given, "soft": tmp_path / "out" / "soft" / "soft.parquet", "out": tmp_path / "file", "epochs": 8}
    del from_file["unlabelled"]
    assert finetune.train(Recipe.of(from_file))["rows"]["unlabelled"] == 36
    assert recall(tmp_path / "file" / "best", table) > 0.9


def test_the_teacher_is_asked_once(trained: Path, tmp_path: Path) -> None:
    from voxpop.training import soft

    teachers = soft.Teachers((str(trained / "best"),), 64, "cpu", bf16=False)
    texts = [f"the {word} is {word} {'today ' * times}".strip() for _, word in ROWS for times in range(100)]
    first = soft.answers(teachers, texts, tmp_path)
    parts = sorted(tmp_path.glob("best-*/part-*.parquet"))
    assert len(parts) == 2
    kept = parts[0].stat().st_mtime_ns
    parts[1].unlink()
    second = soft.answers(teachers, texts, tmp_path)
    assert parts[0].stat().st_mtime_ns == kept
    assert first.keys() == second.keys()
    for text in first:
        np.testing.assert_allclose(first[text], second[text], rtol=1e-6)
    assert np.argmax(soft.read_soft(tmp_path / "soft.parquet")["the bad is bad"]) == np.argmax(first["the bad is bad"])


def test_what_is_missing_is_said(base: Path, table: Path, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for change, sentence in {
        "data": "there is no file",
        "base": "holds no model",
        "dev": "there is no file",
        "teacher": "there is no directory",
        "unlabelled": "cannot read",
    }.items():
        given = options(base, table, out, teacher=[str(trained / "best")])
        with pytest.raises(Terminal, match=sentence):
            finetune.train(Recipe.of({**given, change: str(tmp_path / "absent.tsv")}))
    no_column = tmp_path / "columns.tsv"
    no_column.write_text("text\tmood\ngood\tpositive\n")
    with pytest.raises(Terminal, match="no column label"):
        finetune.train(Recipe.of(options(base, no_column, out)))
    assert finetune.train(Recipe.of(options(base, table, out, epochs=1)))["rows"]["labelled"] == 120


def test_a_base_without_a_head_is_no_teacher(base: Path) -> None:
    with pytest.raises(Terminal, match="classes"):
        load(base)
