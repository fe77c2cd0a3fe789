"""From settings to working parts: the log, the model, the store and the pipeline that joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from voxpop import console
from voxpop.backfill import Backfill
from voxpop.catalogue import Catalogue
from voxpop.checkpoints.opening import model_of, towards_of
from voxpop.config import Settings
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.engines.opening import engine_of
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.lookout import Looking, Lookout
from voxpop.notify.opening import channels_of
from voxpop.notify.postman import Postman
from voxpop.pipeline import Parts, Pipeline
from voxpop.score import Job
from voxpop.seams import Engine, Scorer, reads_topic
from voxpop.segment import Segment
from voxpop.stances import Stances
from voxpop.stores.corrections import Corrections
from voxpop.stores.opening import store_of
from voxpop.stores.view import View
from voxpop.towards import Stage


@dataclass(frozen=True)
class Assembly:
    """The parts of one running Voxpop over one data directory."""

    settings: Settings
    log: Log
    scorer: Scorer
    catalogue: Catalogue
    store: View
    job: Job
    engine: Engine
    read_only: bool = False

    def pipeline(self, watch: Callable[[Segment], None] | None = None) -> Pipeline:
        """A pipeline over these parts."""
        parts = Parts(
            *(self.log, self.engine, self.job, self.scorer.model_id, self.store),
            say=console.say,
            refresh=self.catalogue.refresh,
        )
        return Pipeline(parts, watch)

    def backfill(self, watch: Callable[[Segment], None] | None = None) -> Backfill:
        """What counts the past of topics that came later."""
        return Backfill(self.store, self.job.scored, watch)

    def stances(self, watch: Callable[[Segment], None] | None = None) -> Stances:
        """What scores posts towards the topics that there are, and counts it; nothing without a `towards_model`."""
        spec = towards_of(self.settings) if self.settings.towards_model else None

        def stages() -> list[Stage]:
            return (
                [Stage(self.log, self.scorer.model_id, spec, topic) for topic in self.catalogue.topics] if spec else []
            )

        return Stances(self.store, stages, watch)

    def lookout(self, busy: Callable[[], bool] = lambda: False) -> Lookout:
        """What finds alerts in the store and notes what is to be said of them; it waits while `busy`."""
        names = lambda: [topic.name for topic in self.catalogue.topics]  # noqa: E731
        return Lookout(Looking(self.store, names, busy, self.postman.hears))

    @cached_property
    def postman(self) -> Postman:
        """What sends notices of alerts to the channels of the settings.

        Raises:
            Terminal: a channel's secret is not there.
        """
        return Postman(self.store, channels_of(self.settings))

    def retain(self) -> None:
        """Let go of the text of posts past the age and the number that the settings keep."""
        self.store.retain(timedelta(days=self.settings.keep_days), self.settings.keep_posts)


@contextmanager
def assembled(settings: Settings, *, read_only: bool = False) -> Iterator[Assembly]:
    """Open the model, the store and the engine; closes store and engine in the end.

    The store is a view of one model's scores through one set of topics. When the model changed, it is emptied here and
    the pipeline loads it again from `scored/`; when topics changed, it follows them and `backfill` counts their past.
    With `read_only`, which PostgreSQL alone can be, it stays as other processes make it.

    Raises:
        Terminal: the model is not there, the store cannot be opened, or the engine cannot be had.
        Transient: the database of the store does not answer.
    """
    spec = model_of(settings)
    scorer = spec.open()
    if reads_topic(scorer):
        raise Terminal(f"{settings.model} reads a post beside a topic; name it as towards_model, and another as model")
    catalogue = Catalogue(settings.all_topics(), settings.data)
    log = Log(settings.data)
    store = store_of(settings, catalogue.matcher, read_only=read_only)
    job = Job(log.landing, log.scored(scorer.model_id), spec)
    try:
        if read_only:
            yield Assembly(settings, log, scorer, catalogue, store, job, EmbeddedEngine(), read_only)
            return
        if store.made_by() != scorer.model_id:
            store.reset(catalogue.matcher.digest, scorer.model_id)
        store.follow(catalogue.matcher)
        Corrections(store, settings.data).sync()
        catalogue.followed_by(store.follow)
        with engine_of(settings, console.say) as engine:
            yield Assembly(settings, log, scorer, catalogue, store, job, engine)
    finally:
        store.close()


def towards(settings: Settings, names: Sequence[str] = ()) -> list[Stage]:
    """The stages that score posts towards topics, given by name, else all that there are.

    Raises:
        Terminal: a topic is not there, or a model cannot be had.
    """
    known = {topic.name: topic for topic in Catalogue(settings.all_topics(), settings.data).topics}
    if absent := [name for name in names if name not in known]:
        raise Terminal(f"there is no topic {', '.join(absent)}; `voxpop topics` lists those there are")
    spec, model_id, log = towards_of(settings), model_of(settings).open().model_id, Log(settings.data)
    return [Stage(log, model_id, spec, known[name]) for name in names or known]
