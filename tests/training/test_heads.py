"""A graph written row by row answers as before, and the same for one row as for many."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from voxpop.training.heads import row_by_row

pytestmark = pytest.mark.train

WIDTH = 384


def graph() -> onnx.ModelProto:
    dice = np.random.default_rng(1)
    weights = {
        "weight": dice.normal(size=(3, WIDTH)).astype(np.float32),
        "bias": dice.normal(size=3).astype(np.float32),
        "one": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Mul", ["states", "mask"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "one"], ["pooled"], keepdims=0),
        helper.make_node("Gemm", ["pooled", "weight", "bias"], ["logits"], transB=1),
    ]
    given = [
        helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", "length", WIDTH]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["rows", "length", 1]),
    ]
    answers = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 3])]
    made = helper.make_graph(nodes, "head", given, answers, [numpy_helper.from_array(w, n) for n, w in weights.items()])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_the_answers_stay_and_no_longer_depend_on_the_number_of_rows() -> None:
    before, after = graph(), graph()
    row_by_row(after)
    assert {node.op_type for node in after.graph.node}.isdisjoint({"Gemm"})
    onnx.checker.check_model(after)
    dice = np.random.default_rng(2)
    feed = {"states": dice.normal(size=(33, 28, WIDTH)).astype(np.float32), "mask": np.ones((33, 28, 1), np.float32)}
    feed["mask"][::3, 20:] = 0
    old, new = (
        ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]) for m in (before, after)
    )
    (expected,), (whole,) = old.run(None, feed), new.run(None, feed)
    assert np.allclose(expected, whole, atol=1e-3)
    for size in (1, 2, 5):
        parts = [
            new.run(None, {name: value[at : at + size] for name, value in feed.items()})[0] for at in range(0, 33, size)
        ]
        assert (np.concatenate(parts) == whole).all()
