"""Which posts to label next: those that the model doubts and that many others are like, or posts drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxpop.corrections import Drawn
from voxpop.insight import sample
from voxpop.insight.terms import words_of
from voxpop.metrics import Floats
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Store
from voxpop.stores.queries import Filter

POOL: Final = 4_000
"""Posts that are looked at, whatever the window holds: each is compared with the mean of all and with those chosen."""
WORDS: Final = 2_048
"""Words by which posts are compared, the commonest of the pool."""
MOST: Final = 100
_ODD: Final = 1e-3
"""What a post that is like no other counts: it comes last, but it comes."""


@dataclass(frozen=True)
class Suggested:
    """One post to label.

    Attributes:
        post: a row of `queries.posts`; the text is a stranger's.
        uncertainty: the entropy of the model's probabilities, in [0, 1], of which 1 is all three alike.
        representativeness: how like the pool it is, in [0, 1], of which 1 is the likest post of the pool.
    """

    post: dict[str, Any]
    uncertainty: float
    representativeness: float


def suggest(store: Store, filter: Filter, n: int, drawn: Drawn = "next") -> list[Suggested]:
    """At most `n` posts of a closed filter that nobody has labelled yet; unscored ones are left out.

    "next": uncertainty sampling (Lewis and Gale 1994, https://doi.org/10.1007/978-1-4471-2099-5_1) by entropy, times
    the density of what is around a post, the mean cosine to the pool (Settles and Craven 2008,
    https://aclanthology.org/D08-1112; Settles 2009, section 5.1), best first; each one chosen takes worth from those
    like it, so that no two say the same. Reposts are left out.

    "random": the scored posts of the least hashes, a simple random sample: what measures a model fairly. It goes on
    where it was, for posts that were labelled are passed over.

    Raises:
        ValueError: the filter has an open end, or `n` is more than `MOST`.
    """
    if n > MOST:
        raise ValueError(f"at most {MOST} posts are suggested at once")
    known = store.query("corrected")["post_id"]
    posts = sample.draw(store, filter, POOL + len(known)).posts
    fit = pc.and_(pc.not_equal(posts["label"], UNSCORED), pc.invert(pc.is_in(posts["post_id"], value_set=known)))
    if drawn == "next":
        fit = pc.and_(fit, pc.not_equal(posts["kind"], "repost"))
    pool = posts.filter(fit)[:POOL]
    doubt, density, vectors = _uncertainty(pool), np.zeros(pool.num_rows), _vectors(pool)
    if pool.num_rows:
        density = vectors @ vectors.mean(axis=0)
        density = density / max(density.max(), 1e-12)
    worth = doubt * np.maximum(density, _ODD)
    places = list(range(min(n, pool.num_rows))) if drawn == "random" else _chosen(worth, vectors, n)
    rows = pool.take(pa.array(places, pa.int64())).to_pylist()
    return [Suggested(row, float(doubt[at]), float(density[at])) for row, at in zip(rows, places, strict=True)]


def _chosen(worth: Floats, vectors: Floats, n: int) -> list[int]:
    """The places of the greatest worths, each one less worth the likest one that was chosen before (greedy)."""
    chosen: list[int] = []
    apart = np.ones(len(worth))
    while len(chosen) < min(n, len(worth)):
        left = worth * apart
        best = int(left.argmax())
        if left[best] <= 1e-9:
            break
        chosen.append(best)
        apart = np.minimum(apart, 1 - np.clip(vectors @ vectors[best], 0, 1))
        apart[best] = 0
    return chosen


def _uncertainty(pool: pa.Table) -> Floats:
    chances = np.stack([pool[f"p_{label}"].to_numpy().astype(np.float64) for label in LABELS], axis=1)
    logs = np.log(np.clip(chances, 1e-12, 1))
    return np.asarray(np.clip(-(chances * logs).sum(axis=1) / np.log(len(LABELS)), 0, 1))


def _vectors(pool: pa.Table) -> Floats:
    """Words of each post weighed by how rare they are in the pool, of length 1; 0 for a post of rare words alone."""
    things = words_of(pool["text"], 2)["word"]
    pairs = np.unique(np.stack([things.rows, things.codes]), axis=1) if len(things.rows) else np.zeros((2, 0), np.int64)
    often = np.bincount(pairs[1], minlength=len(things.names))
    kept = np.argsort(-often, kind="stable")[:WORDS]
    column = np.full(len(things.names), -1, dtype=np.int64)
    column[kept] = np.arange(len(kept))
    rows, columns = pairs[0], column[pairs[1]]
    rows, columns = rows[columns >= 0], columns[columns >= 0]
    found = np.zeros((pool.num_rows, max(len(kept), 1)), dtype=np.float32)
    # One more in the count, so that a word of every post still tells a little.
    found[rows, columns] = np.log((pool.num_rows + 1) / np.maximum(often[kept], 1))[columns]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(lengths, 1e-12))
