"""Texts as the tokens that the scorer will feed a model, one row at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from voxpop.errors import Terminal
from voxpop.scorers.stages import STEP
from voxpop.text import prepare
from voxpop.training.examples import read_as
from voxpop.training.quantise import Feed


class Reader:
    """Turns a text into the tokens that the scorer would feed."""

    def __init__(self, directory: Path, described: dict[str, Any]) -> None:
        """Open the tokenizer in `directory`."""
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.max_length: int = described["max_length"]
        self._tokenizer.enable_truncation(self.max_length)
        self._pad = described.get("pad", 0)
        self._emoji = described.get("emoji", "signs")

    def ids_of(self, words: Sequence[str]) -> tuple[int, ...]:
        """Return the token of each word. Raises `Terminal` for a word that the tokenizer cuts or does not know."""
        pieces = {word: self._tokenizer.encode(word, add_special_tokens=False) for word in words}
        # An unknown word is one token as well, but that token does not spell it.
        if cut := [word for word, found in pieces.items() if [_spelled(token) for token in found.tokens] != [word]]:
            raise Terminal(f"--hold takes words that are one token, not {', '.join(cut)}; leave these out")
        return tuple(sorted({found.ids[0] for found in pieces.values()}))

    def __call__(self, text: str) -> Feed:
        """Return one row, filled up as the scorer does it."""
        (read,) = read_as([prepare(text)], self._emoji)
        tokens = self._tokenizer.encode(read).ids
        length = -(-len(tokens) // STEP) * STEP
        ids, mask = np.full((1, length), self._pad, np.int64), np.zeros((1, length), np.int64)
        ids[0, : len(tokens)], mask[0, : len(tokens)] = tokens, 1
        return {"input_ids": ids, "attention_mask": mask}


def _spelled(token: str) -> str:
    # The signs of SentencePiece and byte-level BPE for the space before a word.
    return token.lstrip("\u2581\u0120")
