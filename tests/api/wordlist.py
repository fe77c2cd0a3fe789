"""A real scorer that counts words, and a running service over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from voxpop.scorers.scores import scores

GOOD, BAD = {"good", "lovely"}, {"bad", "awful"}


class WordScorer:
    """Good words against bad words; blank texts are unscored."""

    model_id = "words-1"
    languages: frozenset[str] = frozenset()

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        words = [set((text or "").lower().split()) for text in batch["text"].to_pylist()]
        scored = [row for row, found in enumerate(words) if found]
        raw = np.array([[len(words[row] & BAD), 0.5, len(words[row] & GOOD)] for row in scored]).reshape(-1, 3)
        return scores(len(words), scored, (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32))


class ClauseScorer(WordScorer):
    """Counts the words of the clause that names the topic; unscored where none does."""

    model_id = "clauses-1"
    reads_topic = True

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        pairs = zip(batch["text"].to_pylist(), batch["topic"].to_pylist(), strict=True)
        named = [" ".join(clause for clause in text.split(" but ") if topic in clause) for text, topic in pairs]
        return super().__call__(pa.record_batch([pa.array(named, pa.string())], names=["text"]))


def pipeline_status() -> dict[str, Any]:
    """What a pipeline at rest reports."""
    return {"done": True, "lag_seconds": 1.5, "behind_segments": 0}
