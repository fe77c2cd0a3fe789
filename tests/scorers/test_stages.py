"""How a stage is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import pytest

from voxpop import models
from voxpop.scorers.card import ModelCard
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.scorers.stages import SLOW_FUSIONS


@pytest.mark.parametrize("stage", [stage.file for stage in ModelCard.read(models.find("en-small")).stages])
def test_no_sum_is_fused_with_its_layer_norm(stage: str, tmp_path: Path) -> None:
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "run.onnx")
    # ONNX Runtime warns that what it writes here is for this processor alone.
    options.log_severity_level = 3
    ort.InferenceSession(
        models.find("en-small") / stage, options, ["CPUExecutionProvider"], disabled_optimizers=list(SLOW_FUSIONS)
    )
    run = (tmp_path / "run.onnx").read_bytes()
    assert b"SkipLayerNormalization" not in run
    assert b"LayerNormalization" in run


def test_a_post_s_score_is_that_of_the_head_at_which_it_leaves() -> None:
    model = models.find("en-small")
    scorer = OnnxScorer.open(model, remembered=0)
    texts = ["what a beautiful morning", "not bad, but not what I hoped for either", "ok", "the bus leaves at five"] * 3
    scored = scorer(pa.record_batch([pa.array(texts)], names=["text"]))
    found = np.column_stack([scored[f"p_{label}"].to_numpy() for label in LABELS])
    heads = scorer.heads(texts)
    stages = ModelCard.read(model).stages
    assert len(heads) == len(stages) > 1
    expected = heads[-1]
    for head, stage in reversed(list(zip(heads, stages, strict=True))[:-1]):
        expected = np.where(head.max(axis=1, keepdims=True) >= stage.sure, head, expected)
    np.testing.assert_array_equal(found, expected)
