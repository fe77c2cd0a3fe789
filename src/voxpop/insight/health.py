"""Whether posts still look to a model as those that it was measured on did: its answers, languages and words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from voxpop.errors import Terminal
from voxpop.insight import sample
from voxpop.insight.correction import files_of
from voxpop.insight.drift import Drift
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Scorer, Store
from voxpop.stores.queries import Filter

FILE: Final = "health.json"
"""Its name in a model's directory: what is normal for the model. It holds counts alone and is no part of its id."""
READ: Final = 4_000
BUCKETS: Final = 64
"""Pieces of words are counted by a hash of so many values: new words are seen, and nobody's can be read off."""
MEASURES: Final[dict[str, str]] = {
    "scores": "label and how sure the model is of it",
    "unscored": "posts that the model cannot read",
    "languages": "languages of posts",
    "splitting": "into how many pieces words fall, and unknown ones",
    "vocabulary": "which pieces of words occur",
}


@dataclass(frozen=True)
class Reference:
    """What is normal for a model: for each of `MEASURES` the counts of its bins, on posts it was measured on."""

    counts: dict[str, dict[str, int]]
    posts: int
    files: str

    def write(self, path: Path) -> None:
        """Write it as JSON: counts, and no post."""
        found = {"files": self.files, "posts": self.posts, "counts": self.counts}
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Reference:
        """Read what `write` wrote.

        Raises:
            Terminal: the file is missing, or holds something else.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            counts = {name: {at: int(n) for at, n in found["counts"][name].items()} for name in MEASURES}
            return cls(counts, int(found["posts"]), str(found["files"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Terminal(f"{path} is no reference of a model's health ({error}); see docs/health.md") from error


@dataclass(frozen=True)
class State:
    """One measure of a model's health.

    Attributes:
        index: population stability index of the newest posts against the reference; None for too few posts.
        since: when the first post of the drift that lasts was written; None without one.
        now: share of each bin among the posts that were read, the greatest differences first, as (bin, before, now).
    """

    measure: str
    n: int
    index: float | None
    drifted: bool
    since: datetime | None
    now: list[tuple[str, float, float]]


def readable(scorer: Scorer) -> OnnxScorer:
    """The scorer, which can tell its words.

    Raises:
        Terminal: it is none with a tokenizer, or reads posts beside a topic.
    """
    if not isinstance(scorer, OnnxScorer) or scorer.reads_topic:
        raise Terminal(f"{scorer.model_id} has no vocabulary to look at; name a transformer with --model")
    return scorer


def find(directory: Path) -> Reference | None:
    """The reference beside the model in a directory; None where there is none, or it is that of other files.

    Raises:
        Terminal: it cannot be read.
    """
    path = directory / FILE
    if not path.is_file():
        return None
    found = Reference.read(path)
    return found if found.files == files_of(directory) else None


def reference(posts: Sequence[Mapping[str, Any]], scorer: OnnxScorer, files: str) -> Reference:
    """What is normal, of posts with `text`, `lang`, `label` and `p_…`, as `queries.posts` has them."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in MEASURES}
    for _, observed in observations(posts, scorer):
        for name, seen in observed.items():
            counts[name].update(seen)
    return Reference({name: dict(sorted(found.items())) for name, found in counts.items()}, len(posts), files)


def health(store: Store, filter: Filter, scorer: OnnxScorer, normal: Reference) -> list[State]:
    """How far the posts of a closed filter are from what is normal for the model that scored them: a state a measure.

    At most about `READ` posts are read, a random sample in the order in which they were written.
    """
    posts = sample.draw(store, filter, READ).posts.sort_by([("created_at", "ascending"), ("post_id", "ascending")])
    return states(posts.to_pylist(), scorer, normal)


def states(posts: Sequence[Mapping[str, Any]], scorer: OnnxScorer, normal: Reference) -> list[State]:
    """As `health`, of posts in their order; a pure function. An alert calls `drifted` on the answer."""
    detectors = {name: Drift(normal.counts[name], window=_WINDOWS[name]) for name in MEASURES}
    since: dict[str, datetime | None] = dict.fromkeys(MEASURES)
    counts: dict[str, Counter[str]] = {name: Counter() for name in MEASURES}
    for post, observed in observations(posts, scorer):
        for name, seen in observed.items():
            counts[name].update(seen)
            for one in seen:
                detectors[name].update(one)
            if not detectors[name].drift_detected:
                since[name] = None
            elif since[name] is None:
                since[name] = post["created_at"]
    return [_state(name, detectors[name], counts[name], normal.counts[name], since[name]) for name in MEASURES]


def drifted(found: Iterable[State]) -> list[State]:
    """The states that an alert is for: those that have drifted, since when is in each."""
    return [state for state in found if state.drifted]


_WINDOWS: Final = {"scores": 1_000, "unscored": 1_000, "languages": 1_000, "splitting": 10_000, "vocabulary": 15_000}
"""Observations of a window: about a thousand posts, of a dozen words and more pieces each."""


def observations(
    posts: Sequence[Mapping[str, Any]], scorer: OnnxScorer
) -> Iterator[tuple[Mapping[str, Any], dict[str, list[str]]]]:
    """Each post, and the bins that it falls into, by measure."""
    words = scorer.words([post["text"] or "" for post in posts])
    for post, found in zip(posts, words, strict=True):
        unscored = post["label"] == UNSCORED
        seen = {"unscored": ["yes" if unscored else "no"], "languages": [post["lang"] or "unknown"]}
        if not unscored:
            # What the model never reads says nothing of how well it reads.
            sure = min(int(max(post[f"p_{label}"] for label in LABELS) * 5), 4)
            seen["scores"] = [f"{post['label']} {sure / 5:.1f}"]
            seen["splitting"] = ["unknown" if word.unknown else str(min(len(word.pieces), 5)) for word in found]
            seen["vocabulary"] = [
                str(piece * 2_654_435_761 % 2**32 % BUCKETS) for word in found for piece in word.pieces
            ]
        yield post, seen


def _state(
    name: str, detector: Drift, counts: Mapping[str, int], normal: Mapping[str, int], since: datetime | None
) -> State:
    n, m = max(sum(counts.values()), 1), max(sum(normal.values()), 1)
    detector.look()
    bins = [(at, normal.get(at, 0) / m, counts.get(at, 0) / n) for at in normal.keys() | counts.keys()]
    moved = sorted(bins, key=lambda one: (-abs(one[2] - one[1]), one[0]))
    index = round(detector.index, 4) if detector.n else None
    return State(name, detector.n, index, detector.drift_detected and since is not None, since, moved)
