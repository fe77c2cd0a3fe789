"""From settings to working parts: the log, the model, the store and the pipeline that joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from voxpop.backfill import Backfill
from voxpop.catalogue import Catalogue
from voxpop.checkpoints import adoption
from voxpop.config import Settings, SourceSettings
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.log import Log
from voxpop.pipeline import Parts, Pipeline
from voxpop.score import Job, ModelSpec
from voxpop.seams import Scorer, Source
from voxpop.segment import Segment
from voxpop.sources.bluesky import HOSTS, BlueskySource, Live
from voxpop.sources.files import FileOptions, FilesSource
from voxpop.sources.replay import Replay, ReplaySource
from voxpop.stores.duckdb import DuckDBStore


@dataclass(frozen=True)
class Assembly:
    """The parts of one running Voxpop over one data directory."""

    settings: Settings
    log: Log
    scorer: Scorer
    catalogue: Catalogue
    store: DuckDBStore
    job: Job

    def pipeline(self, watch: Callable[[Segment], None] | None = None) -> Pipeline:
        """A pipeline over these parts, on the embedded engine."""
        return Pipeline(Parts(self.log, EmbeddedEngine(), self.job, self.scorer.model_id, self.store), watch)

    def backfill(self, watch: Callable[[Segment], None] | None = None) -> Backfill:
        """What counts the past of topics that came later."""
        return Backfill(self.store, self.job.scored, watch)

    def retain(self) -> None:
        """Let go of the text of posts past the age and the number that the settings keep."""
        self.store.retain(timedelta(days=self.settings.keep_days), self.settings.keep_posts)


@contextmanager
def assembled(settings: Settings) -> Iterator[Assembly]:
    """Open the model and the store; closes the store in the end.

    The store is a view of one model's scores through one set of topics. When the model changed, it is emptied here and
    the pipeline loads it again from `scored/`; when topics changed, it follows them and `backfill` counts their past.

    Raises:
        Terminal: the model is not there, or another process has the store open.
    """
    spec = model_spec(settings)
    scorer = spec.open()
    catalogue = Catalogue(settings.all_topics(), settings.data)
    log = Log(settings.data)
    store = DuckDBStore.open(settings.data / "store.duckdb", catalogue.matcher)
    try:
        if store.made_by() != scorer.model_id:
            store.reset(catalogue.matcher.digest, scorer.model_id)
        store.follow(catalogue.matcher)
        catalogue.followed_by(store.follow)
        job = Job(log.landing, log.scored(scorer.model_id), spec)
        yield Assembly(settings, log, scorer, catalogue, store, job)
    finally:
        store.close()


def model_spec(settings: Settings) -> ModelSpec:
    """What opens the model the settings name: a bundled one, a directory, `hub:org/name`, or `lexicon`.

    A checkpoint is turned into a model the first time, which can take minutes; see `voxpop.checkpoints.adoption.find`.
    """
    if settings.model == "lexicon":
        return ModelSpec("lexicon", Path(), settings.threads)
    how = adoption.Adoption(settings.cache, settings.labels, settings.languages)
    return ModelSpec("onnx", adoption.find(settings.model, how), settings.threads)


def source(table: SourceSettings) -> Source:
    """The source a `[[sources]]` table describes.

    Raises:
        Terminal: a host or the dictionary is none.
    """
    name = table.name or table.kind
    if table.kind == "bluesky":
        return bluesky(table)
    if table.kind == "replay":
        return ReplaySource(table.paths, Replay(speed=table.speed, loop=table.loop), name=name)
    return FilesSource(table.paths, FileOptions(mapping=table.map, source=table.network), name=name)


def bluesky(table: SourceSettings) -> BlueskySource:
    """The live source of a table of kind `bluesky`.

    Raises:
        Terminal: a host or the dictionary is none.
    """
    dictionary = table.dictionary.read_bytes() if table.dictionary else None
    return BlueskySource(Live(table.hosts or HOSTS, dictionary), name=table.name or table.kind)
