"""Attention as plain matrix products: on short texts they take less time than ONNX Runtime's one node for all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper

MASKED: Final = np.float32(-1e4)
"""Added to the score of a token that is padding: its share then is 0 in float32."""


@dataclass
class Attention:
    """Takes the `MultiHeadAttention` nodes of a graph apart, those whose mask is each row's count of tokens.

    The bias of the keys is left out, since it adds the same to every score of a query.
    """

    made: dict[str, onnx.NodeProto]
    constants: Any
    _masks: dict[str, str] = field(default_factory=dict)

    def apart(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        """Return the nodes that compute what `node` does, or `node` alone where it is of another form."""
        counted = self._counted(node)
        if not counted:
            return [node]
        queries, keys, values, bias = node.input[:4]
        out, heads = node.output[0], next(item.i for item in node.attribute if item.name == "num_heads")
        of_queries, _, of_values = np.split(self.constants[bias], 3)
        width = len(of_queries)
        shape = self.constants.add(f"heads_{heads}", np.array([0, 0, heads, width // heads], dtype=np.int64))
        flat = self.constants.add(f"flat_{width}", np.array([0, 0, width], dtype=np.int64))
        scale = self.constants.add(f"{out}_scale_by", np.float32(np.sqrt(heads / width)))
        make = helper.make_node
        nodes = [
            *self._mask(counted),
            make("Add", [queries, self.constants.add(f"{out}_query_bias", of_queries)], [f"{out}_biased"]),
            make("Mul", [f"{out}_biased", scale], [f"{out}_queries"]),
            make("Add", [values, self.constants.add(f"{out}_value_bias", of_values)], [f"{out}_values"]),
        ]
        for name, states, order in (
            ("q", f"{out}_queries", (0, 2, 1, 3)),
            ("k", keys, (0, 2, 3, 1)),
            ("v", f"{out}_values", (0, 2, 1, 3)),
        ):
            nodes.append(make("Reshape", [states, shape], [f"{out}_{name}_heads"]))
            nodes.append(make("Transpose", [f"{out}_{name}_heads"], [f"{out}_{name}"], perm=order))
        return [
            *nodes,
            make("MatMul", [f"{out}_q", f"{out}_k"], [f"{out}_scores"]),
            make("Add", [f"{out}_scores", self._masks[counted]], [f"{out}_unmasked"]),
            make("Softmax", [f"{out}_unmasked"], [f"{out}_shares"], axis=-1),
            make("MatMul", [f"{out}_shares", f"{out}_v"], [f"{out}_mixed"]),
            make("Transpose", [f"{out}_mixed"], [f"{out}_turned"], perm=(0, 2, 1, 3)),
            make("Reshape", [f"{out}_turned", flat], [out]),
        ]

    def _counted(self, node: onnx.NodeProto) -> str:
        """The mask whose tokens the node's fifth input counts, "" where it counts none."""
        counter = self.made.get(node.input[4]) if len(node.input) == 5 else None
        if counter is None or counter.op_type not in ("EmbedLayerNormalization", "ReduceSum"):
            return ""
        mask = counter.input[0 if counter.op_type == "ReduceSum" else 7]
        cast = self.made.get(mask)
        return cast.input[0] if cast is not None and cast.op_type == "Cast" else mask

    def _mask(self, mask: str) -> list[onnx.NodeProto]:
        if mask in self._masks:
            return []
        self._masks[mask] = f"{mask}_added"
        one, far = self.constants.add("unmasked", np.float32(1)), self.constants.add("masked", MASKED)
        axes = self.constants.add("mask_axes", np.array([1, 2], dtype=np.int64))
        make = helper.make_node
        return [
            make("Cast", [mask], [f"{mask}_seen"], to=onnx.TensorProto.FLOAT),
            make("Sub", [one, f"{mask}_seen"], [f"{mask}_unseen"]),
            make("Mul", [f"{mask}_unseen", far], [f"{mask}_far"]),
            make("Unsqueeze", [f"{mask}_far", axes], [f"{mask}_added"]),
        ]
