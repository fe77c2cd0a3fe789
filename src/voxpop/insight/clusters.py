"""Posts that are nearly the same text, put together as they come, in bounded memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import xxhash

from voxpop.insight.shingles import Hashes, bare, likeness, shingles

LIKENESS: Final = 0.5
"""Texts are copies from this Jaccard likeness of their shingles on: about two words changed in ten."""

MOST_VERSIONS: Final = 8
"""Of a text, that others are compared with; so a copy of a copy is found, and what a long chain leads to is not."""

LEAST_CHARACTERS: Final = 24
"""Of a text without links and signs; a shorter one is the same as another by nature ("happy birthday")."""

MOST_CLUSTERS: Final = 20_000
"""Texts with their versions that a new one is compared with: those last seen. About 100 MB."""

BURST: Final = timedelta(minutes=10)
BURST_AUTHORS: Final = 8


@dataclass(frozen=True)
class Said:
    """A post, as far as copies are concerned; `place` is whatever finds it again."""

    text: str
    author: int
    at: datetime
    place: int


@dataclass
class Cluster:
    """Posts that are nearly the same text; `versions` has shingles, and `keys` what finds the cluster by them."""

    versions: list[Hashes] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    posts: list[Said] = field(default_factory=list)

    @property
    def authors(self) -> int:
        """How many authors posted it."""
        return len({post.author for post in self.posts})

    def burst(self) -> tuple[int, datetime | None]:
        """The most authors who posted it within `BURST`, and when that began."""
        within: Counter[int] = Counter()
        best, began, first = 0, None, 0
        ordered = sorted(self.posts, key=lambda post: post.at)
        for post in ordered:
            within[post.author] += 1
            while post.at - ordered[first].at > BURST:
                within[ordered[first].author] -= 1
                within += Counter()
                first += 1
            if len(within) > best:
                best, began = len(within), ordered[first].at
        return best, began


class Clusters:
    """Puts posts with their copies, as they come.

    A text joins the cluster that has the version it is most like, if it is like enough, and else begins one. The trap:
    of more than `most` clusters the one not seen for longest is closed, and a copy that comes later begins anew.
    """

    def __init__(self, most: int = MOST_CLUSTERS) -> None:
        self._most = most
        self._open: OrderedDict[int, Cluster] = OrderedDict()
        self._found: dict[int, int] = {}
        self._next = 0
        self._closed: list[Cluster] = []

    def add(self, posts: Sequence[Said]) -> None:
        """Take posts in; those whose text is too short are in no cluster."""
        texts = [bare(post.text) for post in posts]
        long = [at for at, text in enumerate(texts) if len(text) >= LEAST_CHARACTERS]
        distinct = list(dict.fromkeys(texts[at] for at in long))
        if not distinct:
            return
        runs = shingles(distinct)
        bands = dict(zip(distinct, runs.bands().tolist(), strict=True))
        numbers = {text: number for number, text in enumerate(distinct)}
        for at in long:
            text = texts[at]
            same = xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
            number = self._found.get(same)
            if number is None:
                number = self._placed((same, *bands[text]), runs.of(numbers[text]))
            self._open.move_to_end(number)
            self._open[number].posts.append(posts[at])

    def copies(self) -> Iterator[Cluster]:
        """The clusters of two posts or more, open and closed."""
        yield from self._closed
        yield from (cluster for cluster in self._open.values() if len(cluster.posts) > 1)

    def _placed(self, keys: tuple[int, ...], runs: Hashes) -> int:
        """The cluster that a new text joins, or a new one."""
        met = dict.fromkeys(self._found[key] for key in keys if key in self._found)
        alike = [(likeness(runs, version), number) for number in met for version in self._open[number].versions]
        best, number = max(alike, default=(0.0, 0))
        if best < LIKENESS:
            self._next = number = self._next + 1
            self._open[number] = Cluster()
        cluster = self._open[number]
        if len(cluster.versions) < MOST_VERSIONS:
            new = [key for key in keys if key not in self._found]
            self._found |= dict.fromkeys(new, number)
            cluster.versions.append(runs)
            cluster.keys += new
        if len(self._open) > self._most:
            self._close()
        return number

    def _close(self) -> None:
        _, cluster = self._open.popitem(last=False)
        for key in cluster.keys:
            del self._found[key]
        if len(cluster.posts) > 1:
            self._closed.append(cluster)
