"""Cutting a graph at its exits, and choosing the exits: by hand-made graphs and probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="needs the train extra: make training")

import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

from voxpop.metrics import confusion, macro_recall
from voxpop.training.stages import NEVER, Cut, fixed, plan, split, sure_enough

pytestmark = pytest.mark.train

HIDDEN = 4
CUT = Cut(1, "states_1", "logits_1")


def model() -> onnx.ModelProto:
    """Two layers that look ids up, add and average under the mask, with a head after each."""
    draw = np.random.default_rng(1)
    table, one, two, head = (draw.normal(size=shape).astype(np.float32) for shape in ((9, 4), (4, 4), (4, 4), (4, 3)))
    weights = {"table": table, "one": one, "two": two, "head": head, "axis": np.array([1])}
    make = helper.make_node
    nodes = [
        make("Cast", ["attention_mask"], ["mask"], to=onnx.TensorProto.FLOAT),
        make("Unsqueeze", ["mask", "last"], ["wide"]),
        make("Gather", ["table", "input_ids"], ["looked"]),
        make("MatMul", ["looked", "one"], ["states_1"]),
        make("Mul", ["states_1", "wide"], ["masked_1"]),
        make("ReduceSum", ["masked_1", "axis"], ["sum_1"], keepdims=0),
        make("MatMul", ["sum_1", "head"], ["logits_1"]),
        make("MatMul", ["states_1", "two"], ["states_2"]),
        make("Mul", ["states_2", "wide"], ["masked_2"]),
        make("ReduceSum", ["masked_2", "axis"], ["sum_2"], keepdims=0),
        make("MatMul", ["sum_2", "head"], ["logits"]),
    ]
    weights["last"] = np.array([2])
    ids = [helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["rows", "length"]) for name in
           ("input_ids", "attention_mask")]  # fmt: skip
    out = [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["rows", 3])]
    constants = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, "two", ids, out, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def run(graph: onnx.ModelProto, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def test_stages_one_after_another_are_the_model() -> None:
    ids, mask = np.array([[1, 2, 3], [4, 5, 0]]), np.array([[1, 1, 1], [1, 1, 0]])
    first, second = split(model(), [CUT], HIDDEN)
    early = run(first, {"input_ids": ids, "attention_mask": mask})
    late = run(second, {"states_before": early["states"], "attention_mask": mask})
    whole = run(model(), {"input_ids": ids, "attention_mask": mask})
    np.testing.assert_allclose(late["logits"], whole["logits"], rtol=1e-6)
    assert early["logits"].shape == (2, 3)
    assert {tensor.name for tensor in second.graph.initializer}.isdisjoint({"table", "one"})


def test_without_cuts_there_is_one_stage_with_the_answer_alone() -> None:
    (only,) = split(model(), [], HIDDEN)
    assert [node.name for node in only.graph.output] == ["logits"]
    onnx.checker.check_model(only)


def sharp(classes: np.ndarray, sure: float) -> np.ndarray:
    """Probabilities that give each row's class `sure`, and the others an equal share of the rest."""
    return np.where(np.eye(3)[classes] == 1, sure, (1 - sure) / 2)


def test_an_exit_that_is_right_when_sure_is_used_and_one_that_is_not_is_not() -> None:
    gold = np.arange(300) % 3
    right, wrong = sharp(gold, 0.9), sharp((gold + 1) % 3, 0.9)
    found = plan([CUT], [right, right], gold.tolist(), layers=6, loss=0.002)
    assert (found.layers, found.recall, found.exits[0][0]) == (1.0, 1.0, CUT)
    assert found.exits[0][1] <= 0.9
    none = plan([CUT], [wrong, right], gold.tolist(), layers=6, loss=0.002)
    assert (none.exits, none.layers, none.recall) == ((), 6.0, 1.0)


def test_two_exits_are_used_where_they_save_more_than_one() -> None:
    gold = np.arange(300) % 3
    unsure = np.full((300, 3), 1 / 3)
    early = np.where(np.arange(300)[:, None] < 100, sharp(gold, 0.9), unsure)
    middle = np.where(np.arange(300)[:, None] < 200, sharp(gold, 0.9), unsure)
    cuts = [Cut(layer, f"states_{layer}", f"logits_{layer}") for layer in (1, 3)]
    found = plan(cuts, [early, middle, sharp(gold, 0.9)], gold.tolist(), layers=6, loss=0.002)
    assert [cut.layer for cut, _ in found.exits] == [1, 3]
    assert found.layers == pytest.approx((1 + 3 + 6) / 3)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(0, 0.05))
def test_the_loss_stays_within_the_bound(seed: int, loss: float) -> None:
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, 3, 400)
    early, late = (np.exp(draw.normal(0, 1, (400, 3)) + spread * np.eye(3)[gold]) for spread in (1.0, 2.0))
    early, answers = early / early.sum(1, keepdims=True), late.argmax(1)
    sure = sure_enough(early, answers, gold.tolist(), loss)
    mixed = np.where(early.max(1) >= sure, early.argmax(1), answers)
    assert sure == NEVER or 0.3 < sure < 1
    full = macro_recall(confusion(gold.tolist(), answers.tolist()))
    assert macro_recall(confusion(gold.tolist(), mixed.tolist())) >= full - loss - 1e-9


def test_a_layer_on_pairs_of_tokens_costs_half() -> None:
    sure = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.02, 0.08, 0.9]])
    cuts = [Cut(2, "states_2", "logits_2", halved=2), Cut(4, "states_4", "logits_4", halved=2)]
    found = plan(cuts, [np.full((3, 3), 1 / 3), sure, sure], [0, 1, 2], layers=4.0, loss=0.0)
    assert [cut.layer for cut, _ in found.exits] == [4]
    assert found.layers == 3.0


def test_named_exits_are_taken_as_they_are() -> None:
    early = np.array([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    later = np.array([[0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.3, 0.4, 0.3]])
    last = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    second = Cut(2, "states_2", "logits_2")
    found = fixed([(CUT, early, 0.8), (second, later, 0.5)], last, [0, 1, 2], 6.0)
    assert found.exits == ((CUT, 0.8), (second, 0.5))
    assert found.layers == pytest.approx((1 + 2 + 1) / 3)
    assert found.recall == 1
    assert fixed([(CUT, early, 0.95)], last, [1, 2, 1], 6.0).layers == 6
