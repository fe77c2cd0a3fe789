"""Mastodon, live: streams of one instance with a token, its timelines without one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from pydantic import SecretStr

from voxpop import __version__
from voxpop.errors import Terminal
from voxpop.gaps import Gap
from voxpop.seams import Fetched
from voxpop.sources.continuity import Continuity, Tolerance
from voxpop.sources.formats.context import UNREADABLE, Context
from voxpop.sources.formats.mastodon import Mastodon, id_at, time_of
from voxpop.sources.listening import listening
from voxpop.sources.rotation import Pace, Rotation
from voxpop.sources.sse import Event
from voxpop.sources.timelines import REFUSED, Timelines, base, feed
from voxpop.sources.websocket import Limits, Lost

_FAMILY = "mastodon-v1"
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Live:
    """How to listen.

    Attributes:
        host: the instance, such as `mastodon.social`.
        streams: `public`, `public/local`, `public/remote`, `hashtag:NAME` or `hashtag/local:NAME`.
        token: of a user, with the scope `read:statuses`; without it timelines are polled.
        poll_seconds: between two polls.
        tolerance: `rewind_seconds` is how far before the newest status it asks again: statuses of other instances
            come late, and are filed under the time they were written.
        healthy_seconds: a connection that lived so long makes all earlier failures forgotten.
    """

    host: str
    streams: Sequence[str] = ("public",)
    token: SecretStr | None = None
    poll_seconds: float = 15.0
    pace: Pace = Pace()
    limits: Limits = Limits()
    tolerance: Tolerance = Tolerance(rewind_seconds=60.0)
    healthy_seconds: float = 60.0

    def __post_init__(self) -> None:
        """Raise `Terminal` for a token that can be none; what it was is not said."""
        token = self.token.get_secret_value() if self.token else "none"
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise Terminal(f"the token for {self.host} is empty or holds spaces; copy it again from the instance")


class MastodonSource:
    """Statuses, edits and deletions of one instance, without an end; each once, on however many streams it comes.

    After a loss it connects again, and reads from the timelines what came meanwhile; `Fetched.gaps` says whether that
    was possible. The cursor is `mastodon-v1:` and the newest status id. The traps: deletions and edits of a gap, and
    all of them without a token, are not seen; a status that reached the instance more than `rewind_seconds` late,
    during a gap, is not found again.
    """

    def __init__(self, live: Live, name: str = "mastodon") -> None:
        """Nothing is opened yet.

        Raises:
            Terminal: the host is none, or a stream does not exist.
        """
        self.name = name
        self._live = live
        self._address = base(live.host)
        self._feeds = [feed(stream) for stream in dict.fromkeys(live.streams)]
        if not self._feeds:
            raise Terminal('a mastodon source needs a stream; write streams = ["public"]')

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what comes, from now or from shortly before `cursor`; tries for ever to be connected.

        Raises:
            Terminal: the instance refuses the token, or wants one; the cursor is of another source.
        """
        state = _State(self.name, self._live, self._address, _position(cursor))
        rotation = Rotation([self._address], self._live.pace)
        if cursor is not None:
            yield state.lost("Voxpop was not running")
        async with aiohttp.ClientSession(headers={"User-Agent": f"voxpop/{__version__}"}) as session:
            timelines = Timelines(session, self._address, self._live.token, self._live.limits.connect_seconds)
            while True:
                host, wait = rotation.pick()
                await asyncio.sleep(wait)
                begun = asyncio.get_running_loop().time()
                reading = self._stream(session, timelines, state) if self._live.token else self._poll(timelines, state)
                try:
                    async for fetched in reading:
                        yield fetched
                except Lost as error:
                    if error.status in REFUSED:
                        raise Terminal(self._refusal(error.status)) from error
                    if asyncio.get_running_loop().time() - begun >= self._live.healthy_seconds:
                        rotation.healthy()
                    rotation.failed(host, error.retry_after)
                    yield state.lost(f"{self._live.host}: {error}")
                finally:
                    # Left to the garbage collector, a connection would outlive its reader.
                    await reading.aclose()  # type: ignore[attr-defined]

    async def _stream(
        self, session: aiohttp.ClientSession, timelines: Timelines, state: _State
    ) -> AsyncIterator[Fetched]:
        """Connect first and fill up then, so that nothing is between the two."""
        assert self._live.token
        address = await timelines.streaming()
        async with listening(session, address, self._feeds, self._live.token, self._live.limits) as heard:
            if state.is_resuming:
                try:
                    async for fetched in self._past(timelines, state):
                        yield fetched
                except Lost as error:
                    if error.status not in (*REFUSED, 404):
                        raise
                    yield state.joined(complete=False)
            state.is_resuming = True
            while True:
                yield state.heard(await heard.take())

    async def _poll(self, timelines: Timelines, state: _State) -> AsyncIterator[Fetched]:
        while True:
            async for fetched in self._past(timelines, state):
                yield fetched
            state.is_resuming = True
            await asyncio.sleep(self._live.poll_seconds)

    async def _past(self, timelines: Timelines, state: _State) -> AsyncIterator[Fetched]:
        """Everything after the position, oldest first, of every stream."""
        begin, newest = state.rewound if state.is_resuming else None, state.newest
        for one in self._feeds:
            after = begin
            while True:
                fetched, ids = state.page(await timelines.page(one, after))
                yield fetched
                newest = max([newest, *ids])
                # The newest page is all that a new source asks for; otherwise an empty one says that this is now.
                if after is None or not ids or max(ids) <= after:
                    break
                after = max(ids)
                if len(self._feeds) == 1:
                    state.newest = newest
        state.newest = newest
        yield state.joined(complete=True)

    def _refusal(self, status: int | None) -> str:
        if self._live.token:
            return (
                f"{self._live.host} refuses the token ({status}); make one with the scope read:statuses under "
                "Preferences > Development, and set VOXPOP_MASTODON_TOKEN"
            )
        return (
            f"{self._live.host} gives its timelines to its users alone ({status}); make a token with the scope "
            "read:statuses there, and set VOXPOP_MASTODON_TOKEN"
        )


class _State:
    """What is remembered from one connection to the next."""

    def __init__(self, name: str, live: Live, address: str, start: int | None) -> None:
        self._name = name
        self._format = Mastodon(address.partition("://")[2])
        self._rewind = round(live.tolerance.rewind_seconds * 1e6)
        self._continuity = Continuity(name, live.tolerance)
        self._recent: OrderedDict[tuple[str, str, str | None], None] = OrderedDict()
        self._count = 0
        self.newest = id_at(_now()) if start is None else start
        self.is_resuming = start is not None
        self._lost_at = time_of(self.newest)

    @property
    def rewound(self) -> int:
        """The id to read on from."""
        return max(1, id_at(time_of(self.newest) - self._rewind))

    def lost(self, reason: str) -> Fetched:
        """The connection ended, or there was none; what comes until there is one is missing."""
        self.is_resuming = True
        changed = self._continuity.lost(time_of(self.newest), reason)
        self._lost_at = time_of(self.newest) if changed else self._lost_at
        return self._fetched(Context(), changed)

    def joined(self, complete: bool) -> Fetched:
        """The past has been read up to now, or cannot be."""
        self._continuity.asked(0 if complete else None)
        # Paging forward from an id leaves nothing out, so reaching the end is the proof that there is no hole.
        return self._fetched(Context(), self._continuity.heard([self._lost_at, _now()] if complete else [_now()], 0))

    def page(self, body: bytes) -> tuple[Fetched, list[int]]:
        """Decode a page of a timeline; the ids on it come with it.

        Raises:
            Lost: it is none.
        """
        context = self._context()
        try:
            ids = self._format.page(body, context)
        except UNREADABLE as error:
            raise Lost(f"the answer is no page of statuses ({error})") from error
        return self._fetched(context, []), [number for number in ids if _is_likely(number)]

    def heard(self, events: list[Event]) -> Fetched:
        """Decode what came on the streams."""
        context = self._context()
        for event in events:
            context.position += 1
            number = self._format.event(event, context)
            if number is not None and _is_likely(number):
                self.newest = max(self.newest, number)
        return self._fetched(context, self._continuity.heard([_now()], len(context.posts)))

    def _context(self) -> Context:
        return Context(origin=self._name, position=self._count)

    def _fetched(self, context: Context, gaps: list[Gap]) -> Fetched:
        self._count = max(self._count, context.position)
        done = context.take()
        posts = [post for post in done.posts if self._is_new((post.post_id, post.op, post.rev))]
        return Fetched(f"{_FAMILY}:{self.newest}", posts, done.rejected, dict(done.ignored), gaps=gaps)

    def _is_new(self, event: tuple[str, str, str | None]) -> bool:
        if event in self._recent:
            return False
        self._recent[event] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return True


def _is_likely(number: int) -> bool:
    """Whether an id can be of now or before: one that lies in the future must not move the cursor there."""
    return time_of(number) <= _now() + 60_000_000


def _now() -> int:
    return round(datetime.now(UTC).timestamp() * 1e6)


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    family, _, position = cursor.partition(":")
    if family != _FAMILY or not position.isdecimal():
        raise Terminal(f"the cursor {cursor!r} is not of a mastodon source; give the source another name")
    return int(position)
