"""From settings to working parts: the log, the model, the store and the pipeline that joins them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from voxpop import console, secret
from voxpop.backfill import Backfill
from voxpop.catalogue import Catalogue
from voxpop.checkpoints import adoption
from voxpop.config import Settings, SourceSettings
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.engines.opening import engine_of
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.lookout import Looking, Lookout
from voxpop.notify.opening import channels_of
from voxpop.notify.postman import Postman
from voxpop.pipeline import Parts, Pipeline
from voxpop.score import Job, ModelSpec
from voxpop.seams import Engine, Scorer, Source, reads_topic
from voxpop.segment import Segment
from voxpop.sources import mastodon
from voxpop.sources.bluesky import HOSTS, BlueskySource, Live
from voxpop.sources.files import FileOptions, FilesSource
from voxpop.sources.mastodon import MastodonSource
from voxpop.sources.replay import Replay, ReplaySource
from voxpop.sources.watch import WatchSource
from voxpop.sources.x import listener
from voxpop.sources.x.access import Access
from voxpop.sources.x.source import XSource
from voxpop.sources.x.spend import MICROS, Limits, Prices, Purse
from voxpop.sources.x.wanted import wanted
from voxpop.stances import Stances
from voxpop.stores.corrections import Corrections
from voxpop.stores.opening import store_of
from voxpop.stores.view import View
from voxpop.topics import Topic
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
        spec = towards_spec(self.settings) if self.settings.towards_model else None

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
    spec = model_spec(settings)
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


def model_spec(settings: Settings) -> ModelSpec:
    """What opens the model the settings name: a bundled one, a directory, `hub:org/name`, or `lexicon`.

    A checkpoint is turned into a model the first time, which can take minutes; see `voxpop.checkpoints.adoption.find`.
    """
    if settings.model == "lexicon":
        return ModelSpec("lexicon", Path(), settings.threads)
    how = adoption.Adoption(settings.cache, settings.labels, settings.languages)
    return ModelSpec("onnx", adoption.find(settings.model, how), settings.threads)


def towards_spec(settings: Settings) -> ModelSpec:
    """What opens the model that reads a post beside a topic.

    Raises:
        Terminal: there is no such model, or it reads no topic.
    """
    if settings.towards_model is None:
        raise Terminal(
            "no model that reads a post beside a topic is named; name en-towards, which comes with Voxpop, or the "
            "directory of one that you trained as towards_model"
        )
    spec = ModelSpec("onnx", adoption.find(settings.towards_model, adoption.Adoption(settings.cache)), settings.threads)
    if not reads_topic(spec.open()):
        raise Terminal(f"{settings.towards_model} does not read a topic; name another as towards_model")
    return spec


def towards(settings: Settings, names: Sequence[str] = ()) -> list[Stage]:
    """The stages that score posts towards topics, given by name, else all that there are.

    Raises:
        Terminal: a topic is not there, or a model cannot be had.
    """
    known = {topic.name: topic for topic in Catalogue(settings.all_topics(), settings.data).topics}
    if absent := [name for name in names if name not in known]:
        raise Terminal(f"there is no topic {', '.join(absent)}; `voxpop topics` lists those there are")
    spec, model_id, log = towards_spec(settings), model_spec(settings).open().model_id, Log(settings.data)
    return [Stage(log, model_id, spec, known[name]) for name in names or known]


def words_of(settings: Settings, topic: str) -> str:
    """What a model reads of a topic: the title of the one that has the name `topic`, else the words themselves."""
    known = {known.name: known.title for known in Catalogue(settings.all_topics(), settings.data).topics}
    return known.get(topic, topic)


def source(table: SourceSettings, settings: Settings) -> Source:
    """The source a `[[sources]]` table describes.

    Raises:
        Terminal: a host, a stream, the dictionary or a token is none, or the token's file cannot be read.
    """
    name = table.name or table.kind
    if table.kind == "mastodon":
        token = secret.read(table.token_file, "token_file") if table.token_file else settings.mastodon_token
        return MastodonSource(mastodon.Live(table.host, table.streams, token), name)
    if table.kind == "x":
        return XSource(x_live(table, settings), name)
    if table.kind == "bluesky":
        return bluesky(table, settings.data / "dictionaries")
    if table.kind == "replay":
        return ReplaySource(table.paths, Replay(speed=table.speed, loop=table.loop), name=name)
    options = FileOptions(table.map, table.network, table.dates, table.timezone)
    if table.watch:
        return WatchSource(table.paths, options, name=name)
    return FilesSource(table.paths, options, name=name)


def bluesky(table: SourceSettings, kept: Path | None = None) -> BlueskySource:
    """The live source of a table of kind `bluesky`; dictionaries that it fetches are kept in the directory `kept`.

    Raises:
        Terminal: a host or the dictionary is none, or the dictionary cannot be read.
    """
    try:
        dictionary = table.dictionary.expanduser().read_bytes() if table.dictionary else None
    except OSError as error:
        raise Terminal(
            f"the dictionary {table.dictionary} cannot be read; correct its path, or leave it out"
        ) from error
    hosts = table.hosts or HOSTS
    live = Live(hosts, wire=table.wire, compress=table.compress, dictionary=dictionary, kept=kept)
    return BlueskySource(live, name=table.name or table.kind)


def x_live(table: SourceSettings, settings: Settings) -> listener.Live:
    """What an X source listens for, with whose token, within which limits; topics that come later are asked for too.

    Raises:
        Terminal: there is no token, or it or the address cannot be one.
    """
    catalogue = Catalogue(settings.all_topics(), settings.data)

    def topics() -> Sequence[Topic]:
        catalogue.refresh()
        return catalogue.topics

    access, purse = x_access(table, settings), x_purse(table, settings)
    return listener.Live(access, wanted(topics), purse, x_prices(table), backfill=table.backfill)


def x_access(table: SourceSettings, settings: Settings) -> Access:
    """Where X is and the token: of the environment, else of the table's `bearer_file`.

    Raises:
        Terminal: there is no token, its file cannot be read, or it or the address cannot be one.
    """
    bearer = settings.x_bearer
    if bearer is None and table.bearer_file:
        bearer = secret.read(table.bearer_file, "bearer_file")
    if bearer is None:
        raise Terminal(
            "X needs the bearer token of an app of yours; put it in the environment as VOXPOP_X_BEARER, or its file in "
            "bearer_file of the source"
        )
    return Access(bearer, table.base)


def x_purse(table: SourceSettings, settings: Settings) -> Purse:
    """What the table's limits let X cost, with what the data directory has spent."""
    limits = Limits(math.floor(table.usd_per_day * MICROS), math.floor(table.usd_per_month * MICROS))
    return Purse(settings.data, limits)


def x_prices(table: SourceSettings) -> Prices:
    """The table's prices, each rounded up to a millionth of a dollar."""
    prices = (table.usd_per_post, table.usd_per_user, table.usd_per_counts)
    return Prices(*(math.ceil(round(price * MICROS, 3)) for price in prices))
