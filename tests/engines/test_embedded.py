from __future__ import annotations

from pathlib import Path

import pytest

from tests.posts import post
from voxpop import models, registry
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.score import Job, ModelSpec
from voxpop.testing import check_engine


@pytest.mark.parametrize("name", registry.names("engines"))
def test_the_laws_of_an_engine_hold(name: str, tmp_path: Path) -> None:
    log, tail = Log(tmp_path), Log(tmp_path).tail()
    for texts in (["good", "bad"], ["meh"], ["", "awful!!", "awful!!"]):
        _, tail = log.append(to_batch([post(text) for text in texts]), tail, {})
    job = Job(log.landing, tmp_path / "unused", ModelSpec("onnx", models.find("en-small")))
    check_engine(registry.load("engines", name)(), job, log.segments(), tmp_path / "scratch")
