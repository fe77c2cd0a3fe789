"""What one window of posts has more of than another: words, hashtags, links, countries, languages, authors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxpop.insight import odds
from voxpop.insight.shingles import bare
from voxpop.insight.terms import Things, values_of, words_of
from voxpop.insight.voices import once
from voxpop.metrics import Ints

Kind = Literal["word", "hashtag", "host", "country", "lang", "author"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

LEAST_VOICES: Final = 5
"""A thing that fewer voices of both windows together have is not compared."""

MOST: Final = 15
"""Drivers of a kind, for and against."""

EXAMPLES: Final = 3


@dataclass(frozen=True)
class Driver:
    """Something that one window of posts has more of than the other, by more than chance.

    Attributes:
        kind: what it is.
        name: the thing: two words have a space between, an author is 16 hex digits of a hash.
        also: other things of its kind that mostly the same voices have, so that one sentence is one driver.
        voices: who has it in the window, and `voices_before` in the other; each author counts once. Of authors, posts.
        share: of the window's voices, and `share_before` of the other's, in [0, 1].
        log_odds: how much more, above 0 where the window has it more than the other.
        z: the same in standard deviations; what drivers are ranked by.
        examples: the places of up to three posts that have it, in the window that has it more: of one post of each
            author the newest, no two the same text but for links, mentions, signs and case.
    """

    kind: Kind
    name: str
    also: list[str]
    voices: int
    voices_before: int
    share: float
    share_before: float
    log_odds: float
    z: float
    examples: list[int]


def drivers_and_pushes(now: pa.Table, before: pa.Table) -> tuple[list[Driver], list[Driver]]:
    """What `now` has more and less of than `before`, and what its positive posts have than its negative ones.

    Both by kind, strongest first. A driver's log-odds is above 0 where `now` has more of it; a push's where it goes
    with positive posts and pushes sentiment up. Both tables have the columns of `voxpop.insight.sample.Sample.posts`.
    Examples of a push are places among the positive posts of `now` alone, or among the negative ones.

    A thing counts once for each author, so that who posts a thousand times has one voice; a post without an author is a
    voice of its own. Of what is told, one in twenty is expected to be chance, if voices speak independently; a campaign
    is beyond chance, too.
    """
    rows = pa.concat_tables([table.select(_READ) for table in (now, before)])
    things = _things(rows)
    found = _found(_Posts(rows, now.num_rows), things)
    labels = now["label"].combine_chunks()
    up, down = (np.flatnonzero(pc.equal(labels, label)) for label in ("positive", "negative"))
    places = np.concatenate([up, down])
    within: dict[Kind, Things] = {kind: things[kind].at(places, rows.num_rows) for kind in KINDS if kind != "author"}
    return found, _found(_Posts(rows.take(pa.array(places)), up.size), within)


_READ: Final = ("text", "country", "lang", "author_key", "created_at")


def _things(rows: pa.Table) -> dict[Kind, Things]:
    texts = words_of(rows["text"], LEAST_VOICES)
    authors = pc.cast(rows["author_key"], pa.string())
    values = {"country": rows["country"], "lang": rows["lang"], "author": authors}
    return {kind: texts[kind] if kind in texts else values_of(values[kind]) for kind in KINDS}


def _found(posts: _Posts, things: dict[Kind, Things]) -> list[Driver]:
    found = [driver for kind, of_kind in things.items() for driver in _of_kind(posts, kind, of_kind)]
    return sorted(found, key=lambda driver: (KINDS.index(driver.kind), -abs(driver.z)))


class _Posts:
    """The posts of two windows, one after the other."""

    def __init__(self, rows: pa.Table, n_now: int) -> None:
        self.rows = rows
        self.n_now = n_now
        self.is_before = np.arange(rows.num_rows) >= n_now
        self.authors = _numbered(rows["author_key"])
        self.times = pc.fill_null(pc.cast(rows["created_at"], pa.int64()), 0).to_numpy()

    def examples(self, places: Ints, speakers: Ints) -> list[int]:
        """The newest of some posts of one window, of different speakers and texts, as places in its table."""
        found: dict[int, int] = {}
        texts: set[str] = set()
        for place in places[np.argsort(-self.times[places], kind="stable")].tolist():
            speaker, text = int(speakers[place]), bare(self.rows["text"][place].as_py())
            if speaker not in found and text not in texts:
                found[speaker] = place - self.n_now * int(self.is_before[place])
                texts.add(text)
            if len(found) == EXAMPLES:
                break
        return list(found.values())


def _numbered(authors: pa.ChunkedArray) -> Ints:
    """A number for each author; a post without an author gets one that no other has."""
    encoded = authors.combine_chunks().dictionary_encode()
    known = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.where(known < 0, len(encoded.dictionary) + np.arange(len(known)), known)


def _of_kind(posts: _Posts, kind: Kind, things: Things) -> list[Driver]:
    # Each author has one voice, so authors themselves are compared by posts.
    speakers = np.arange(posts.authors.size) if kind == "author" else posts.authors
    voices = once(things, speakers, posts.is_before)
    now, before = voices.counts
    compared = np.flatnonzero(now + before >= LEAST_VOICES)
    found = odds.compare(now[compared], before[compared], voices.sides)
    told = found.told()
    made: list[Driver] = []
    for more in (told[found.z[told] > 0], told[found.z[told] < 0]):
        side = int(more.size and found.z[more[0]] < 0)
        for place, *also in voices.together(compared[more], side, MOST):
            at = int(np.searchsorted(compared, place))
            names = [_name(kind, things.names[int(code)].as_py()) for code in (place, *also)]
            figures = (float(found.log_odds[at]), float(found.z[at]))
            counts = int(now[place]), int(before[place])
            shares = counts[0] / voices.sides[0], counts[1] / voices.sides[1]
            examples = posts.examples(voices.rows_of(place, side), speakers)
            made.append(Driver(kind, names[0], names[1:], *counts, *shares, *figures, examples))
    return made


def _name(kind: Kind, name: str) -> str:
    return f"{int(name) & ((1 << 64) - 1):016x}" if kind == "author" else name
