"""Settings: defaults < `voxpop.toml` < secret files < environment (`VOXPOP_…`) < flags; every bad key at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from voxpop.address import Address
from voxpop.channels import ChannelSettings
from voxpop.errors import Terminal
from voxpop.topics import PRESETS, QueryError, Terms, Topic
from voxpop.web import WebSettings

DEFAULT_FILE = Path("voxpop.toml")
SECRETS = "VOXPOP_SECRETS"
"""In the environment: a directory of files that are called as variables are, such as `voxpop_store`."""
LIVE = ("bluesky", "mastodon", "x")
"""Kinds of sources that are networks; the others need paths."""
WORDS = ("bluesky", "x")
"""Networks that need no settings, so that a word can name them."""


class TopicSettings(BaseModel):
    """A `[[topics]]` table: a query, or lists of terms any of which makes a post on topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str = ""
    query: str = ""
    keywords: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()

    def to_topic(self) -> Topic:
        """The topic; its title defaults to its name.

        Raises:
            Terminal: query or terms cannot be, or both are given; names the topic.
        """
        terms = Terms(self.keywords, self.phrases, self.hashtags)
        if not self.query:
            return Topic(self.name, self.title or self.name, terms.query(self.name))
        if terms != Terms():
            raise Terminal(f"Topic {self.name!r} has a query and lists of terms; write the terms into the query.")
        try:
            return Topic.read(self.name, self.title or self.name, self.query)
        except QueryError as error:
            raise Terminal(f"Topic {self.name!r}: {error}") from error


class SourceSettings(BaseModel):
    """A `[[sources]]` table: export files to read, a recording to replay at its own pace, or a live network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["files", "replay", "bluesky", "mastodon", "x"]
    paths: tuple[Path, ...] = ()
    """For `files` and `replay`: what to read."""
    name: str = ""
    """Key of the source's cursor; defaults to the kind. Two sources of one kind need two names."""
    map: dict[str, str] = {}
    """For `files`: our field to the column's name, such as `{text = "Tweet"}`."""
    network: str = "file"
    """For `files`: what to call the source of rows in plain tables and text."""
    dates: Literal["auto", "day-first", "month-first"] = "auto"
    """For `files`: what comes first in dates such as 03/12/2026; `auto` is as the beginning of a file shows."""
    timezone: ZoneInfo = ZoneInfo("UTC")
    """For `files`: of dates in tables that name no zone, such as `Europe/Berlin`."""
    watch: bool = False
    """For `files`: do not stop at the end; read files as they appear in the paths, and as they grow."""
    speed: float = Field(1.0, gt=0, le=3600)
    """For `replay`: recorded seconds per second."""
    loop: bool = False
    """For `replay`: begin again at the end, as new posts."""
    hosts: tuple[str, ...] = ()
    """For `bluesky`: Jetstream hosts to take turns, such as `jetstream1.us-east.bsky.network`; none for all public."""
    wire: Literal["auto", "v1", "v2"] = "auto"
    """For `bluesky`: Jetstream's protocol; `auto` is v2 on the public hosts of v2 and v1 on others, `v2` is tried first
    everywhere."""
    compress: bool = False
    """For `bluesky`: ask for frames that are half as large, where the host gives the dictionary to read them."""
    dictionary: Path | None = None
    """For `bluesky`: a copy of Jetstream's zstd dictionary for v1, which hosts of v1 do not give."""
    bearer_file: Path | None = None
    """For `x`: a file that holds the app's bearer token; `VOXPOP_X_BEARER` in the environment wins."""
    base: str = "https://api.x.com"
    """For `x`: where its API is."""
    backfill: bool = True
    """For `x`: search for what was missed, which costs as much as having heard it."""
    usd_per_day: float = Field(5.0, ge=0.5, le=1e6)
    """For `x`: dollars that may be spent in a UTC day; the stream is closed before."""
    usd_per_month: float = Field(50.0, ge=0.5, le=1e7)
    """For `x`: dollars that may be spent in a UTC month."""
    usd_per_post: float = Field(0.005, ge=0, le=1)
    usd_per_user: float = Field(0.010, ge=0, le=1)
    """For `x`: price of an author that comes along with a post; 0 if your bill shows that they are not charged."""
    usd_per_counts: float = Field(0.005, ge=0, le=1)

    host: str = ""
    """For `mastodon`: the instance, such as `mastodon.social`."""
    streams: tuple[str, ...] = ("public",)
    """For `mastodon`: `public`, `public/local`, `public/remote`, `hashtag:NAME`, `hashtag/local:NAME`."""
    token_file: Path | None = None
    """For `mastodon`: a file that holds the token of a user of this instance; wins over `VOXPOP_MASTODON_TOKEN`."""

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        if self.kind in LIVE and self.paths:
            raise ValueError(f"a source of kind {self.kind} has no paths; take them out")
        if self.kind not in LIVE and not self.paths:
            raise ValueError(f'a source of kind {self.kind} needs paths, such as paths = ["exports/"]')
        if self.watch and (self.kind != "files" or Path("-") in self.paths):
            raise ValueError("only files and directories can be watched; leave watch out")
        if (self.kind == "mastodon") != bool(self.host):
            raise ValueError('a host is what a source of kind mastodon has, such as host = "mastodon.social"')
        return self

    @property
    def has_end(self) -> bool:
        """Whether reading it comes to an end."""
        return not (self.kind in LIVE or self.watch or (self.kind == "replay" and self.loop))


class Settings(WebSettings):
    """Everything that can be set; frozen.

    Read from `voxpop.toml` in the working directory, or the file named by `--config` or `VOXPOP_CONFIG`. In the
    environment a key is upper case after `VOXPOP_`: `VOXPOP_PORT=8100`. Containers mount secrets as files: those of the
    directory `VOXPOP_SECRETS` are read under the same names in lower case, `voxpop_store`.
    """

    model_config = SettingsConfigDict(env_prefix="VOXPOP_", extra="forbid", frozen=True)
    file: ClassVar[Path | None] = None

    data: Path = Path("voxpop-data")
    """Directory of the log and the store."""
    store: SecretStr = SecretStr("duckdb")
    """Where the view is kept: `duckdb`, a file in the data directory, or a `postgresql://` URL, which is not shown."""
    model: str = "en-small"
    """A bundled model, the directory of an exported one or of a checkpoint, `hub:org/name`, or `lexicon` (VADER)."""
    towards_model: str | None = None
    """A model that reads a post beside a topic: `en-towards`, or the directory of another. None does not do so."""
    labels: dict[str, Literal["negative", "neutral", "positive"]] = {}
    """What each label of a checkpoint means, where its name does not say: `{LABEL_0 = "negative", …}`."""
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ()
    """ISO 639-1 codes a checkpoint reads; posts that are marked as another are left unscored. Empty means any."""
    cache: Path = Path("~/.cache/voxpop")
    """Directory of the checkpoints that were turned into models; removing it costs the time to do so again."""
    correction: Path | None = None
    """A correction of the model by labelled posts, made by `voxpop calibrate`. None is the one that came with it."""
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Threads the scorer may use."""
    engine: Literal["embedded", "spark", "dask"] = "embedded"
    """What runs the work: this process, or a cluster of Spark or Dask."""
    master: str | None = Field(None, pattern=r"^(local(\[.+\])?|spark://.+|yarn|k8s://.+)$")
    """For `spark`: its master, such as `spark://host:7077`. None is this machine, all its threads."""
    scheduler: str | None = None
    """For `dask`: its scheduler, such as `tcp://host:8786`. None is a cluster on this machine, while needed."""
    roll_rows: int = Field(4096, ge=1, le=65_536)
    roll_seconds: float = Field(1.0, gt=0, le=60)
    keep_days: int = Field(30, ge=1)
    """Days for which the store keeps the text of posts; the log keeps them until they are deleted upstream."""
    keep_posts: int = Field(1_000_000, ge=1_000)
    scrub_hours: float = Field(24, ge=0)
    """Hours between two scrubs of the log while Voxpop runs; 0 for none."""
    presets: tuple[str, ...] = tuple(PRESETS)
    """Topics that come with Voxpop; `[]` for none."""
    mastodon_token: SecretStr | None = None
    """Access token of a user of the Mastodon instance, with the scope `read:statuses`; best in the environment."""
    topics: tuple[TopicSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    """Who is told of alerts."""
    webhook_secret: SecretStr | None = None
    """What notices to webhooks are signed with; best in the environment, like the two that follow."""
    slack_url: SecretStr | None = None
    smtp_password: SecretStr | None = None
    x_bearer: SecretStr | None = None
    """The bearer token of an app of X; better in the environment, `VOXPOP_X_BEARER`, than in a file."""

    @field_validator("store")
    @classmethod
    def _store(cls, store: SecretStr) -> SecretStr:
        if store.get_secret_value() != "duckdb":
            Address(store)
        return store

    @field_validator("presets")
    @classmethod
    def _known(cls, presets: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(presets) - set(PRESETS))
        if unknown:
            raise ValueError(f"no preset is named {', '.join(unknown)}; there are {', '.join(PRESETS)}")
        return presets

    @field_validator("channels")
    @classmethod
    def _named_once(cls, channels: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
        names = [channel.name or channel.kind for channel in channels]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two channels are named {', '.join(twice)}; give each a name")
        return channels

    @field_validator("sources")
    @classmethod
    def _told_apart(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name or source.kind for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are named {', '.join(twice)}, and would share a cursor; give each a name")
        return sources

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *others: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over secret files over file."""
        directory = os.environ.get(SECRETS)
        secrets = [SecretsSettingsSource(settings_cls, secrets_dir=directory)] if directory else []
        return init_settings, named["env_settings"], *secrets, TomlConfigSettingsSource(settings_cls, cls.file)

    def chosen_sources(self, words: Sequence[str], watch: bool = False) -> tuple[SourceSettings, ...]:
        """The sources that words of the command line choose: a table by name, a live network, or files; `-` is one.

        Without words, all of the file's. Paths are read as one source; with `watch`, that source is watched.

        Raises:
            Terminal: a word is none of these, or there is nothing to watch.
        """
        if not words and not watch:
            return self.sources
        named = {source.name or source.kind: source for source in self.sources}
        paths = [Path(word) for word in words if word not in named and word not in WORDS]
        absent = [str(path) for path in paths if str(path) != "-" and not path.exists()]
        if absent:
            raise Terminal(
                f"{', '.join(absent)} is neither a source of the settings nor a file; "
                f"name a file, - for standard input, or {', '.join({**named, **dict.fromkeys(WORDS)})}"
            )
        found = [
            named.get(word) or SourceSettings.model_validate({"kind": word})
            for word in dict.fromkeys(words)
            if word in named or word in WORDS
        ]
        if watch and (not paths or Path("-") in paths):
            raise Terminal("--watch watches directories and files; name one with --source, and - without --watch")
        name = "watched" if watch else "command line"
        files = [SourceSettings(kind="files", name=name, paths=tuple(paths), watch=watch)] if paths else []
        return (*found, *files)

    @property
    def database(self) -> Address | None:
        """The PostgreSQL database that the store is in; None where it is DuckDB's file."""
        return None if self.store.get_secret_value() == "duckdb" else Address(self.store)

    def all_topics(self) -> list[Topic]:
        """The chosen presets and the topics of the file; a topic of the file replaces the preset of its name."""
        own = {topic.name: topic.to_topic() for topic in self.topics}
        return [*(PRESETS[name] for name in self.presets if name not in own), *own.values()]


def load(config: Path | None = None, **flags: Any) -> Settings:
    """Read settings; `flags` that are None do not count.

    Raises:
        Terminal: the file is missing or no TOML, or any key is wrong; the message names every wrong key.
    """
    named = config or (Path(os.environ["VOXPOP_CONFIG"]) if "VOXPOP_CONFIG" in os.environ else None)
    if named and not named.is_file():
        raise Terminal(f"there is no configuration file {named}; name one that exists with --config")
    path = named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    if (secrets := os.environ.get(SECRETS)) and not Path(secrets).is_dir():
        raise Terminal(f"{SECRETS} names {secrets}, which is no directory; mount the secret files there, or unset it")
    # pydantic-settings takes the file from the class, so each call has a class of its own.
    reader = type("Settings", (Settings,), {"file": path, "__module__": __name__})
    try:
        settings: Settings = reader(**{key: value for key, value in flags.items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise Terminal(f"{path} is not TOML ({error}); correct that line") from error
    except SettingsError as error:
        raise Terminal(f"{error}; a variable of the environment that is a list or a table is JSON") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise Terminal("these settings are wrong; correct them:\n" + "\n".join(lines)) from error
    return settings
