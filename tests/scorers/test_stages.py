"""How a stage is run."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort
import pytest

from voxpop import models
from voxpop.scorers.stages import SLOW_FUSIONS


@pytest.mark.parametrize("stage", ["model.onnx", "model-2.onnx", "model-3.onnx"])
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
