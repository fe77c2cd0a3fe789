"""Word tables in 8 bits for graphs that look words up with a plain Gather, as all but BERT's do."""

import numpy as np
import onnx
from onnx import helper

from voxpop.training.quantise import Initialisers


def quantise_words(model: onnx.ModelProto, ids: str = "input_ids") -> onnx.ModelProto:
    """Return a copy of `model` whose table that `ids` looks up is int8 with a scale per row; others stay as they are.

    Exact in what it leaves alone. A graph without such a table, such as a fused BERT's, comes back as it was.
    """
    small = onnx.ModelProto()
    small.CopyFrom(model)
    constants = Initialisers(small.graph)
    nodes: list[onnx.NodeProto] = []
    for node in small.graph.node:
        table = node.input[0] if node.op_type == "Gather" and node.input[1] == ids else ""
        if table in constants and constants[table].dtype == np.float32 and constants[table].ndim == 2:
            nodes.extend(_small_lookup(node, constants))
        else:
            nodes.append(node)
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    constants.write()
    return small


def _small_lookup(node: onnx.NodeProto, constants: Initialisers) -> list[onnx.NodeProto]:
    name, ids = node.input
    table = constants[name]
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / np.float32(127)
    codes = constants.add(f"{name}_codes", np.round(table / scale).astype(np.int8))
    scales = constants.add(f"{name}_scales", scale)
    make = helper.make_node
    return [
        make("Gather", [codes, ids], [f"{name}_rows"]),
        make("Cast", [f"{name}_rows"], [f"{name}_values"], to=onnx.TensorProto.FLOAT),
        make("Gather", [scales, ids], [f"{name}_lengths"]),
        make("Mul", [f"{name}_values", f"{name}_lengths"], [node.output[0]]),
    ]
