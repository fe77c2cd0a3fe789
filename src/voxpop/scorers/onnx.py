"""The transformer scorer: int8 ONNX run by ONNX Runtime, a row's score independent of its neighbours."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from voxpop.emoji import spelled
from voxpop.errors import Terminal
from voxpop.scorers.card import ModelCard, model_id
from voxpop.scorers.recent import Recent
from voxpop.scorers.scores import LABELS, decoded_texts, scores
from voxpop.scorers.stages import Floats, Stages
from voxpop.text import is_blank, prepare

REMEMBERED: Final = 32_768
"""Texts whose score is kept by default: some minutes of a busy topic."""

_CHARACTERS_A_TOKEN: Final = 16
_MOST_OF_A_TOPIC: Final = 200
_APART: Final = "\n"
"""Stands between topic and text in what is remembered: a prepared text is on one line."""
_TEXTS_A_SLICE: Final = 256
# The scorer has threads of its own, and those of the tokenizer would not survive a fork.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class Word(NamedTuple):
    """The pieces of a word by their ids, and whether one of them stands for what the vocabulary does not hold."""

    pieces: list[int]
    unknown: bool


class OnnxScorer:
    """The transformer: scores the `text` column of a batch, row by row; some models read it beside the column `topic`.

    Keeps the split law: a row's score depends on its text alone. Activations are quantised on scales fixed at export,
    a row is padded to a length that its own token count decides, only rows of one length share a run, and a row leaves
    at an early exit by its own probabilities. Safe to call from several threads. Pickles as the directory it was
    opened from; a process that unpickles it opens it once.
    """

    def __init__(self, directory: Path, threads: int, remembered: int) -> None:
        """Load the model in `directory`; use `open`, which says what it raises."""
        self._opened = directory, threads
        self.model_id: str = model_id(directory)
        self._card = ModelCard.read(directory)
        self.languages: frozenset[str] = self._card.languages
        self.reads_topic: bool = self._card.reads_topic
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._card.max_length)
        self._classes = np.array(self._card.classes, dtype=np.float32)
        self._threads = threads
        self._stages = Stages(directory, self._card.stages, self._answer, pad=self._card.pad, threads=threads)
        self._recent = Recent(remembered)

    @property
    def outputs(self) -> int:
        """How many labels of its own the model answers, of which `LABELS` are made."""
        return len(self._classes) or len(LABELS)

    @classmethod
    def open(cls, directory: Path, *, threads: int = 1, remembered: int = REMEMBERED) -> "OnnxScorer":
        """Return a scorer for an exported model on `threads` CPU threads: 1 where an engine has workers.

        It remembers the scores of the last `remembered` texts; 0 scores each one anew, as a benchmark must. Raises
        `FileNotFoundError` for a missing file and `ValueError` for a model card that cannot be used.
        """
        return cls(directory, threads, remembered)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `SCORES` for the column `text` (string, nulls allowed): as many rows, in the same order.

        Total: a null or blank text is labelled "unscored"; of a long one the first `max_length` tokens count. A model
        that reads a topic asks for the column `topic`, too (string), and leaves a row without one unscored.

        Raises:
            Terminal: the model reads a topic, and the batch has no such column.
        """
        prepared = self._prepared(decoded_texts(batch.column("text")))
        scored = [row for row, text in enumerate(prepared) if not is_blank(text)]
        if self.reads_topic:
            topics = self._topics(batch)
            scored = [row for row in scored if topics[row]]
            prepared = [f"{topic}{_APART}{text}" for topic, text in zip(topics, prepared, strict=True)]
        return scores(batch.num_rows, scored, self._recent([prepared[row] for row in scored], self._score))

    def heads(self, texts: Sequence[str]) -> list[Floats]:
        """The probabilities `(len(texts), 3)` of each early exit and of the last layer, none of them left out.

        For a look into the network: a post's score is that of the head at which it leaves. Texts must say something.
        """
        return self._stages.heads(self._read(self._prepared(texts)))

    def cuts(self, text: str) -> bool:
        """Tell whether a text has more tokens than the model reads, of which the first count."""
        (prepared,) = self._prepared([text])
        if len(prepared) == _CHARACTERS_A_TOKEN * self._card.max_length:
            return True
        return bool(self._tokenizer.encode(spelled(prepared) if self._card.spells_emoji else prepared).overflowing)

    def words(self, texts: Sequence[str]) -> list[list[Word]]:
        """The words of each text as the model reads it, each as the pieces that the tokenizer makes of it."""
        prepared = [spelled(text) if self._card.spells_emoji else text for text in self._prepared(texts)]
        unknown = {self._tokenizer.token_to_id(name) for name in ("[UNK]", "<unk>")}
        found = []
        for encoding in self._tokenizer.encode_batch(prepared, add_special_tokens=False):
            words: dict[int, list[int]] = {}
            for piece, word in zip(encoding.ids, encoding.word_ids, strict=True):
                if word is not None:
                    words.setdefault(word, []).append(piece)
            found.append([Word(pieces, not unknown.isdisjoint(pieces)) for pieces in words.values()])
        return found

    def status(self) -> dict[str, int]:
        """How many texts it was asked for, and how many of them it remembered."""
        return {"texts": self._recent.asked, "remembered": self._recent.found}

    def __reduce__(self) -> tuple[Callable[[Path, int], "OnnxScorer"], tuple[Path, int]]:
        """Pickle as directory and thread count: a session cannot travel."""
        return _opened_once, self._opened

    def _prepared(self, texts: Iterable[str | None]) -> list[str]:
        cut = _CHARACTERS_A_TOKEN * self._card.max_length
        return [prepare(text)[:cut] if text is not None else "" for text in texts]

    def _topics(self, batch: pa.RecordBatch) -> list[str]:
        if "topic" not in batch.schema.names:
            raise Terminal(
                f"{self._card.name} reads a post beside a topic; name one with --topic, or use another model"
            )
        return [prepare(topic or "")[:_MOST_OF_A_TOPIC] for topic in decoded_texts(batch.column("topic"))]

    def _score(self, prepared: list[str]) -> Floats:
        return self._stages(self._read(prepared))

    def _read(self, prepared: list[str]) -> list[list[int]]:
        read = prepared
        if self._card.spells_emoji:
            read = [_APART.join(map(spelled, text.split(_APART))) for text in prepared]
        return self._tokens([tuple(text.split(_APART)) for text in read] if self.reads_topic else read)

    def _tokens(self, prepared: Sequence[str | tuple[str, ...]]) -> list[list[int]]:
        slices = [prepared[at : at + _TEXTS_A_SLICE] for at in range(0, len(prepared), _TEXTS_A_SLICE)]
        if self._threads > 1 and len(slices) > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                encoded = list(pool.map(self._tokenizer.encode_batch_fast, slices))
        else:
            encoded = [self._tokenizer.encode_batch_fast(each) for each in slices]
        return [encoding.ids for part in encoded for encoding in part]

    def _answer(self, logits: Floats, temperature: float) -> Floats:
        heated = logits.astype(np.float64) / temperature
        powers = np.exp(heated - heated.max(axis=1, keepdims=True))
        chances = np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
        return chances @ self._classes if len(self._classes) else chances


@lru_cache(maxsize=4)
def _opened_once(directory: Path, threads: int) -> OnnxScorer:
    return OnnxScorer.open(directory, threads=threads)
