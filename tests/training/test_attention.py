"""Attention taken apart answers as the one node did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import onnx

from tests.checkpoints import tiny
from voxpop.training import network
from voxpop.training.attention import Attention
from voxpop.training.quantise import Initialisers

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]


def apart(model: onnx.ModelProto) -> onnx.ModelProto:
    found = onnx.ModelProto()
    found.CopyFrom(model)
    constants = Initialisers(found.graph)
    attention = Attention({name: node for node in found.graph.node for name in node.output}, constants)
    nodes = [
        part
        for node in found.graph.node
        for part in (attention.apart(node) if node.op_type == "MultiHeadAttention" else [node])
    ]
    del found.graph.node[:]
    found.graph.node.extend(nodes)
    constants.write()
    return found


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert"])
def test_the_answers_stay_the_same(kind: str, tmp_path: Path) -> None:
    whole = network.to_onnx(network.load(tiny.checkpoint(tmp_path, kind))).model
    parts = apart(whole)
    assert sum(node.op_type == "MultiHeadAttention" for node in whole.graph.node) == 2
    assert sum(node.op_type == "MultiHeadAttention" for node in parts.graph.node) == 0
    draw = np.random.default_rng(1)
    ids, mask = draw.integers(4, 50, (3, 12)), np.ones((3, 12), dtype=np.int64)
    mask[1, 7:], mask[2, 1:] = 0, 0
    ids[mask == 0] = 1
    one, other = (
        ort.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            ["logits"], {"input_ids": ids, "attention_mask": mask}
        )[0]
        for each in (whole, parts)
    )
    np.testing.assert_allclose(one, other, atol=1e-5)
