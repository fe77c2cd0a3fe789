"""Integer products that add the bias themselves, for a pass over memory less and a cheaper GELU after them.

ONNX Runtime runs a quantised `MatMul` and what follows as nodes of their own, each of which reads and writes all
activations. A quantised `Gemm` (`QGemm`) has the bias in its accumulator, scaled as the products are, and attention
needs no bias node and no scale then. https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Floats = npt.NDArray[np.float32]

_MOST: Final = 2**31 - 1


@dataclass
class _Tail:
    """What follows a product and is taken into it: a bias, then a factor, then perhaps a GELU that stays a node."""

    out: str
    bias: Floats
    factor: np.float32 = field(default_factory=lambda: np.float32(1))
    activated: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)


def join(model: onnx.ModelProto) -> None:
    """Turn each quantised `MatMul` of a graph and the bias after it into a quantised `Gemm`, in place.

    Answers change by rounding alone: a bias is held in 32 bits in steps of activation scale times weight scale. A
    product that is followed by no bias is left as it is, as is one whose bias does not fit.
    """
    _Joining(model.graph).run()


class _Joining:
    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.constants: dict[str, npt.NDArray[Any]] = {
            tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer
        }
        self.made = {name: node for node in graph.node for name in node.output}
        self.readers: defaultdict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self.readers[name].append(node)
        self.answers = {output.name for output in graph.output}
        self.shaped: set[str] = set()

    def run(self) -> None:
        gone: set[int] = set()
        nodes: list[onnx.NodeProto] = []
        for node in self.graph.node:
            tail = self._tail(node) if node.op_type == "MatMul" else None
            if tail and (joined := self._joined(node, tail)):
                gone |= {id(each) for each in tail.nodes}
                nodes += joined
            elif id(node) not in gone:
                nodes.append(node)
        used, kept = set(self.answers), []
        for node in reversed(nodes):
            if used & set(node.output):
                used |= set(node.input)
                kept.append(node)
        left = [tensor for tensor in self.graph.initializer if tensor.name in used]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(reversed(kept))
        self.graph.initializer.extend(left)

    def _tail(self, node: onnx.NodeProto) -> _Tail | None:
        """The bias that follows a product of quantised activations by quantised weights, if one does."""
        coded = [self.made.get(name) for name in node.input]
        if any(each is None or each.op_type != "DequantizeLinear" for each in coded):
            return None
        after = self._only_reader(node.output[0])
        if after is None or after.op_type not in ("Add", "BiasGelu"):
            return None
        bias = self._other(after, node.output[0])
        if bias is None or bias.ndim != 1:
            return None
        tail = _Tail(after.output[0], bias.astype(np.float32), nodes=[after])
        if after.op_type == "BiasGelu":
            tail.activated, tail.out = tail.out, f"{tail.out}_before"
            return tail
        scaled = self._only_reader(tail.out)
        if scaled is not None and scaled.op_type == "Mul":
            factor = self._other(scaled, tail.out)
            if factor is not None and factor.size == 1:
                tail.out, tail.factor = scaled.output[0], np.float32(factor.item())
                tail.nodes.append(scaled)
        return tail

    def _only_reader(self, name: str) -> onnx.NodeProto | None:
        readers = self.readers[name]
        return readers[0] if len(readers) == 1 and name not in self.answers else None

    def _other(self, node: onnx.NodeProto, name: str) -> npt.NDArray[Any] | None:
        return next((self.constants[each] for each in node.input if each != name and each in self.constants), None)

    def _joined(self, node: onnx.NodeProto, tail: _Tail) -> list[onnx.NodeProto]:
        activation, weight = (self.made[name] for name in node.input)
        code, *affine = activation.input
        weights, weight_scale, weight_zero = weight.input
        depth, width = self.constants[weights].shape
        scale = (self.constants[weight_scale] * tail.factor).astype(np.float32)
        steps = np.broadcast_to(self.constants[affine[0]] * scale, width).astype(np.float32)
        whole = np.round(tail.bias.astype(np.float64) * tail.factor / steps)
        if np.abs(whole).max() > _MOST:
            return []
        out = node.output[0]
        bias = [
            self._add(f"{out}_bias", whole.astype(np.int32)),
            self._add(f"{out}_bias_scale", steps),
            self._add(f"{out}_bias_zero", np.zeros(width, np.int32)),
        ]
        flat = self._add(f"rows_of_{depth}", np.array([-1, depth], np.int64))
        made, shape = self._shape(code, width)
        make = helper.make_node
        nodes = [
            make("Reshape", [code, flat], [f"{out}_flat"]),
            make("DequantizeLinear", [f"{out}_flat", *affine], [f"{out}_rows"]),
            make("DequantizeLinear", [weights, self._add(f"{out}_scale", scale), weight_zero], [f"{out}_by"], axis=1),
            make("DequantizeLinear", bias, [f"{out}_plus"], axis=0),
            make("Gemm", [f"{out}_rows", f"{out}_by", f"{out}_plus"], [f"{out}_product"]),
            *made,
            make("Reshape", [f"{out}_product", shape], [tail.out]),
        ]
        if tail.activated:
            nodes.append(make("Gelu", [tail.out], [tail.activated], domain="com.microsoft"))
        return nodes

    def _shape(self, code: str, width: int) -> tuple[list[onnx.NodeProto], str]:
        """The shape of a product, and the nodes that make it where they are not there yet."""
        shape = f"{code}_by_{width}"
        if shape in self.shaped:
            return [], shape
        self.shaped.add(shape)
        make = helper.make_node
        last = self._add(f"width_{width}", np.array([width], np.int64))
        return [
            make("Shape", [code], [f"{shape}_rows"], start=0, end=2),
            make("Concat", [f"{shape}_rows", last], [shape], axis=0),
        ], shape

    def _add(self, name: str, values: npt.NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = values
            self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
