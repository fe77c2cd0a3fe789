"""A product with its bias inside answers as the product and the bias did."""

from __future__ import annotations

import collections

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pytest

pytest.importorskip("onnx", reason="needs PyTorch: make training")

import onnx
from onnx import TensorProto, helper, numpy_helper

from voxpop.training.products import join

pytestmark = [pytest.mark.train]
DEPTH, WIDTH = 8, 6


def graph(after: str, bias: float = 1.0) -> onnx.ModelProto:
    """Activations `(2, 3, DEPTH)` by weights, both in 8 bits, and what follows."""
    draw = np.random.default_rng(1)
    constants: dict[str, npt.NDArray[np.generic] | np.generic] = {
        "x_scale": np.float32(0.02),
        "x_zero": np.uint8(120),
        "w": draw.integers(-127, 128, (DEPTH, WIDTH)).astype(np.int8),
        "w_scale": draw.uniform(0.01, 0.02, WIDTH).astype(np.float32),
        "w_zero": np.zeros(WIDTH, np.int8),
        "bias": (bias * draw.normal(size=WIDTH)).astype(np.float32),
        "factor": np.float32(0.25),
    }
    make = helper.make_node
    tails = {
        "nothing": [make("Identity", ["product"], ["y"])],
        "bias": [make("Add", ["product", "bias"], ["y"])],
        "bias before the product": [make("Add", ["bias", "product"], ["y"])],
        "bias and factor": [make("Add", ["product", "bias"], ["sum"]), make("Mul", ["sum", "factor"], ["y"])],
        "bias and GELU": [make("BiasGelu", ["product", "bias"], ["y"], domain="com.microsoft")],
        "another sum": [make("Add", ["product", "product"], ["y"])],
    }
    nodes = [
        make("QuantizeLinear", ["x", "x_scale", "x_zero"], ["code"]),
        make("DequantizeLinear", ["code", "x_scale", "x_zero"], ["coded"]),
        make("DequantizeLinear", ["w", "w_scale", "w_zero"], ["weights"], axis=1),
        make("MatMul", ["coded", "weights"], ["product"]),
        *tails[after],
    ]
    made = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, None, DEPTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(values), name) for name, values in constants.items()],
    )
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8
    )


def answer(model: onnx.ModelProto) -> npt.NDArray[np.float32]:
    x = np.random.default_rng(2).normal(size=(2, 3, DEPTH)).astype(np.float32)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: npt.NDArray[np.float32] = session.run(["y"], {"x": x})[0]
    return found


def kinds(model: onnx.ModelProto) -> collections.Counter[str]:
    return collections.Counter(node.op_type for node in model.graph.node)


@pytest.mark.parametrize("after", ["bias", "bias before the product", "bias and factor", "bias and GELU"])
def test_what_follows_is_taken_in_and_nothing_changes(after: str) -> None:
    model = graph(after)
    before = answer(model)
    join(model)
    found = kinds(model)
    assert found["Gemm"] == 1
    assert not found.keys() & {"MatMul", "Add", "Mul", "BiasGelu"}
    assert found["Gelu"] == (after == "bias and GELU")
    np.testing.assert_allclose(answer(model), before, atol=2e-3)


@pytest.mark.parametrize("after", ["nothing", "another sum"])
def test_a_product_without_a_bias_stays(after: str) -> None:
    model = graph(after)
    before = model.SerializeToString()
    join(model)
    assert kinds(model)["MatMul"] == 1
    assert answer(onnx.load_from_string(before)).tobytes() == answer(model).tobytes()


def test_a_bias_that_does_not_fit_stays_outside() -> None:
    model = graph("bias", bias=1e9)
    join(model)
    assert kinds(model)["MatMul"] == kinds(model)["Add"] == 1


def test_no_constant_is_left_that_nobody_reads() -> None:
    model = graph("bias and factor")
    join(model)
    read = {name for node in model.graph.node for name in node.input}
    assert {tensor.name for tensor in model.graph.initializer} <= read
