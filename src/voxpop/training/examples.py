"""Texts as the network takes them: token ids in batches of like length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from voxpop.emoji import spelled
from voxpop.errors import Terminal
from voxpop.labelled import read_labelled
from voxpop.scorers.scores import LABELS
from voxpop.text import prepare

UNKNOWN = -100
"""The class of a text without a label, PyTorch's own number for one to be left out."""

WINDOW = 50
"""Batches whose texts are sorted by length together: enough for little padding, few enough to stay random."""


@dataclass(frozen=True)
class Examples:
    """Token ids and class indices, row by row; the class of an unlabelled text is `UNKNOWN`."""

    ids: list[list[int]]
    classes: list[int]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.classes)


def load_tokenizer(directory: Path | str) -> PreTrainedTokenizerBase:
    """Return the tokenizer in `directory`. Raises `Terminal` where there is none, or one that knows no word."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=Path(directory).is_dir())
    except (OSError, ValueError) as error:
        why = str(error).strip().split("\n")[0].rstrip(".")
        if not Path(directory).is_dir():
            raise Terminal(f"{directory} holds no model ({why}); give a directory with config.json") from error
        raise Terminal(f"{directory} holds no tokenizer ({why}); add the base model's tokenizer.json") from error
    # Of a config alone transformers makes a tokenizer whose every word is unknown, and training would learn nothing.
    if len(tokenizer) <= len(set(tokenizer.all_special_tokens)):
        raise Terminal(f"{directory} holds no tokenizer (its vocabulary is empty); add the base model's tokenizer.json")
    return tokenizer


def tokenized(
    tokenizer: PreTrainedTokenizerBase, prepared: Sequence[str], max_length: int, topics: Sequence[str] = ()
) -> list[list[int]]:
    """Return the token ids of prepared texts, each cut to `max_length` tokens, those at both ends included.

    With `topics`, one a text, a text whose topic is not "" becomes a pair: the topic first, then the text.
    """
    if not prepared:
        return []
    # A tokenizer takes rows of one form: texts alone, or pairs.
    found: list[list[int]] = [[]] * len(prepared)
    topics = topics or [""] * len(prepared)
    for paired in (False, True):
        rows = [row for row, topic in enumerate(topics) if bool(topic) is paired]
        if rows:
            texts = [prepared[row] for row in rows]
            parts = ([topics[row] for row in rows], texts) if paired else (texts,)
            ids = tokenizer(*parts, truncation=True, max_length=max_length)["input_ids"]
            for row, each in zip(rows, ids, strict=True):
                found[row] = each
    return found


def read_as(texts: Sequence[str], emoji: str) -> list[str]:
    """Return prepared texts as a network reads them that was trained on emoji as "words" or as "signs"."""
    return [spelled(text) for text in texts] if emoji == "words" else list(texts)


def encode(tokenizer: PreTrainedTokenizerBase, path: Path, max_length: int, emoji: str = "signs") -> Examples:
    """Read a labelled table and tokenize its prepared texts, each cut to `max_length` tokens."""
    labelled = read_labelled(path)
    texts = read_as([prepare(text) for text in labelled.texts], emoji)
    return Examples(tokenized(tokenizer, texts, max_length), labelled.gold)


def shuffled(lengths: Sequence[int], size: int, seed: int) -> list[int]:
    """Return all row indices in an order in which each `size` that follow each other have like length.

    The batches are in random order but for one that is not full, which comes last.

    >>> shuffled([5, 1, 5, 1, 9], 2, seed=3)
    [0, 2, 3, 1, 4]
    """
    dice = random.Random(seed)
    order = list(range(len(lengths)))
    dice.shuffle(order)
    batches = []
    for start in range(0, len(order), size * WINDOW):
        near = sorted(order[start : start + size * WINDOW], key=lambda row: lengths[row])
        batches += [near[at : at + size] for at in range(0, len(near), size)]
    rest = batches.pop() if len(batches[-1]) < size else []
    dice.shuffle(batches)
    return [row for batch in [*batches, rest] for row in batch]


def padded(rows: Sequence[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and attention mask, both `(len(rows), longest)` int64."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def predict(
    model: PreTrainedModel, examples: Examples, pad: int = 0, batch: int = 64, *, bf16: bool = False
) -> torch.Tensor:
    """Return the logits `(len(examples), 3)` in float32 on the CPU, in the order of the rows; leaves `model` in eval.

    `pad` must be the tokenizer's padding id: RoBERTa and its kin count positions by it.
    """
    model.eval()
    logits = torch.empty(len(examples), len(LABELS))
    order = sorted(range(len(examples)), key=lambda row: len(examples.ids[row]))
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        ids, mask = (part.to(model.device) for part in padded([examples.ids[row] for row in rows], pad))
        with torch.inference_mode(), torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            logits[rows] = model(input_ids=ids, attention_mask=mask).logits.float().cpu()
    return logits
