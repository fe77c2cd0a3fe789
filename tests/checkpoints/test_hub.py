"""`hub:` against a small hub on loopback, by the real client in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkpoints.hub_server import COMMIT, Hub, serving
from tests.checkpoints.ready import onnx_checkpoint


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    directory = onnx_checkpoint(tmp_path / "repository")
    (directory / "pytorch_model.bin").write_bytes(b"a pickle")
    (directory / "modeling.py").write_text("raise SystemExit")
    return directory


@pytest.fixture
def hub(repository: Path) -> Iterator[Hub]:
    with serving({"some/model": repository, "closed/model": repository}) as server:
        server.gated.add("closed/model")
        yield server


def score(address: str, home: Path, model: str, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(home / "hf"), "VOXPOP_CACHE": str(home / "vp")}
    environment.pop("HF_TOKEN", None)
    command = [sys.executable, "-m", "voxpop", "score", "I love it", "--model", model, "--json", *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def model_id(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert answer["scores"][0]["label"] == "positive"
    return str(answer["model_id"])


def test_a_model_is_fetched_once_by_its_allow_list_and_pinned(hub: Hub, tmp_path: Path) -> None:
    first = model_id(score(hub.address, tmp_path, "hub:some/model"))
    assert first.startswith("model-")
    fetched = [line.split("/")[-1] for line in hub.asked if line.startswith("GET") and "/resolve/" in line]
    assert sorted(fetched) == ["config.json", "model.onnx", "tokenizer.json"]
    card = json.loads(next((tmp_path / "vp").glob("models/*/model.json")).read_text())
    assert card["checkpoint"] == f"hub:some/model@{COMMIT}"
    before = len(hub.asked)
    assert model_id(score(hub.address, tmp_path, "hub:some/model")) == first
    assert len(hub.asked) == before, "a model in the cache needs no network"


def test_without_a_network_what_was_fetched_before_does(hub: Hub, tmp_path: Path) -> None:
    model_id(score(hub.address, tmp_path, "hub:some/model"))
    away = "http://127.0.0.1:9"
    ran = score(away, tmp_path, "hub:some/model", "--languages", "en")
    assert model_id(ran)
    assert "earlier download" in ran.stderr
    absent = score(away, tmp_path, "hub:other/model")
    assert absent.returncode == 1
    assert "cannot be reached" in absent.stderr


def test_a_broken_download_resumes_where_it_broke(hub: Hub, tmp_path: Path) -> None:
    hub.breaks.add("model.onnx")
    assert model_id(score(hub.address, tmp_path, "hub:some/model@main"))
    asked = [line for line in hub.asked if line.startswith("GET") and "model.onnx" in line]
    assert len(asked) == 2
    assert re.search(r"bytes=[1-9]\d*-$", asked[1])


@pytest.mark.parametrize(
    ("model", "fix"),
    [
        ("hub:no/such", "check the name"),
        ("hub:closed/model", "accept them"),
        ("hub:some/model@nope", "no such revision"),
        ("hub:some model", "hub:org/name@revision"),
        ("hub:../model", "check it"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_with_the_fix(hub: Hub, model: str, fix: str, tmp_path: Path) -> None:
    ran = score(hub.address, tmp_path, model)
    assert ran.returncode == 1
    assert fix in ran.stderr
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_repository_of_pickles_is_refused_before_anything_is_fetched(
    hub: Hub, repository: Path, tmp_path: Path
) -> None:
    (repository / "onnx" / "model.onnx").unlink()
    ran = score(hub.address, tmp_path, "hub:some/model")
    assert "can run code" in ran.stderr
    assert not [line for line in hub.asked if "/resolve/" in line]
