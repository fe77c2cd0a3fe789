"""Checkpoints with an ONNX file become models without PyTorch; those with safetensors answer as PyTorch does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from tests.checkpoints.ready import configure, first_stage, onnx_checkpoint
from voxpop.checkpoints.adoption import TEXTS, Adoption, find
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.testing import check_scorer


def scored(directory: Path, texts: list[str]) -> npt.NDArray[np.float64]:
    batch = OnnxScorer.open(directory)(pa.record_batch([pa.array(texts, pa.string())], names=["text"]))
    return np.array([batch[f"p_{label}"].to_numpy(zero_copy_only=False) for label in LABELS], dtype=float).T


def test_a_directory_with_an_onnx_file_is_adopted_once(tmp_path: Path) -> None:
    source, how = onnx_checkpoint(tmp_path / "theirs"), Adoption(tmp_path / "cache")
    found = find(str(source), how)
    assert found.parent == tmp_path / "cache" / "models"
    made = (found / "model.json").stat().st_mtime_ns
    assert find(str(source), how) == found
    assert (found / "model.json").stat().st_mtime_ns == made
    assert OnnxScorer.open(found).model_id.startswith("theirs-")
    texts = ["I love it", "this is awful"]
    np.testing.assert_allclose(scored(found, texts), scored(first_stage(tmp_path / "ours"), texts), atol=1e-5)


def test_labels_in_another_order_are_put_in_ours(tmp_path: Path) -> None:
    how = Adoption(tmp_path / "cache")
    straight = find(str(onnx_checkpoint(tmp_path / "a")), how)
    turned = find(str(onnx_checkpoint(tmp_path / "b", ("positive", "neutral", "negative"))), how)
    texts = ["I love it", "this is awful"]
    np.testing.assert_allclose(scored(turned, texts), scored(straight, texts)[:, ::-1], atol=1e-6)


def test_a_change_of_the_source_the_labels_or_the_languages_is_another_model(tmp_path: Path) -> None:
    source = onnx_checkpoint(tmp_path / "theirs", ("LABEL_0", "LABEL_1", "LABEL_2"))
    labels = dict(zip(("LABEL_0", "LABEL_1", "LABEL_2"), LABELS, strict=True))
    found = {
        find(str(source), Adoption(tmp_path / "cache", labels)),
    }
    found.add(find(str(source), Adoption(tmp_path / "cache", labels, ("en",))))
    found.add(find(str(source), Adoption(tmp_path / "cache", {**labels, "LABEL_1": "positive"})))
    configure(source, anything="else")
    found.add(find(str(source), Adoption(tmp_path / "cache", labels)))
    assert len(found) == 4
    assert {OnnxScorer.open(each).languages for each in found} == {frozenset(), frozenset({"en"})}


def test_what_cannot_be_run_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    source = onnx_checkpoint(tmp_path / "theirs")
    (source / "onnx" / "model.onnx").write_bytes(b"no protobuf")
    with pytest.raises(Terminal, match="cannot be run"):
        find(str(source), Adoption(tmp_path / "cache"))
    assert not [path for path in (tmp_path / "cache" / "models").iterdir() if path.is_dir()]


def test_labels_that_the_file_does_not_answer_are_refused(tmp_path: Path) -> None:
    source = onnx_checkpoint(tmp_path / "theirs", ("negative", "positive"))
    with pytest.raises(Terminal, match="theirs"):
        find(str(source), Adoption(tmp_path / "cache"))


def test_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"en-small.*hub:org/name"):
        find(str(tmp_path / "absent"), Adoption(tmp_path))


def test_the_command_line_reaches_a_checkpoint(tmp_path: Path) -> None:
    source = onnx_checkpoint(tmp_path / "theirs", ("LABEL_0", "LABEL_1", "LABEL_2"))
    command = [sys.executable, "-m", "voxpop", "score", "I love it", "--model", str(source), "--json"]
    environment = {**os.environ, "VOXPOP_CACHE": str(tmp_path / "cache")}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert '--labels "LABEL_0=negative,LABEL_1=neutral,LABEL_2=positive"' in refused.stderr
    mapped = [*command, "--labels", "LABEL_0=negative,LABEL_1=neutral,LABEL_2=positive"]
    ran = subprocess.run(mapped, env=environment, capture_output=True, text=True, check=True)
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert answer["scores"][0]["label"] == "positive"
    settings = tmp_path / "voxpop.toml"
    settings.write_text(
        f"model = {json.dumps(str(source))}\ncache = {json.dumps(str(tmp_path / 'cache'))}\n"
        'labels = {LABEL_0 = "negative", LABEL_1 = "neutral", LABEL_2 = "positive"}\n'
    )
    once = [sys.executable, "-m", "voxpop", "run", "--once", "--config", str(settings), "--json"]
    ran = subprocess.run([*once, "--data", str(tmp_path / "d")], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1])["model_id"] == answer["model_id"]


def test_an_adopted_model_keeps_a_scorers_laws(tmp_path: Path) -> None:
    found = find(str(onnx_checkpoint(tmp_path / "theirs")), Adoption(tmp_path / "cache"))
    check_scorer(OnnxScorer.open(found, remembered=0), TEXTS, 3)
