"""Half as many token states from some layer on, each the mean of two neighbours, as in a funnel (Dai et al. 2020).

Later layers then cost half, and attention a quarter. What they still have to tell, a mean of two words tells too: the
layers before have already mixed each token with its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from transformers import PreTrainedModel

from voxpop.errors import Terminal

FAMILIES: Final = ("bert", "roberta", "xlm-roberta", "electra")
"""Encoders whose layers take the states and the attention mask first, and nothing else that knows of positions."""

_FAR: Final = np.iinfo(np.int64).max


class Halving:
    """Makes the layers of an encoder after layer `after` run on pairs of tokens; set `mask` before each pass.

    The mean leaves padding out, so that a row has the same answer whatever it is padded to.
    """

    def __init__(self, encoder: PreTrainedModel, after: int) -> None:
        """Hook into `encoder`. Raises `Terminal` for a family that is not in `FAMILIES`."""
        kind = encoder.config.model_type
        if kind not in FAMILIES:
            raise Terminal(f"--halve-after works with {', '.join(FAMILIES)}, not with {kind}; leave it out")
        self.after = after
        self.mask: torch.Tensor | None = None
        self.on = True
        for at, layer in enumerate(encoder.encoder.layer):
            if at >= after:
                layer.register_forward_pre_hook(self._first if at == after else self._later)

    def _first(self, _: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        states, *others = self._later(_, given)
        return (halved(states, self.mask), *others) if self.on and self.mask is not None else (states, *others)

    def _later(self, _: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        states, mask, *others = given
        # Rows, heads, from, to: padding is at the end, so a pair is real where its first token is.
        return (states, mask[..., ::2, ::2] if self.on and mask is not None else mask, *others)


def halved(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the means `(rows, ceil(length / 2), width)` of neighbouring states `(rows, length, width)`.

    Of a pair whose second is padding, as `mask` `(rows, length)` has it, the first is taken as it is.

    >>> halved(torch.tensor([[[1.0], [3.0], [5.0], [9.0]]]), torch.tensor([[1, 1, 1, 0]])).tolist()
    [[[2.0], [5.0]]]
    """
    if states.shape[1] % 2:
        states, mask = torch.nn.functional.pad(states, (0, 0, 0, 1)), torch.nn.functional.pad(mask, (0, 1))
    first, second = states[:, ::2], states[:, 1::2]
    return first + (second - first) * (mask[:, 1::2].unsqueeze(-1) * 0.5).to(states.dtype)


def halve_graph(model: onnx.ModelProto, states: str, logits: str) -> None:
    """Make what follows the token states `states` in a graph run on pairs of tokens, in place, as `Halving` does.

    What leads to `logits`, the head that reads these states, stays as it is. The graph must be one that was traced
    without halving and reads nothing but `states` and the attention mask from there on. Lengths must be even.
    """
    graph = model.graph
    head = _leading_to(graph, logits)
    after = {states}
    for node in graph.node:
        if after & set(node.input):
            after |= set(node.output)
    later = [node for node in graph.node if after & set(node.output) - head - {states}]
    clones = _Clones(graph)
    for node in later:
        inputs = [name if name in after else clones(name) for name in node.input]
        node.input[:] = ["half_states" if name == states else name for name in inputs]
    at = list(graph.node).index(later[0])
    for node in reversed([*_pairs(graph, states), *clones.made]):
        graph.node.insert(at, node)
    for value in graph.output:
        for size in value.type.tensor_type.shape.dim if value.name in after - head else ():
            # Two sizes of one name would be taken for equal.
            size.dim_param = "half_length" if size.dim_param == "length" else size.dim_param
    del graph.value_info[:]


class _Clones:
    """What a graph computes from the attention mask, once more from the mask of the pairs."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.made: list[onnx.NodeProto] = []
        self._constant = {tensor.name for tensor in graph.initializer} | {""}
        self._maker = {name: node for node in graph.node for name in node.output}
        self._names = {"attention_mask": "half_mask"}

    def __call__(self, name: str) -> str:
        if name in self._constant:
            return name
        if name not in self._names:
            if name not in self._maker:
                raise Terminal(f"--halve-after cannot cut this encoder: its later layers read {name}; leave it out")
            node = onnx.NodeProto()
            node.CopyFrom(self._maker[name])
            node.name = ""
            node.input[:] = [self(each) for each in node.input]
            node.output[:] = [f"{each}_half" for each in node.output]
            self._names |= zip(self._maker[name].output, node.output, strict=True)
            self.made.append(node)
        return self._names[name]


def _leading_to(graph: onnx.GraphProto, name: str) -> set[str]:
    found = {name}
    for node in reversed(graph.node):
        if found & set(node.output):
            found |= set(node.input)
    return found


def _pairs(graph: onnx.GraphProto, states: str) -> Sequence[onnx.NodeProto]:
    constants = {"half_0": [0], "half_1": [1], "half_2": [2], "half_far": [_FAR]}
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.int64), name))
    graph.initializer.append(numpy_helper.from_array(np.array(0.5, dtype=np.float32), "half_share"))
    make = helper.make_node
    every = ["half_far", "half_1", "half_2"]
    return [
        make("Slice", ["attention_mask", "half_0", *every], ["half_mask"]),
        make("Slice", ["attention_mask", "half_1", *every], ["half_second_mask"]),
        make("Cast", ["half_second_mask"], ["half_second_float"], to=onnx.TensorProto.FLOAT),
        make("Mul", ["half_second_float", "half_share"], ["half_weight"]),
        make("Unsqueeze", ["half_weight", "half_2"], ["half_weights"]),
        make("Slice", [states, "half_0", *every], ["half_first"]),
        make("Slice", [states, "half_1", *every], ["half_second"]),
        make("Sub", ["half_second", "half_first"], ["half_apart"]),
        make("Mul", ["half_apart", "half_weights"], ["half_step"]),
        make("Add", ["half_first", "half_step"], ["half_states"]),
    ]
