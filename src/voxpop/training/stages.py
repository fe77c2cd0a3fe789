"""Cut a model with exits into the stages that `voxpop.scorers.stages` runs, and decide when a row may leave early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from onnx.utils import Extractor

from voxpop.metrics import confusion, macro_recall

Floats = npt.NDArray[np.float64]

NEVER = 1.01
"""A sureness that no row reaches."""

LEAST = 0.34
"""The lowest sureness that is tried: hardly a row is less sure of its most probable label of three."""

_MOST_EXITS = 2


@dataclass(frozen=True)
class Cut:
    """Where a graph can be cut: after a layer, at its token states `(rows, length, hidden)`, with their logits.

    `halved` is the layer after which the graph runs on pairs of tokens, 0 where it never does.
    """

    layer: int
    states: str
    logits: str
    halved: int = 0

    @property
    def cost(self) -> float:
        """What a row costs that leaves here; see `cost`."""
        return cost(self.layer, self.halved)


@dataclass(frozen=True)
class Plan:
    """Which exits a model uses.

    Attributes:
        exits: the cut of each exit, in order, and the probability from which a row leaves there; 0 for the last one if
            every row leaves there, so that no later layer is needed.
        layers: what a row costs on average, on the rows the plan was made on; see `cost`.
        recall: macro recall with these exits, on those rows.
    """

    exits: tuple[tuple[Cut, float], ...]
    layers: float
    recall: float

    @property
    def whole(self) -> bool:
        """Whether some row goes through all layers."""
        return not self.exits or self.exits[-1][1] > 0

    @property
    def end(self) -> int:
        """The layer after which no row goes on; 0 where some row goes through all."""
        return 0 if self.whole else self.exits[-1][0].layer


def cost(layer: int, halved: int = 0) -> float:
    """Return what the layers up to `layer` cost, in layers: one after layer `halved` runs on half as many states.

    >>> cost(6), cost(6, halved=2), cost(1, halved=2)
    (6.0, 4.0, 1.0)
    """
    return min(layer, halved) + (layer - halved) / 2 if 0 < halved < layer else float(layer)


def split(model: onnx.ModelProto, cuts: Sequence[Cut], hidden: int) -> list[onnx.ModelProto]:
    """Return `len(cuts) + 1` graphs that, run one after another, are `model`.

    Each but the first reads `states_before` and `attention_mask` instead of token ids; each answers `logits`, and each
    but the last `states`. Weights are in the one stage that uses them, so the sizes add up to the whole's.
    """
    typed = onnx.ModelProto()
    typed.CopyFrom(model)
    if cuts:
        count_tokens_apart(typed.graph)
    known = {value.name for value in (*model.graph.output, *model.graph.value_info)}
    for cut in cuts:
        for name, shape in ((cut.states, ["rows", "length", hidden]), (cut.logits, ["rows", None])):
            if name not in known:
                typed.graph.value_info.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    extractor = Extractor(typed)
    ends = [[cut.logits, cut.states] for cut in cuts] + [["logits"]]
    begins = [[node.name for node in model.graph.input]] + [[cut.states, "attention_mask"] for cut in cuts]
    stages = []
    for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        names = {begin[0]: "states_before"} if at else {}
        names |= {end[0]: "logits"} | ({end[1]: "states"} if len(end) > 1 else {})
        stages.append(_renamed(extractor.extract_model(begin, end), names))
    return stages


def count_tokens_apart(graph: onnx.GraphProto) -> None:
    """Give the fused embedding's second output, each row's count of tokens, a node of its own: later stages need it."""
    for node in [node for node in graph.node if node.op_type == "EmbedLayerNormalization" and len(node.output) > 1]:
        counts, mask, axis = node.output[1], node.input[7], f"{node.output[1]}_axis"
        node.output[1] = f"{counts}_unused"
        graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), axis))
        graph.node.insert(0, helper.make_node("ReduceSum", [mask, axis], [counts], keepdims=0))
        # The mask may be cast first, and nodes stand in the order in which they run.
        casts = [each for each in graph.node if mask in each.output]
        for cast in casts:
            graph.node.remove(cast)
            graph.node.insert(0, cast)


def _renamed(model: onnx.ModelProto, names: dict[str, str]) -> onnx.ModelProto:
    graph = model.graph
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    del graph.value_info[:]
    return model


def plan(cuts: Sequence[Cut], chances: Sequence[Floats], gold: Sequence[int], *, layers: float, loss: float) -> Plan:
    """Return the one or two exits that save most layers while macro recall falls by at most `loss`, or no exit.

    `chances` holds the calibrated probabilities `(rows, 3)` of each cut, then of the last layer, on rows that training
    has not seen; `layers` is what all layers cost. Each of two exits may lose half of `loss`; the later one is settled
    first, since rows that pass the earlier one meet it.
    """
    last = chances[-1]
    best = fixed([], last, gold, layers)
    for count in range(1, min(_MOST_EXITS, len(cuts)) + 1):
        for chosen in combinations(range(len(cuts)), count):
            found = _settled([(cuts[at], chances[at]) for at in chosen], last, gold, (layers, loss / count))
            if found.layers < best.layers:
                best = found
    return best


def _settled(
    exits: Sequence[tuple[Cut, Floats]], last: Floats, gold: Sequence[int], bounds: tuple[float, float]
) -> Plan:
    layers, loss = bounds
    answers = last.argmax(axis=1)
    settled: list[tuple[Cut, Floats, float]] = []
    for cut, chances in reversed(exits):
        sure = sure_enough(chances, answers, gold, loss)
        leaves = chances.max(axis=1) >= sure
        if sure <= LEAST and leaves.all() and not settled:
            sure = 0.0
        answers = np.where(leaves, chances.argmax(axis=1), answers)
        if sure < NEVER:
            settled.insert(0, (cut, chances, sure))
    return fixed(settled, last, gold, layers)


def fixed(exits: Sequence[tuple[Cut, Floats, float]], last: Floats, gold: Sequence[int], layers: float) -> Plan:
    """Return the plan of exits that are settled already: each cut with its probabilities `(rows, 3)` and its sureness.

    They come in the order of their layers; `last` are the probabilities of the last layer, after `layers`.
    """
    answers, run = last.argmax(axis=1), np.full(len(last), float(layers))
    for cut, chances, sure in reversed(exits):
        leaves = chances.max(axis=1) >= sure
        answers, run = np.where(leaves, chances.argmax(axis=1), answers), np.where(leaves, cut.cost, run)
    recall = macro_recall(confusion(gold, answers.tolist()))
    return Plan(tuple((cut, sure) for cut, _, sure in exits), float(run.mean()), recall)


def sure_enough(early: Floats, answers: npt.NDArray[np.int64], gold: Sequence[int], loss: float) -> float:
    """Return the least probability at which a row may exit so that macro recall falls by at most `loss`.

    `early` are the calibrated probabilities `(rows, 3)` of an exit, `answers` the labels that come after it. Returns
    `NEVER` where no exit is worth it. The search goes down from certainty and stops at the first loss beyond the
    bound, so that a lucky dip further down is not taken.
    """
    sureness = early.max(axis=1)
    floor = macro_recall(confusion(gold, answers.tolist())) - loss
    found = NEVER
    for sure in np.linspace(0.99, LEAST, 66):
        mixed = np.where(sureness >= sure, early.argmax(axis=1), answers)
        if macro_recall(confusion(gold, mixed.tolist())) < floor:
            break
        found = float(sure)
    return round(found, 2)
