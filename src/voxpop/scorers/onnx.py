"""The transformer scorer: an int8 ONNX file run by ONNX Runtime, a row's score independent of its neighbours."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pyarrow as pa
from tokenizers import Tokenizer

from voxpop.language import DETECTION
from voxpop.scorers.scores import LABELS, decoded_texts, scores
from voxpop.text import PREPARATION, is_blank, prepare

FILES: Final = ("model.onnx", "tokenizer.json", "model.json")
"""What a model's directory holds, each part of its identity."""

_STEP: Final = 8
_TOKENS_A_BATCH: Final = 1024
_CHARACTERS_A_TOKEN: Final = 16
# Tokenising is a tenth of the work, and threads of its own would not survive a fork.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@dataclass(frozen=True)
class ModelCard:
    """What `model.json` says about a model: the part that scoring needs."""

    name: str
    languages: frozenset[str]
    max_length: int
    temperature: float
    classes: tuple[tuple[float, ...], ...] = ()
    """What each of the model's own labels counts for, a row per output; empty where they are `LABELS` already."""
    pad: int = 0
    """The id that fills a row up; models that find a text's end by it need their own."""

    @classmethod
    def read(cls, directory: Path) -> "ModelCard":
        """Read `directory/model.json`. Raises `ValueError`, naming the file, for a card that cannot be used."""
        path = directory / "model.json"
        try:
            card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            classes = tuple(tuple(float(share) for share in row) for row in card.get("classes", ()))
            common = card["name"], frozenset(card["languages"]), int(card["max_length"]), float(card["temperature"])
            found = cls(*common, classes, int(card.get("pad", 0)))
            labels = tuple(card["labels"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no model card ({error!r}): export the model again") from error
        if labels != LABELS or found.max_length < _STEP or not 0 < found.temperature < float("inf"):
            raise ValueError(f"{path}: labels must be {list(LABELS)}, max_length >= {_STEP}, temperature > 0")
        if any(len(row) != len(LABELS) or min(row) < 0 or abs(sum(row) - 1) > 1e-6 for row in classes):
            raise ValueError(f"{path}: each row of classes must be {len(LABELS)} shares that sum to 1")
        return found


def model_id(directory: Path) -> str:
    """Return `<name>-<12 hex digits>`: a hash of everything that can change a score.

    That is the bytes of model, tokenizer and card (with maximum length and temperature) and the versions of text
    preparation and language detection. Cheap after the first call: the files are hashed again only when a size or time
    of change differs.
    Raises `FileNotFoundError`, naming what is missing, for a directory that is no exported model.
    """
    paths = [directory.resolve() / name for name in FILES]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise FileNotFoundError(f"{directory} lacks {', '.join(missing)}: give the directory of an exported model")
    stats = [path.stat() for path in paths]
    return _model_id(directory.resolve(), tuple((stat.st_size, stat.st_mtime_ns) for stat in stats))


@lru_cache(maxsize=32)
def _model_id(directory: Path, _seen: tuple[tuple[int, int], ...]) -> str:
    digest = hashlib.sha256(f"preparation {PREPARATION}\nlanguage detection {DETECTION}\n".encode())
    for name in FILES:
        digest.update(f"{name} {(directory / name).stat().st_size}\n".encode())
        with (directory / name).open("rb") as file:
            while content := file.read(1 << 20):
                digest.update(content)
    return f"{ModelCard.read(directory).name}-{digest.hexdigest()[:12]}"


class OnnxScorer:
    """The transformer: scores the `text` column of a batch, row by row.

    Keeps the split law: a row's score depends on its text alone. Activations are quantised on scales fixed at export,
    a row is padded to a length that its own token count decides, and only rows of one length share a run. Safe to call
    from several threads. Pickles as the directory it was opened from; a process that unpickles it opens it once.
    """

    def __init__(self, directory: Path, threads: int) -> None:
        """Load the model in `directory`; use `open`, which says what it raises."""
        self._opened = directory, threads
        self.model_id: str = model_id(directory)
        self._card = ModelCard.read(directory)
        self.languages: frozenset[str] = self._card.languages
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._card.max_length)
        self._session = ort.InferenceSession(directory / "model.onnx", _options(threads), ["CPUExecutionProvider"])
        self._classes = np.array(self._card.classes, dtype=np.float32)
        self._wants_segments = "token_type_ids" in {each.name for each in self._session.get_inputs()}

    @property
    def outputs(self) -> int:
        """How many labels of its own the model answers, of which `LABELS` are made."""
        return len(self._classes) or len(LABELS)

    @classmethod
    def open(cls, directory: Path, *, threads: int = 1) -> "OnnxScorer":
        """Return a scorer for an exported model (`FILES`), on `threads` CPU threads: 1 where an engine has workers.

        Raises `FileNotFoundError` for a missing file and `ValueError` for a model card that cannot be used.
        """
        return cls(directory, threads)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `SCORES` for the column `text` (string, nulls allowed): as many rows, in the same order.

        Total: a null or blank text is labelled "unscored"; of a long one the first `max_length` tokens count.
        """
        cut = _CHARACTERS_A_TOKEN * self._card.max_length
        prepared = [prepare(text)[:cut] if text is not None else "" for text in decoded_texts(batch.column("text"))]
        scored = [row for row, text in enumerate(prepared) if not is_blank(text)]
        encodings = self._tokenizer.encode_batch_fast([prepared[row] for row in scored])
        logits = self._logits([encoding.ids for encoding in encodings])
        probabilities = _softmax(logits / self._card.temperature)
        if len(self._classes):
            probabilities = probabilities @ self._classes
        return scores(batch.num_rows, scored, probabilities)

    def __reduce__(self) -> tuple[Callable[[Path, int], "OnnxScorer"], tuple[Path, int]]:
        """Pickle as directory and thread count: a session cannot travel."""
        return _opened_once, self._opened

    def _logits(self, tokens: Sequence[list[int]]) -> npt.NDArray[np.float64]:
        logits = np.empty((len(tokens), self.outputs))
        for length, rows in _runs(tokens):
            ids = np.full((len(rows), length), self._card.pad, dtype=np.int64)
            mask = np.zeros_like(ids)
            for at, row in enumerate(rows):
                ids[at, : len(tokens[row])] = tokens[row]
                mask[at, : len(tokens[row])] = 1
            feed = {"input_ids": ids, "attention_mask": mask}
            if self._wants_segments:
                feed["token_type_ids"] = np.zeros_like(ids)
            logits[rows] = self._session.run(["logits"], feed)[0]
        return logits


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # An x86 processor without VNNI adds two int8 products in 16 bits, which overflows and changes labels, unless it
    # is told to take twice the time. Others are exact, and would only lose the time.
    options.add_session_config_entry("session.x64quantprecision", "0" if _has_vnni() else "1")
    return options


def _has_vnni() -> bool:
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "vnni" in flags.read_text(encoding="utf-8", errors="replace")


@lru_cache(maxsize=4)
def _opened_once(directory: Path, threads: int) -> OnnxScorer:
    return OnnxScorer.open(directory, threads=threads)


def _runs(tokens: Sequence[list[int]]) -> Iterator[tuple[int, list[int]]]:
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for row, ids in enumerate(tokens):
        by_length[-(-len(ids) // _STEP) * _STEP].append(row)
    for length, rows in by_length.items():
        size = max(1, _TOKENS_A_BATCH // length)
        yield from ((length, rows[start : start + size]) for start in range(0, len(rows), size))


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
