"""Float weights from an exported model in 8 bits, to train on from: `python -m voxpop.training.restore --help`.

The weights are those that the export rounded, each to half of 1/127 of the largest of its row or channel. Activations
are in float again.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper

from voxpop import console, models
from voxpop.errors import Terminal
from voxpop.scorers.card import ModelCard
from voxpop.training.classifier import SentimentClassifier
from voxpop.training.examples import load_tokenizer
from voxpop.training.prune import narrow

Values = npt.NDArray[Any]

_ROOT: Final = "model."
"""What the exporter's names begin with: the module that it wraps around the classifier."""

_NUMBERED: Final = re.compile(r"encoder\.encoder\.layer\.(\d+)\.")
_NEURONS: Final = "encoder.encoder.layer.0.intermediate.dense.bias"
_LOST: Final = ("key.bias", "token_type_embeddings.weight", "position_ids")
"""What no graph holds: biases that change no answer, segments added to positions, and a table of numbers."""


def restore(exported: Path, base: Path, out: Path) -> int:
    """Write the classifier that `exported` was made from to `out`; return how many numbers were restored.

    `base` is the encoder it began from, which gives what the graph does not hold: positions beyond the model's length,
    segments, and biases of keys. Where the export has fewer layers than the base, or fewer neurons in them, so has the
    classifier. Early exits are left out: of the heads the last is kept, without its temperature.

    Raises:
        Terminal: `exported` is no BERT in 8 bits that `voxpop export` made, or `base` is of another size.
    """
    card = ModelCard.read(exported)
    model = SentimentClassifier.load_base(base)
    model.config.emoji = "words" if card.spells_emoji else "signs"
    tokenizer = load_tokenizer(base)
    if card.reads_topic:
        model.pair(tokenizer.sep_token_id)
    found: dict[str, Values] = {}
    scaled = float(np.sqrt(model.config.num_attention_heads / model.config.hidden_size))
    for stage in card.stages:
        found |= dict(_weights(onnx.load(exported / stage.file).graph, scaled))
    _end(model, found)
    neurons = len(found.get(_NEURONS, ()))
    if 0 < neurons < model.config.intermediate_size:
        # Which ones are kept does not matter: all their weights are replaced.
        narrow(model, [torch.ones(model.config.intermediate_size)] * model.config.num_hidden_layers, neurons)
    state = model.state_dict()
    segment = state["encoder.embeddings.token_type_embeddings.weight"][0].numpy()
    _embed(found, segment)
    for name, values in state.items():
        if name.endswith(_LOST) and name not in found:
            continue
        # Positions are cut to the model's length; everything else must be there whole.
        known = found.get(name)
        whole = known is not None and (len(known) == len(values) or name.endswith("position_embeddings.weight"))
        if known is None or not whole or known.shape[1:] != tuple(values.shape[1:]):
            raise Terminal(f"{exported} has no {name} of the size of {base}'s; give its own base, and a BERT in 8 bits")
        values[: len(known)] = torch.tensor(known)
    model.load_state_dict(state)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return sum(values.size for values in found.values())


def _end(model: SentimentClassifier, found: dict[str, Values]) -> None:
    """Cut the encoder's last layers off where the graph lacks them; one that ends at an exit has that head alone."""
    layers = getattr(getattr(model.encoder, "encoder", None), "layer", None)
    held = 1 + max((int(number[1]) for name in found if (number := _NUMBERED.match(name))), default=-1)
    if layers is None or not 0 < held < len(layers):
        return
    del layers[held:]
    model.config.num_hidden_layers = held
    for part in ("weight", "bias"):
        heads = sorted(name for name in found if name.startswith("exit_classifiers.") and name.endswith(part))
        if heads and f"classifier.{part}" not in found:
            found[f"classifier.{part}"] = found.pop(heads[-1])


def _weights(graph: onnx.GraphProto, scaled: float) -> Iterator[tuple[str, Values]]:
    """Every constant of the graph under the name it has in PyTorch, codes turned to numbers.

    `scaled` is what the weights of queries are times, where products hold their biases (`voxpop.training.products`).
    """
    constants = {tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    for name, values in constants.items():
        if name.startswith(_ROOT):
            yield name.removeprefix(_ROOT), values
        elif name.startswith("embedding_"):
            yield name, values
    for node in graph.node:
        if node.op_type == "MatMul" and (code := node.input[1].removesuffix("d")) in constants:
            scale = constants[code.removesuffix("_code") + "_scale"]
            yield f"{_layer(node.output[0])}.weight", (constants[code].astype(np.float32) * scale).T
    yield from _joined(graph, constants, scaled)
    yield from _biases(graph, constants)


def _joined(graph: onnx.GraphProto, constants: Mapping[str, Values], scaled: float) -> Iterator[tuple[str, Values]]:
    """Weights and biases of the products that hold both."""
    made = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        parts = [made[name] for name in node.input[1:] if name in made and made[name].op_type == "DequantizeLinear"]
        if node.op_type != "Gemm" or len(parts) < 2:
            continue
        layer = _layer(node.output[0])
        factor = scaled if layer.endswith(".query") else 1.0
        for kind, part in zip(("weight", "bias"), parts, strict=True):
            code, scale = (constants[name] for name in part.input[:2])
            yield f"{layer}.{kind}", (code.astype(np.float32) * scale / np.float32(factor)).T


def _biases(graph: onnx.GraphProto, constants: Mapping[str, Values]) -> Iterator[tuple[str, Values]]:
    """The biases of queries and values, in a node of all three or each added by itself."""
    for node in graph.node:
        if node.op_type == "MultiHeadAttention":
            for part, values in zip(("query", "key", "value"), np.split(constants[node.input[3]], 3), strict=True):
                yield f"{_layer(node.output[0])}.{part}.bias", values
    for part in ("query", "value"):
        for name in [name for name in constants if name.endswith(f"_{part}_bias")]:
            yield f"{_layer(name)}.{part}.bias", constants[name]


def _layer(path: str) -> str:
    """The name of a layer in PyTorch, from the path of what it answers in the graph.

    >>> _layer("/model/encoder/encoder/layer.0/output/dense/MatMul_output_0")
    'encoder.encoder.layer.0.output.dense'
    """
    return ".".join(path.removeprefix("/").split("/")[1:-1])


def _embed(found: dict[str, Values], segment: Values) -> None:
    names = ("words", "scale", "positions", "segments")
    codes, scale, positions, segments = (found.pop(f"embedding_{name}", None) for name in names)
    for name in [name for name in found if name.startswith("embedding_")]:
        del found[name]
    if codes is None or scale is None or positions is None:
        return
    found["encoder.embeddings.word_embeddings.weight"] = codes.astype(np.float32) * scale
    if segments is not None:
        found["encoder.embeddings.token_type_embeddings.weight"] = segments
        segment = np.zeros_like(segment)
    if positions.shape[1:] == segment.shape:
        found["encoder.embeddings.position_embeddings.weight"] = positions - segment


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.restore", description=__doc__)
    options.add_argument("--model", required=True, help="a bundled model, or the directory of an exported one")
    options.add_argument("--base", type=Path, required=True, help="a folder: the encoder that it was trained from")
    options.add_argument("--out", type=Path, required=True, help="where the classifier goes")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Restore, and say how much."""
    wanted = parser().parse_args(arguments)
    console.say(f"{restore(models.find(wanted.model), wanted.base, wanted.out):,} numbers restored")


if __name__ == "__main__":
    main()
