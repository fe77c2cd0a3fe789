"""Topics beside each other: who is talked about most, of whom people think best, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from voxpop.insight import shares
from voxpop.insight.correction import Correction
from voxpop.insight.prevalence import CONFIDENCE, Posterior
from voxpop.metrics import Floats, Ints
from voxpop.seams import Store
from voxpop.stores.queries import Filter

DRAWS: Final = 4000


@dataclass(frozen=True)
class Standing:
    """One topic among those compared; probabilities are over the posterior, ties have none.

    Attributes:
        voice: its share of the topics' posts, with the ends of a 90 % interval; None without any posts.
        leads_voice: the probability that none of the others has more.
        leads_net: the probability that none of the others has a higher net sentiment; None without scored posts.
    """

    voice: float | None
    voice_low: float | None
    voice_high: float | None
    leads_voice: float | None
    leads_net: float | None


@dataclass(frozen=True)
class Difference:
    """How far net sentiment of one topic is above that of another; the intervals of all pairs hold at once.

    Attributes:
        one: the place of the topic, `other` that of the one subtracted.
        above: the probability that it is above.
        apart: whether the interval leaves out 0. Of topics that are all alike, any pair is apart in one of ten cases.
    """

    one: int
    other: int
    net: float
    low: float
    high: float
    above: float
    apart: bool


def compare(store: Store, filter: Filter, names: Sequence[str], correction: Correction | None) -> dict[str, Any]:
    """The named topics beside each other, as plain JSON values: `topics` in the order given, and `differences`.

    Of the filter, its topic does not count. Net sentiment is corrected where a correction is given.
    """
    rows, posterior = shares.by_name(store, filter, "topic", correction)
    found = rows["name"].to_pylist()
    at = np.array([found.index(name) if name in found else -1 for name in names], dtype=np.int64)
    chosen = posterior.chosen(at)
    posts = np.where(at < 0, 0, rows["n"].to_numpy()[at]) if found else np.zeros(len(names), dtype=np.int64)
    low, high = chosen.intervals()
    topics = [
        {"name": name, "n": int(posts[row]), **vars(standing), "net": _plain(chosen.net[row]),
         "net_low": _plain(low[row, 3]), "net_high": _plain(high[row, 3])}
        for row, (name, standing) in enumerate(zip(names, standings(posts, chosen), strict=True))
    ]  # fmt: skip
    pairs = [{**vars(pair), "one": names[pair.one], "other": names[pair.other]} for pair in differences(chosen)]
    return {"topics": topics, "differences": pairs}


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def standings(posts: Ints, posterior: Posterior) -> list[Standing]:
    """Where each topic stands in share of voice and in net sentiment.

    A probability of being the greatest of all is one statement for all topics, so that comparing many of them does not
    make a leader out of chance. A voice's posterior is Dirichlet with half a post a topic, as if each post were another
    person's decision: the trap, reposts come in swarms, and make it less sure than this.
    """
    if not posts.any():
        return [Standing(None, None, None, None, None)] * len(posts)
    voices = np.random.default_rng(1).dirichlet(posts + 0.5, DRAWS)
    low, high = np.quantile(voices, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    most = _leading(voices)
    known = _known(posterior)
    best = dict(zip(known, _leading(_net(posterior, known)), strict=True)) if len(known) else {}
    return [
        Standing(float(n / posts.sum()), float(low[at]), float(high[at]), float(most[at]), best.get(at))
        for at, n in enumerate(posts)
    ]


def differences(posterior: Posterior) -> list[Difference]:
    """The difference of net sentiment of every pair of topics with scored posts.

    Simultaneous intervals: the greatest of all standardised differences stays within them in 90 % of the draws (single
    step, as Hothorn, Bretz and Westfall 2008, https://doi.org/10.1002/bimj.200810425). What the correction leaves open
    is taken as each topic's own; where topics share it, the difference is surer than this says.
    """
    known = _known(posterior)
    if len(known) < 2:
        return []
    net = _net(posterior, known)
    middle, variance = net.mean(axis=0), np.maximum(net.var(axis=0), 1e-24)
    # Topic by topic: all pairs of a hundred topics at once would be half a gigabyte.
    reach, above = np.zeros(DRAWS), []
    for at in range(len(known) - 1):
        apart = net[:, at : at + 1] - net[:, at + 1 :]
        above.append((apart > 0).mean(axis=0))
        standard = (apart - middle[at] + middle[at + 1 :]) / np.sqrt(variance[at] + variance[at + 1 :])
        reach = np.maximum(reach, np.abs(standard).max(axis=1))
    limit = float(np.quantile(reach, CONFIDENCE))
    found = []
    for one, other in combinations(range(len(known)), 2):
        difference = float(middle[one] - middle[other])
        wide = limit * float(np.sqrt(variance[one] + variance[other]))
        low, high = max(difference - wide, -2.0), min(difference + wide, 2.0)
        sure = float(above[one][other - one - 1])
        found.append(Difference(known[one], known[other], difference, low, high, sure, low > 0 or high < 0))
    return found


def _known(posterior: Posterior) -> list[int]:
    return np.flatnonzero(~np.isnan(posterior.shares[:, 0])).tolist()


def _net(posterior: Posterior, known: list[int]) -> Floats:
    return posterior.chosen(np.array(known)).net_draws(DRAWS)


def _leading(drawn: Floats) -> list[float]:
    """How often each column is the greatest of its row."""
    often: list[float] = (np.bincount(drawn.argmax(axis=1), minlength=drawn.shape[1]) / len(drawn)).tolist()
    return often
