"""What the API serves from: one running Voxpop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxpop.api.door import Door
from voxpop.catalogue import Catalogue
from voxpop.gaps import Gap
from voxpop.insight.correction import Correction
from voxpop.insight.health import State
from voxpop.insight.kept import Views
from voxpop.insight.views import seen
from voxpop.log import Log
from voxpop.observability.metrics import Metrics
from voxpop.seams import Scorer, Store
from voxpop.stores.corrections import Corrections
from voxpop.stores.queries import Filter
from voxpop.topics import Matcher


def _never() -> bool:
    return False


def _none() -> list[Gap]:
    return []


@dataclass
class Readers:
    """How many follow `/v1/live` now, for whoever measures."""

    live: int = 0


@dataclass(frozen=True)
class Service:
    """The parts that the API and the dashboard read.

    Attributes:
        store: answers every query.
        scorer: scores texts for `POST /v1/score` and `/v1/explain`; called from threads.
        topics: the topics that are listened for; a catalogue can be changed, and is read anew for every request.
        notice: what every reader must know about the data ("These posts are invented"), or None.
        status: the state of ingest and pipeline as plain JSON values; called from a thread.
        gaps: periods in which a live source was not heard, as the ledger knows them; called from a thread.
        closing: tells whether the server is about to stop, so that live streams end before it waits for them.
        failed: tells whether a part of the service failed for good, so that it is not ready.
        door: who may come in, and what they may have.
        metrics: what is measured of this service.
        corrections: where labels that people give are kept; None where they cannot be.
        health: how far posts are from what is normal for the model; None where that is not known.
        model: the directory of the files of the model that scores; None for one that has none.
        towards: opens the model that reads a text beside a topic; None where there is none.
        log: where `POST /v1/topics/test` finds posts; None where there is no log.
        readers: counts who follows `/v1/live`.
        correction: how the model errs, by which shares are corrected; None where that is not known.
        towards_correction: the same of the model that reads a text beside a topic.
        views: the store as switches have it by which not every post counts.
    """

    store: Store
    scorer: Scorer
    topics: Matcher | Catalogue
    notice: str | None
    status: Callable[[], dict[str, Any]]
    closing: Callable[[], bool] = _never
    gaps: Callable[[], list[Gap]] = _none
    log: Log | None = None
    failed: Callable[[], bool] = _never
    door: Door = field(default_factory=Door)
    metrics: Metrics = field(default_factory=Metrics)
    readers: Readers = field(default_factory=Readers)
    correction: Correction | None = None
    towards_correction: Correction | None = None
    model: Path | None = None
    towards: Callable[[], Scorer] | None = None
    corrections: Corrections | None = None
    health: Callable[[Filter], list[State]] | None = None
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "views", Views(self.store))

    def correcting(self, filter: Filter) -> Correction | None:
        """How the model errs whose labels the filter asks for; None where that is not known."""
        return self.towards_correction if filter.towards else self.correction

    def seen(self, filter: Filter) -> Store:
        """The store as the filter's switches have it; make it once for each answer."""
        return seen(self.views, filter)
