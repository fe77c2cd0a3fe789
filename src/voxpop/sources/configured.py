"""The sources that the settings describe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from voxpop import secret
from voxpop.catalogue import Catalogue
from voxpop.config import Settings, SourceSettings
from voxpop.errors import Terminal
from voxpop.seams import Source
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
from voxpop.topics import Topic


def source_of(table: SourceSettings, settings: Settings) -> Source:
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
        return bluesky_of(table, settings.data / "dictionaries")
    if table.kind == "replay":
        return ReplaySource(table.paths, Replay(speed=table.speed, loop=table.loop), name=name)
    options = FileOptions(table.map, table.network, table.dates, table.timezone)
    if table.watch:
        return WatchSource(table.paths, options, name=name)
    return FilesSource(table.paths, options, name=name)


def bluesky_of(table: SourceSettings, kept: Path | None = None) -> BlueskySource:
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
