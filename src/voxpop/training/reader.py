"""Posts as the tokens that the scorer would feed, one row at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tokenizers import Tokenizer

from voxpop.labelled import Labelled
from voxpop.scorers.stages import STEP
from voxpop.text import is_blank, prepare
from voxpop.training.examples import read_as
from voxpop.training.quantise import Feed

Said = tuple[str, str]
"""A text, and the topic that it is read beside; "" where there is none."""

ANY_TOPIC: Final = "tea"
"""What invented texts are read beside, by a model that reads a topic."""


class Reader:
    """Turns a text, or a text beside its topic, into the tokens that the scorer would feed."""

    def __init__(self, directory: Path, described: dict[str, Any]) -> None:
        """Open the tokenizer in `directory`; `described` is what `model.json` will say."""
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.max_length: int = described["max_length"]
        self._tokenizer.enable_truncation(self.max_length)
        self._pad = described.get("pad", 0)
        self._emoji = described.get("emoji", "signs")
        self.pairs: bool = described.get("pair") == "topic"

    def __call__(self, said: Said) -> Feed:
        """Return one row, filled up as the scorer does it."""
        text, topic = said
        read = read_as([prepare(text), prepare(topic or ANY_TOPIC)], self._emoji)
        tokens = (self._tokenizer.encode(read[1], read[0]) if self.pairs else self._tokenizer.encode(read[0])).ids
        length = -(-len(tokens) // STEP) * STEP
        ids, mask = np.full((1, length), self._pad, np.int64), np.zeros((1, length), np.int64)
        ids[0, : len(tokens)], mask[0, : len(tokens)] = tokens, 1
        return {"input_ids": ids, "attention_mask": mask}


def said_in(table: Labelled) -> list[Said]:
    """Return what a table holds, row by row."""
    return [(text, topic or "") for text, topic in zip(table.texts, table.topics, strict=True)]


def spread(said: Sequence[Said], most: int) -> list[Said]:
    """Return at most `most` rows that hold something to score, evenly from all of them."""
    some = said[:: max(1, len(said) // most)]
    return [row for row in some if not is_blank(prepare(row[0]))][:most]
