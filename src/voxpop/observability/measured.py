"""A store and a scorer that are timed: the same seams, with an observer."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from voxpop.observability.metrics import Metrics
from voxpop.seams import Cutting, Scorer, Store
from voxpop.segment import Segment


class MeasuredStore:
    """Answers as the store does, and tells how long each query took, by its name."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """As the store."""
        return self._store.load(segment, batch)

    def loaded(self) -> set[Segment]:
        """As the store."""
        return self._store.loaded()

    def query(self, name: str, **params: Any) -> pa.Table:
        """As the store. Names are those of files, so there are few."""
        with self._metrics.queries.labels(name).time():
            return self._store.query(name, **params)


class MeasuredScorer:
    """Scores as the scorer does, and tells how many texts each run had and how long it took."""

    def __init__(self, scorer: Scorer, metrics: Metrics) -> None:
        self.model_id = scorer.model_id
        self.languages = scorer.languages
        self._scorer = scorer
        self._metrics = metrics

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """As the scorer."""
        self._metrics.batches.observe(batch.num_rows)
        with self._metrics.scoring.time():
            return self._scorer(batch)

    def cuts(self, text: str) -> bool:
        """As the scorer; one that reads all of a text cuts none."""
        return isinstance(self._scorer, Cutting) and self._scorer.cuts(text)
