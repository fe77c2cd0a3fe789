"""From settings to working parts: the log, the model, the store and the pipeline that joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from voxpop.checkpoints import adoption
from voxpop.config import Settings, SourceSettings
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.pipeline import Parts, Pipeline
from voxpop.score import Job, ModelSpec
from voxpop.seams import Scorer, Source
from voxpop.segment import Segment
from voxpop.sources import mastodon
from voxpop.sources.bluesky import HOSTS, BlueskySource, Live
from voxpop.sources.files import FileOptions, FilesSource
from voxpop.sources.mastodon import MastodonSource
from voxpop.sources.replay import Replay, ReplaySource
from voxpop.sources.watch import WatchSource
from voxpop.stores.duckdb import DuckDBStore
from voxpop.topics import Matcher


@dataclass(frozen=True)
class Assembly:
    """The parts of one running Voxpop over one data directory."""

    settings: Settings
    log: Log
    scorer: Scorer
    matcher: Matcher
    store: DuckDBStore
    job: Job

    def pipeline(self, watch: Callable[[Segment], None] | None = None) -> Pipeline:
        """A pipeline over these parts, on the embedded engine."""
        return Pipeline(Parts(self.log, EmbeddedEngine(), self.job, self.scorer.model_id, self.store), watch)

    def retain(self) -> None:
        """Let go of the text of posts past the age and the number that the settings keep."""
        self.store.retain(timedelta(days=self.settings.keep_days), self.settings.keep_posts)


@contextmanager
def assembled(settings: Settings) -> Iterator[Assembly]:
    """Open the model and the store; closes the store in the end.

    The store is a view of one model's scores through one set of topics. When either changed, it is emptied here and
    the pipeline loads it again from `scored/`.

    Raises:
        Terminal: the model is not there, or another process has the store open.
    """
    spec = model_spec(settings)
    scorer = spec.open()
    matcher = Matcher(settings.all_topics())
    log = Log(settings.data)
    store = DuckDBStore.open(settings.data / "store.duckdb", matcher)
    try:
        if store.stale(matcher.digest, scorer.model_id):
            store.reset(matcher.digest, scorer.model_id)
        job = Job(log.landing, log.scored(scorer.model_id), spec)
        yield Assembly(settings, log, scorer, matcher, store, job)
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


def source(table: SourceSettings, token: SecretStr | None = None) -> Source:
    """The source a `[[sources]]` table describes; `token` is for Mastodon, where the table names no file with one.

    Raises:
        Terminal: a host, a stream or the dictionary is none, or the token's file cannot be read.
    """
    name = table.name or table.kind
    if table.kind == "mastodon":
        return MastodonSource(mastodon.Live(table.host, table.streams, _token(table) or token), name)
    if table.kind == "bluesky":
        return bluesky(table)
    if table.kind == "replay":
        return ReplaySource(table.paths, Replay(speed=table.speed, loop=table.loop), name=name)
    options = FileOptions(mapping=table.map, source=table.network)
    if table.watch:
        return WatchSource(table.paths, options, name=name)
    return FilesSource(table.paths, options, name=name)


def bluesky(table: SourceSettings) -> BlueskySource:
    """The live source of a table of kind `bluesky`.

    Raises:
        Terminal: a host or the dictionary is none.
    """
    dictionary = table.dictionary.read_bytes() if table.dictionary else None
    return BlueskySource(Live(table.hosts or HOSTS, dictionary), name=table.name or table.kind)


def _token(table: SourceSettings) -> SecretStr | None:
    if table.token_file is None:
        return None
    try:
        token = table.token_file.expanduser().read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Terminal(f"the token_file {table.token_file} cannot be read; write the token into it") from error
    if not token or not token.isprintable() or " " in token:
        raise Terminal(f"the token_file {table.token_file} does not hold one token; write it there, alone")
    return SecretStr(token)
