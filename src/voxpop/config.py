"""Settings: defaults < `voxpop.toml` < environment (`VOXPOP_…`) < flags; every bad key reported at once."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from voxpop.errors import Terminal
from voxpop.topics import PRESETS, QueryError, Terms, Topic

DEFAULT_FILE = Path("voxpop.toml")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    """A `[[sources]]` table: export files to read, or a recording to replay at its own pace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["files", "replay"]
    paths: tuple[Path, ...] = Field(min_length=1)
    name: str = ""
    """Key of the source's cursor; defaults to the kind. Two sources of one kind need two names."""
    map: dict[str, str] = {}
    """For `files`: our field to the column's name, such as `{text = "Tweet"}`."""
    network: str = "file"
    """For `files`: what to call the source of rows in plain tables and text."""
    speed: float = Field(1.0, gt=0, le=3600)
    """For `replay`: recorded seconds per second."""
    loop: bool = False
    """For `replay`: begin again at the end, as new posts."""


class Settings(BaseSettings):
    """Everything that can be set; frozen.

    Read from `voxpop.toml` in the working directory, or the file named by `--config` or `VOXPOP_CONFIG`. In the
    environment a key is upper case after `VOXPOP_`: `VOXPOP_PORT=8100`.
    """

    model_config = SettingsConfigDict(env_prefix="VOXPOP_", extra="forbid", frozen=True)
    file: ClassVar[Path | None] = None

    data: Path = Path("voxpop-data")
    """Directory of the log and the store."""
    host: str = "127.0.0.1"
    port: int = Field(8050, ge=0, le=65535)
    model: str = "en-small"
    """A bundled model's name, the directory of an exported one, or `lexicon` for the VADER baseline."""
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Threads the scorer may use."""
    roll_rows: int = Field(4096, ge=1, le=65_536)
    roll_seconds: float = Field(1.0, gt=0, le=60)
    keep_days: int = Field(30, ge=1)
    """Days for which the store keeps the text of posts; the log keeps them all."""
    keep_posts: int = Field(1_000_000, ge=1_000)
    presets: tuple[str, ...] = tuple(PRESETS)
    """Topics that come with Voxpop; `[]` for none."""
    topics: tuple[TopicSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()

    @field_validator("presets")
    @classmethod
    def _known(cls, presets: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(presets) - set(PRESETS))
        if unknown:
            raise ValueError(f"no preset is named {', '.join(unknown)}; there are {', '.join(PRESETS)}")
        return presets

    @field_validator("sources")
    @classmethod
    def _told_apart(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name or source.kind for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are named {', '.join(twice)}, and would share a cursor; give each a name")
        return sources

    @field_validator("host")
    @classmethod
    def _loopback(cls, host: str) -> str:
        if host not in LOOPBACK:
            raise ValueError(
                f"{host!r} is not loopback, and the service has no access keys yet; "
                "use 127.0.0.1 and put an authenticating proxy before it"
            )
        return host

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *others: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over file."""
        return init_settings, named["env_settings"], TomlConfigSettingsSource(settings_cls, cls.file)

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
    # pydantic-settings takes the file from the class, so each call has a class of its own.
    reader = type("Settings", (Settings,), {"file": path, "__module__": __name__})
    try:
        settings: Settings = reader(**{key: value for key, value in flags.items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise Terminal(f"{path} is not TOML ({error}); correct that line") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise Terminal("these settings are wrong; correct them:\n" + "\n".join(lines)) from error
    return settings
