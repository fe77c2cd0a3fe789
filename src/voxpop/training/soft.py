"""A teacher's answers: computed once, kept as they come, read again when a run goes on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import xxhash

from voxpop.errors import Terminal
from voxpop.text import prepare
from voxpop.training.calibration import softmax
from voxpop.training.classifier import load, load_config, pair_of
from voxpop.training.examples import UNKNOWN, Examples, load_tokenizer, predict, read_as, tokenized
from voxpop.training.progress import bar

Floats = npt.NDArray[np.float64]

PART = 512
"""Texts a part: a kill loses one at most, under a minute of a large teacher's work on a small machine."""

PROBABILITIES = ("p_negative", "p_neutral", "p_positive")
LEAST = 1e-8
_APART = "\n"
"""Between topic and text where both are one key; a prepared text is one line."""


@dataclass(frozen=True)
class Teachers:
    """Models to learn from, as directories, and how they read."""

    directories: tuple[str, ...]
    max_length: int
    device: str
    bf16: bool


def keyed(text: str, topic: str = "") -> str:
    """Return what a prepared text beside a topic is known by, which is the text itself where there is no topic."""
    return f"{topic}{_APART}{text}" if topic else text


def alone(known: Iterable[str]) -> list[str]:
    """Return those of what texts are `keyed` by that are texts without a topic.

    >>> alone([keyed("too dear"), keyed("too dear", "GTA 6")])
    ['too dear']
    """
    return [key for key in known if _APART not in key]


def read_topics(directories: Sequence[str]) -> bool:
    """Tell whether teachers read a text beside its topic. Raises `Terminal` where some do and others do not."""
    kinds = {pair_of(load_config(name)) != "none" for name in directories}
    if len(kinds) > 1:
        raise Terminal("some of the teachers read a text beside a topic and others do not; give those of one kind")
    return True in kinds


def answers(teachers: Teachers, texts: Sequence[str], folder: Path) -> dict[str, Floats]:
    """Return the logits of the teachers' mean probabilities for texts that are `keyed`, from `folder` where they are.

    Each teacher's answers are kept under a name that its weights and the texts decide, so that other weights or texts
    never meet old answers. The means are written to `folder/soft.parquet`, which `--soft` reads.

    Raises:
        Terminal: a teacher is no directory with a classifier of three classes.
    """
    if absent := [name for name in teachers.directories if not Path(name).is_dir()]:
        raise Terminal(f"there is no directory {', '.join(absent)}; give one that voxpop train wrote, such as OUT/best")
    distinct = sorted(dict.fromkeys(texts), key=len, reverse=True)
    means = np.mean([_one(teachers, name, distinct, folder) for name in teachers.directories], axis=0)
    columns = dict(zip(PROBABILITIES, means.T.astype(np.float32), strict=True))
    apart = [key.rpartition(_APART) for key in distinct]
    named = {"text": [text for *_, text in apart], "topic": [topic for topic, *_ in apart]}
    _write(pa.table({**named, **columns}), folder / "soft.parquet")
    return dict(zip(distinct, np.log(np.maximum(means, LEAST)), strict=True))


def read_soft(path: Path) -> dict[str, Floats]:
    """Read a table of `text` and `p_negative`, `p_neutral`, `p_positive`, or `text` and `logits`, by what is `keyed`.

    With a column `topic`, answers are what the text says of it, where there is one.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise Terminal(
            f"cannot read {path} ({error}); give a .parquet with text and {', '.join(PROBABILITIES)}"
        ) from error
    if "text" in table.column_names and "logits" in table.column_names:
        logits = np.array(table["logits"].to_pylist(), dtype=np.float64)
    elif {"text", *PROBABILITIES} <= set(table.column_names):
        stacked = np.column_stack([table[name].to_numpy() for name in PROBABILITIES]).astype(np.float64)
        logits = np.log(np.maximum(stacked, LEAST))
    else:
        raise Terminal(
            f"{path} has the columns {', '.join(table.column_names)}; give text and {', '.join(PROBABILITIES)}"
        )
    if logits.shape != (table.num_rows, len(PROBABILITIES)) or not np.isfinite(logits).all():
        raise Terminal(f"{path} has rows without three finite numbers; remove them")
    topics = table["topic"].to_pylist() if "topic" in table.column_names else [""] * table.num_rows
    pairs = zip(table["text"].to_pylist(), topics, strict=True)
    return dict(zip((keyed(prepare(text), prepare(topic or "")) for text, topic in pairs), logits, strict=True))


def _one(teachers: Teachers, name: str, texts: list[str], folder: Path) -> Floats:
    # Longest first: what is left then goes quicker than the bar foretells, not slower.
    parts = [texts[start : start + PART] for start in range(0, len(texts), PART)]
    kept = folder / _key(Path(name), teachers.max_length, texts)
    paths = [kept / f"part-{number:05}.parquet" for number in range(len(parts))]
    if not all(path.exists() for path in paths):
        kept.mkdir(parents=True, exist_ok=True)
        missing = [(path, part) for path, part in zip(paths, parts, strict=True) if not path.exists()]
        with bar(f"teacher {Path(name).name}", len(texts), "text") as shown:
            shown.update(len(texts) - sum(len(part) for _, part in missing))
            for (path, part), logits in zip(
                missing, _logits(teachers, name, [part for _, part in missing]), strict=True
            ):
                columns = dict(zip(PROBABILITIES, softmax(logits.double().numpy()).T, strict=True))
                _write(pa.table(columns), path)
                shown.update(len(part))
    tables = [pq.read_table(path) for path in paths]
    return np.concatenate([np.column_stack([table[name].to_numpy() for name in PROBABILITIES]) for table in tables])


def _logits(teachers: Teachers, name: str, parts: list[list[str]]) -> Iterator[torch.Tensor]:
    tokenizer, model = load_tokenizer(name), load(name).to(teachers.device)
    for part in parts:
        emoji = getattr(model.config, "emoji", "signs")
        apart = [key.rpartition(_APART) for key in part]
        texts, topics = ([each[at] for each in apart] for at in (2, 0))
        ids = tokenized(tokenizer, read_as(texts, emoji), teachers.max_length, read_as(topics, emoji))
        yield predict(model, Examples(ids, [UNKNOWN] * len(ids)), tokenizer.pad_token_id or 0, bf16=teachers.bf16)


def _key(directory: Path, max_length: int, texts: list[str]) -> str:
    digest = xxhash.xxh3_64(str(max_length).encode())
    for path in sorted([*directory.glob("*.safetensors"), *directory.glob("*.json")]):
        with path.open("rb") as source:
            while block := source.read(1 << 24):
                digest.update(block)
    for text in texts:
        digest.update(text.encode() + b"\n")
    return f"{directory.name}-{digest.hexdigest()}"


def _write(table: pa.Table, path: Path) -> None:
    unfinished = path.with_suffix(".tmp")
    pq.write_table(table, unfinished)
    os.replace(unfinished, path)
