"""A model in stages: most rows are sure enough after the first layers and go no further.

An early exit (DeeBERT: Xin et al. 2020) is decided by the row's own probabilities alone, so the split law holds:
whether a row exits does not depend on the rows around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Floats = npt.NDArray[np.float32]
Answer = Callable[[Floats, float], Floats]
"""Turns logits `(rows, classes)` and a temperature into probabilities `(rows, 3)`."""

STEP: Final = 4
TOKENS_A_RUN: Final = 256
"""Activations of one run then stay in the cache of a core: those of 1,024 tokens took up to a fifth longer."""
SLOW_FUSIONS: Final = ("SkipLayerNormFusion",)
"""What ONNX Runtime would put together to its own cost: this one goes value by value, and takes a layer a fifth longer
than the sum and the norm apart."""
_RUNS_A_CHUNK: Final = 4
_NEVER: Final = 2.0
"""A sureness above any probability."""


@dataclass(frozen=True)
class Stage:
    """One ONNX file of a model, and when its answer is final.

    Attributes:
        file: name in the model's directory. All but the last answer `states` beside `logits`, which the next one reads.
        temperature: divides the logits.
        sure: a row whose most probable label has at least this probability exits here; 0 for the last stage.
    """

    file: str
    temperature: float
    sure: float = 0.0


@dataclass(frozen=True)
class _Rows:
    """Rows of one padded length: where they belong, their mask, and what the next stage reads of them."""

    at: npt.NDArray[np.intp]
    mask: npt.NDArray[np.int64]
    feed: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, kept: npt.NDArray[np.bool_], states: Floats) -> _Rows:
        return _Rows(self.at[kept], self.mask[kept], states[kept])


class Stages:
    """The sessions of a model: token ids in, probabilities out, row by row.

    A row is padded to a length that its own token count decides and runs with rows of that length only, so its
    numbers do not depend on its neighbours. Safe to call from several threads; on `threads` threads of its own it runs
    as many lengths side by side, each on one core, which wastes less than sharing out every multiplication.
    """

    def __init__(
        self, directory: Path, stages: Sequence[Stage], answer: Answer, pad: int = 0, threads: int = 1
    ) -> None:
        """Load every stage's file. Raises what ONNX Runtime raises for a file it cannot run."""
        self._stages = tuple(stages)
        self._answer = answer
        self._threads = threads
        self._pad = pad
        self._sessions = [session_of(directory / stage.file) for stage in stages]

    def __call__(self, tokens: Sequence[list[int]]) -> Floats:
        """Return the probabilities `(len(tokens), 3)`, in order."""
        found = np.empty((len(tokens), 3), dtype=np.float32)
        # One table for all stages: what a later one answers takes the place of what an earlier one did.
        tables, sure = [found] * len(self._stages), [stage.sure for stage in self._stages]
        self._over(tokens, lambda rows: self._run(rows, tables, sure))
        return found

    def heads(self, tokens: Sequence[list[int]]) -> list[Floats]:
        """Return the probabilities `(len(tokens), 3)` after each stage, of rows that would have left before, too."""
        found = [np.empty((len(tokens), 3), dtype=np.float32) for _ in self._stages]
        self._over(tokens, lambda rows: self._run(rows, found, [_NEVER] * len(found)))
        return found

    def _over(self, tokens: Sequence[list[int]], run: Callable[[_Rows], None]) -> None:
        chunks = list(_chunks(tokens, self._pad))
        if self._threads > 1 and len(chunks) > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(run, chunks))
        else:
            for rows in chunks:
                run(rows)

    def _run(self, rows: _Rows, found: Sequence[Floats], sure: Sequence[float]) -> None:
        for at, (stage, session) in enumerate(zip(self._stages, self._sessions, strict=True)):
            if not len(rows):
                return
            logits, states = _forward(session, rows)
            chances = self._answer(logits, stage.temperature)
            found[at][rows.at] = chances
            if states is not None:
                rows = rows.take(chances.max(axis=1) < sure[at], states)


def _forward(session: ort.InferenceSession, rows: _Rows) -> tuple[Floats, Floats | None]:
    names = [node.name for node in session.get_inputs()]
    wanted = [node.name for node in session.get_outputs()]
    size = max(1, TOKENS_A_RUN // rows.mask.shape[1])
    parts = []
    for start in range(0, len(rows), size):
        cut = slice(start, start + size)
        known = {"attention_mask": rows.mask[cut]}
        if "token_type_ids" in names:
            known["token_type_ids"] = np.zeros_like(rows.mask[cut])
        # What is left is the token ids or, after the first stage, the states before this one.
        feed = {name: known.get(name, rows.feed[cut]) for name in names}
        parts.append(dict(zip(wanted, session.run(wanted, feed), strict=True)))
    logits = np.concatenate([part["logits"] for part in parts])
    states = np.concatenate([part["states"] for part in parts]) if "states" in wanted else None
    return logits, states


def _chunks(tokens: Sequence[list[int]], pad: int) -> Iterator[_Rows]:
    """Rows by padded length, longest first so that threads end together, in chunks that bound the memory."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for row, ids in enumerate(tokens):
        by_length[-(-len(ids) // STEP) * STEP].append(row)
    for length in sorted(by_length, reverse=True):
        rows = by_length[length]
        size = max(1, TOKENS_A_RUN // length) * _RUNS_A_CHUNK
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            padded = np.full((len(chunk), length), pad, dtype=np.int64)
            mask = np.zeros_like(padded)
            for at, row in enumerate(chunk):
                padded[at, : len(tokens[row])] = tokens[row]
                mask[at, : len(tokens[row])] = 1
            yield _Rows(np.asarray(chunk, dtype=np.intp), mask, padded)


def session_of(path: Path, *, threads: int = 1) -> ort.InferenceSession:
    """Return `path` ready to run as it is run for scores: exact in 8 bits on every processor.

    A session made without this is not: where VNNI lacks, it answers other probabilities and other labels.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # An x86 processor without VNNI adds two int8 products in 16 bits, which overflows and changes labels, unless it
    # is told to take twice the time. Others are exact, and would only lose the time.
    options.add_session_config_entry("session.x64quantprecision", "0" if _has_vnni() else "1")
    return ort.InferenceSession(path, options, ["CPUExecutionProvider"], disabled_optimizers=list(SLOW_FUSIONS))


def _has_vnni() -> bool:
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "vnni" in flags.read_text(encoding="utf-8", errors="replace")
