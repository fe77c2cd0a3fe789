"""From a float ONNX BERT to an int8 one whose scores do not depend on the rest of the batch.

Activation scales are fixed here, from calibration texts. Quantising on the fly would take them over the whole batch,
and a row's score would change with its neighbours. The result is plain QuantizeLinear and DequantizeLinear around float
MatMuls, which ONNX Runtime and OpenVINO both turn into integer arithmetic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

from voxpop.training.attention import Attention
from voxpop.training.products import join

Feed = Mapping[str, npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Range:
    """The values an activation tensor takes that are worth representing; always holds 0."""

    low: float
    high: float

    def scale_and_zero(self) -> tuple[np.float32, np.uint8]:
        """Return the affine uint8 code of this range: `value = scale * (code - zero)`."""
        scale = max(self.high - self.low, 1e-6) / 255
        return np.float32(scale), np.uint8(round(-self.low / scale))


class Initialisers:
    """A graph's constants by name."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        """Index the constants of `graph`; later changes go through this object."""
        self._graph = graph
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}

    def __contains__(self, name: str) -> bool:
        """Tell whether `name` is a constant."""
        return name in self._tensors

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return the constant's values."""
        return np.asarray(numpy_helper.to_array(self._tensors[name]))

    def add(self, name: str, values: npt.NDArray[Any] | np.generic) -> str:
        """Add a constant and return its name."""
        self._tensors[name] = numpy_helper.from_array(np.asarray(values), name)
        return name

    def write(self) -> None:
        """Store in the graph those constants that a node still reads."""
        used = {name for node in self._graph.node for name in node.input}
        del self._graph.initializer[:]
        self._graph.initializer.extend(tensor for name, tensor in self._tensors.items() if name in used)


def linear_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the MatMuls by a constant matrix: the layers that are worth quantising."""
    constants = {tensor.name for tensor in graph.initializer}
    return [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in constants]


def calibrate(model: onnx.ModelProto, feeds: Iterable[Feed], *, keep: int = 2000, seed: int = 1) -> dict[str, Range]:
    """Run `feeds` through the float model and return the range of every linear layer's input.

    The range is the one, of shrunken copies of minimum to maximum, whose rounding and clipping together cost the least
    squared error on a sample of `keep` values a feed.
    """
    inputs = sorted({node.input[0] for node in linear_nodes(model.graph)})
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in inputs)
    session = ort.InferenceSession(probe.SerializeToString())
    draw = np.random.default_rng(seed)
    samples: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in inputs}
    for feed in feeds:
        for name, values in zip(inputs, session.run(inputs, dict(feed)), strict=True):
            flat = values.ravel()
            extremes = np.array([flat.min(), flat.max()])
            samples[name].append(np.concatenate([extremes, draw.choice(flat, min(keep, flat.size), replace=False)]))
    return {name: best_range(np.concatenate(parts)) for name, parts in samples.items()}


def best_range(values: npt.NDArray[np.float32]) -> Range:
    """Return the range whose uint8 code has the least squared error on `values`.

    >>> best_range(np.array([-1.0, 0.0, 1.0], dtype=np.float32))
    Range(low=-1.0, high=1.0)
    """
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    shrunken = [Range(low * factor, high * factor) for factor in np.linspace(1.0, 0.3, 36).tolist()]
    return min(shrunken, key=lambda candidate: _squared_error(values, candidate))


def _squared_error(values: npt.NDArray[np.float32], candidate: Range) -> float:
    scale, zero = candidate.scale_and_zero()
    codes = np.clip(np.round(values / scale) + zero, 0, 255)
    return float(np.square((codes - zero) * scale - values).sum())


@dataclass(frozen=True)
class Size:
    """What a quantised graph must hold: texts of so many tokens, and whether they are in two segments."""

    max_length: int
    segmented: bool = False


def quantise(model: onnx.ModelProto, ranges: Mapping[str, Range], size: Size) -> onnx.ModelProto:
    """Return an int8 copy of an encoder: linear layers by output channel, and a fused BERT's word embeddings by row.

    `ranges` comes from `calibrate` on the same model. Of a fused BERT, texts longer than `size` allows cannot be
    run any more. Other word tables are left for `voxpop.training.embedding`.
    """
    small = onnx.ModelProto()
    small.CopyFrom(model)
    constants = Initialisers(small.graph)
    linear = {node.output[0] for node in linear_nodes(small.graph)}
    nodes: list[onnx.NodeProto] = []
    coded: dict[str, str] = {}
    attention = Attention({name: node for node in small.graph.node for name in node.output}, constants)
    for node in small.graph.node:
        if node.output[0] in linear:
            name = node.input[0]
            if name not in coded:
                coded[name] = _code_activation(nodes, constants, name, ranges[name])
            node.input[:] = [coded[name], _code_weight(nodes, constants, node.input[1])]
            nodes.append(node)
        elif node.op_type == "EmbedLayerNormalization":
            nodes.extend(_small_embedding(node, constants, size))
        elif node.op_type == "SkipLayerNormalization":
            nodes.extend(_plain_norm(node))
        elif node.op_type == "MultiHeadAttention":
            nodes.extend(attention.apart(node))
        else:
            nodes.append(node)
    del small.graph.node[:]
    small.graph.node.extend(_needed(nodes, small.graph))
    constants.write()
    del small.graph.value_info[:]
    join(small)
    return small


def _code_activation(nodes: list[onnx.NodeProto], constants: Initialisers, name: str, wanted: Range) -> str:
    scale, zero = wanted.scale_and_zero()
    code = [constants.add(f"{name}_scale", scale), constants.add(f"{name}_zero", zero)]
    nodes.append(helper.make_node("QuantizeLinear", [name, *code], [f"{name}_code"]))
    nodes.append(helper.make_node("DequantizeLinear", [f"{name}_code", *code], [f"{name}_coded"]))
    return f"{name}_coded"


def _plain_norm(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    """The sum and the norm apart: ONNX Runtime's fused node goes value by value, and took a fifth of the time."""
    states, skip, gamma, beta, *bias = node.input
    epsilon = next((item.f for item in node.attribute if item.name == "epsilon"), 1e-12)
    summed = f"{node.output[0]}_sum"
    added = [helper.make_node("Add", [states, bias[0]], [f"{summed}_bias"])] if bias else []
    total = helper.make_node("Add", [added[0].output[0] if added else states, skip], [summed])
    norm = helper.make_node("LayerNormalization", [summed, gamma, beta], [node.output[0]], axis=-1, epsilon=epsilon)
    return [*added, total, norm]


def _code_weight(nodes: list[onnx.NodeProto], constants: Initialisers, name: str) -> str:
    weight = constants[name]
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-12).astype(np.float32) / np.float32(127)
    parts = [
        constants.add(f"{name}_code", np.round(weight / scale).astype(np.int8)),
        constants.add(f"{name}_scale", scale),
        constants.add(f"{name}_zero", np.zeros(scale.shape, np.int8)),
    ]
    nodes.append(helper.make_node("DequantizeLinear", parts, [f"{name}_coded"], axis=1))
    return f"{name}_coded"


def _small_embedding(node: onnx.NodeProto, constants: Initialisers, size: Size) -> list[onnx.NodeProto]:
    ids, segment_ids, words, positions, segments, gamma, beta, mask = node.input
    epsilon = next((item.f for item in node.attribute if item.name == "epsilon"), 1e-12)
    table = constants[words]
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / np.float32(127)
    constants.add("embedding_words", np.round(table / scale).astype(np.int8))
    constants.add("embedding_scale", scale)
    added, places = [], constants[positions][: size.max_length]
    if size.segmented:
        constants.add("embedding_segments", constants[segments])
        added = [
            helper.make_node("Gather", ["embedding_segments", segment_ids], ["embedding_parts"]),
            helper.make_node("Add", ["embedding_places_alone", "embedding_parts"], ["embedding_places"]),
        ]
    else:
        # A post alone is one segment, so the segment's vector belongs to every position.
        places = places + constants[segments][0]
    constants.add("embedding_positions", places)
    for name, value in (("embedding_zero", 0), ("embedding_one", 1), ("embedding_two", 2)):
        constants.add(name, np.array([value], dtype=np.int64))
    make = helper.make_node
    return [
        make("Gather", ["embedding_words", ids], ["embedding_rows"]),
        make("Cast", ["embedding_rows"], ["embedding_codes"], to=onnx.TensorProto.FLOAT),
        make("Gather", ["embedding_scale", ids], ["embedding_scales"]),
        make("Mul", ["embedding_codes", "embedding_scales"], ["embedding_vectors"]),
        make("Shape", [ids], ["embedding_shape"]),
        make("Slice", ["embedding_shape", "embedding_one", "embedding_two"], ["embedding_length"]),
        make(
            "Slice",
            ["embedding_positions", "embedding_zero", "embedding_length"],
            ["embedding_places_alone" if added else "embedding_places"],
        ),
        *added,
        make("Add", ["embedding_vectors", "embedding_places"], ["embedding_sum"]),
        make("LayerNormalization", ["embedding_sum", gamma, beta], [node.output[0]], axis=-1, epsilon=epsilon),
        # The fused node's second output: how many tokens of each row are not padding, which is all at the end.
        make("ReduceSum", [mask, "embedding_one"], [node.output[1]], keepdims=0),
    ]


def _needed(nodes: list[onnx.NodeProto], graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    wanted = {output.name for output in graph.output}
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]
