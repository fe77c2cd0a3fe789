"""Heads that answer for each row by itself, to the last bit, whatever rows are beside it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

_AXIS: Final = "head_axis"


def row_by_row(model: onnx.ModelProto) -> None:
    """Make pooling and head of a graph independent of how many rows it is given, in place.

    A sum over tokens and a `Gemm` take other paths through a processor for one row than for many, and differ in the
    last bit: a text that is remembered from one segment would then have other bytes than one that is scored anew on
    another machine. A product of matrices for each row, and a sum along the last axis, do not.
    """
    graph = model.graph
    answers = {output.name for output in graph.output}
    products = {node.output[0]: node for node in graph.node if node.op_type == "Mul"}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gemm" and node.output[0] in answers and _is_plain(node):
            nodes += _head(node)
        elif node.op_type == "ReduceSum" and node.input[0] in products and not _given(node).get("keepdims", 1):
            nodes += _pooling(node, products[node.input[0]])
        else:
            nodes.append(node)
    if len(nodes) > len(graph.node):
        for axis in (1, 2):
            graph.initializer.append(numpy_helper.from_array(np.array([axis], np.int64), f"{_AXIS}_{axis}"))
    used = answers | {name for node in nodes for name in node.input}
    del graph.node[:]
    graph.node.extend(node for node in nodes if node.op_type != "Mul" or used & set(node.output))


def _given(node: onnx.NodeProto) -> dict[str, Any]:
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}


def _is_plain(node: onnx.NodeProto) -> bool:
    """Whether it is `x @ w.T + b`."""
    given = _given(node)
    usual = given.get("alpha", 1.0) == given.get("beta", 1.0) == 1.0 and not given.get("transA", 0)
    return usual and given.get("transB", 0) == 1 and len(node.input) == 3


def _head(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    rows, weights, bias = node.input
    out = node.output[0]
    return [
        helper.make_node("Unsqueeze", [rows, f"{_AXIS}_1"], [f"{out}_rows"]),
        helper.make_node("Mul", [f"{out}_rows", weights], [f"{out}_products"]),
        helper.make_node("ReduceSum", [f"{out}_products", f"{_AXIS}_2"], [f"{out}_sums"], keepdims=0),
        helper.make_node("Add", [f"{out}_sums", bias], [out]),
    ]


def _pooling(node: onnx.NodeProto, product: onnx.NodeProto) -> list[onnx.NodeProto]:
    """States `(rows, length, width)` times mask `(rows, length, 1)`, summed over tokens: one small product a row."""
    states, mask = product.input
    out = node.output[0]
    return [
        helper.make_node("Transpose", [mask], [f"{out}_mask"], perm=[0, 2, 1]),
        helper.make_node("MatMul", [f"{out}_mask", states], [f"{out}_sum"]),
        helper.make_node("Squeeze", [f"{out}_sum", f"{_AXIS}_1"], [out]),
    ]
