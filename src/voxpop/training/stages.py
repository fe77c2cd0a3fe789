"""Cut a model with exits into the stages that `voxpop.scorers.stages` runs, and decide when a row may leave early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper
from onnx.utils import Extractor

from voxpop.metrics import confusion, macro_recall

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """Where a graph is cut: the tensor of token states `(rows, length, hidden)` and the logits read off it."""

    states: str
    logits: str


def split(model: onnx.ModelProto, cuts: Sequence[Cut], hidden: int) -> list[onnx.ModelProto]:
    """Return `len(cuts) + 1` graphs that, run one after another, are `model`.

    Each but the first reads `states_before` and `attention_mask` instead of token ids; each answers `logits`, and each
    but the last `states`. Weights are in the one stage that uses them, so the sizes add up to the whole's.
    """
    typed = onnx.ModelProto()
    typed.CopyFrom(model)
    for cut in cuts:
        for name, shape in ((cut.states, ["rows", "length", hidden]), (cut.logits, ["rows", None])):
            typed.graph.value_info.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    extractor = Extractor(typed)
    ends = [[cut.logits, cut.states] for cut in cuts] + [["logits"]]
    begins = [[node.name for node in model.graph.input]] + [[cut.states, "attention_mask"] for cut in cuts]
    stages = []
    for begin, end in zip(begins, ends, strict=True):
        stage = extractor.extract_model(begin, end)
        names = {begin[0]: "states_before"} if begin[0] != begins[0][0] else {}
        names |= {end[0]: "logits"} | ({end[1]: "states"} if len(end) > 1 else {})
        stages.append(_renamed(stage, names))
    return stages


def _renamed(model: onnx.ModelProto, names: dict[str, str]) -> onnx.ModelProto:
    graph = model.graph
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    del graph.value_info[:]
    return model


def sure_enough(early: Floats, late: Floats, gold: Sequence[int], allowed: float) -> float:
    """Return the least probability at which a row may exit so that macro recall falls by at most `allowed`.

    `early` and `late` are the calibrated probabilities `(rows, 3)` of an exit and of what follows it, on rows that
    training has not seen. Returns more than 1, which no row reaches, where no exit is worth it. The search goes down
    from certainty and stops at the first loss beyond `allowed`, so that a lucky dip further down is not taken.
    """
    answers, sureness = late.argmax(axis=1), early.max(axis=1)
    floor = macro_recall(confusion(gold, answers.tolist())) - allowed
    found = 1.01
    for sure in np.linspace(0.99, 0.34, 66):
        mixed = np.where(sureness >= sure, early.argmax(axis=1), answers)
        if macro_recall(confusion(gold, mixed.tolist())) < floor:
            break
        found = float(sure)
    return round(found, 2)
