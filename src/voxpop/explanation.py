"""Why a text got its label: what each word added to the polarity and to the label's probability, for any scorer.

The weights are Shapley values of the game in which the words are the players and a text that keeps only some of them
is worth what the scorer says of it (Strumbelj and Kononenko 2010). They need nothing of the scorer but its batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import factorial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import regex

from voxpop.language import declared, detected
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Scorer
from voxpop.text import prepare

Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.bool_]
Span = tuple[int, int]

MOST_PARTS: Final = 128
"""A longer text is explained in this many parts of several words each."""
MOST_VARIANTS: Final = 2 * MOST_PARTS + 2
"""At most so many variants of a text are scored, whatever its length."""

# As many as the exact values of eight words take, and enough for one pair of orders of the most parts.
_VARIANTS: Final = 2 * MOST_PARTS
_EXACT: Final = 8
_SEED: Final = 1
# A text of which nothing is left says nothing: no label is likelier than another.
_NOTHING: Final = 1 / len(LABELS)
# Scripts without spaces and emoji are taken one grapheme at a time, the rest at white space.
_ALONE: Final = (
    r"(?=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\p{Extended_Pictographic}\p{Regional_Indicator}])\X"
)
_WORD: Final = regex.compile(rf"{_ALONE}|(?:(?!{_ALONE})(?!\s)\X)++")


@dataclass(frozen=True)
class Word:
    """A word and what it added.

    Attributes:
        text: the word as it stands in the prepared text; several words where the text is very long.
        start: where it begins in the prepared text, in code points.
        end: where it ends, exclusive.
        polarity_weight: what it added to the polarity, in [-2, 2]; negative for a word that speaks against.
        label_weight: what it added to the probability of the text's label, in [-1, 1].
    """

    text: str
    start: int
    end: int
    polarity_weight: float
    label_weight: float


@dataclass(frozen=True)
class Explanation:
    """A text's label and the words that carried it.

    Attributes:
        model_id: what answered.
        text: the text after `voxpop.text.prepare`, to which the words' spans refer; escape it.
        label: as the scorer gave it; an unscored text has no words.
        probability: of the label; None when unscored.
        polarity: p_positive - p_negative; None when unscored.
        words: in the order of the text.
        variants: how many texts were scored to find out.
    """

    model_id: str
    text: str
    label: str
    probability: float | None
    polarity: float | None
    words: tuple[Word, ...]
    variants: int

    def ranked(self) -> list[Word]:
        """The words, those that carried the label first, those that spoke against it last."""
        return sorted(self.words, key=lambda word: (-word.label_weight, word.start))

    def to_json(self) -> dict[str, Any]:
        """Every attribute as plain JSON values."""
        return {**asdict(self), "words": [asdict(word) for word in self.words]}


def explain(scorer: Scorer, text: str, lang: str | None = None) -> Explanation:
    """Answer which words carried the label of `text`: the same answer for the same text, whatever is asked beside it.

    A word's weight is the mean change of the score when it joins some of the others, over every set of others (up to
    eight words) or over a fixed sample of orders and their reverses (more). The weights add up: those of the polarity
    to the text's polarity, those of the label to its probability - 1/3, because a text without words says nothing.
    Total: hostile and long texts cost at most `MOST_VARIANTS` scored texts. A text in a language (ISO 639-1 or a
    source's tag; detected where there is none) that the scorer cannot read is unscored, as it is in the log.
    """
    prepared = prepare(text)
    unscored = Explanation(scorer.model_id, prepared, UNSCORED, None, None, (), 0)
    known = declared(lang) or detected(prepared)
    if scorer.languages and known and known not in scorer.languages:
        return unscored
    whole = scorer(_batch([prepared])).to_pylist()[0]
    if whole["label"] == UNSCORED:
        return unscored
    spans = words(prepared)
    game = _Game(scorer, prepared, spans)
    gains = _exact(game, len(spans)) if len(spans) <= _EXACT else _sampled(game, len(spans))
    at = LABELS.index(whole["label"])
    found = tuple(
        Word(prepared[start:end], start, end, float(gain[2] - gain[0]), float(gain[at]))
        for (start, end), gain in zip(spans, gains, strict=True)
    )
    return Explanation(
        scorer.model_id, prepared, whole["label"], whole[f"p_{whole['label']}"], whole["polarity"], found, game.scored
    )


def words(prepared: str) -> list[Span]:
    """Where the words of a prepared text are: what white space parts, and each emoji and character of a script without.

    No grapheme is cut, so an emoji of several code points stays whole. Of more than `MOST_PARTS` words, neighbours
    are put together.

    >>> text = "so good👍🏽👨‍👩‍👧 很好"
    >>> [text[start:end] for start, end in words(text)]
    ['so', 'good', '👍🏽', '👨‍👩‍👧', '很', '好']
    """
    spans = [match.span() for match in _WORD.finditer(prepared)]
    size = -(-len(spans) // MOST_PARTS) or 1
    return [(spans[at][0], spans[min(at + size, len(spans)) - 1][1]) for at in range(0, len(spans), size)]


def keep(prepared: str, spans: Sequence[Span], kept: Sequence[bool]) -> str:
    """The text without those of `spans` that are not kept, so that what stood on both sides does not grow together.

    >>> keep("not😀good", [(0, 3), (3, 4), (4, 8)], [True, False, True])
    'not good'
    """
    pieces, last = [], 0
    for (start, end), stays in zip(spans, kept, strict=True):
        if not stays:
            pieces += [prepared[last:start], " "]
            last = end
    return " ".join("".join([*pieces, prepared[last:]]).split())


class _Game:
    """What each set of words is worth: probabilities by label, each distinct set scored once."""

    def __init__(self, scorer: Scorer, prepared: str, spans: Sequence[Span]) -> None:
        self._scorer, self._prepared, self._spans = scorer, prepared, spans
        self.scored = 1

    def __call__(self, sets: Masks) -> Floats:
        distinct, places = np.unique(sets, axis=0, return_inverse=True)
        rows = self._scorer(_batch([keep(self._prepared, self._spans, kept) for kept in distinct.tolist()]))
        self.scored += len(distinct)
        columns = [rows[f"p_{label}"].to_numpy(zero_copy_only=False) for label in LABELS]
        worth = np.stack(columns, axis=1).astype(np.float64)
        return np.asarray(np.where(np.isnan(worth), _NOTHING, worth)[places.reshape(-1)])


def _exact(game: Callable[[Masks], Floats], count: int) -> Floats:
    """Shapley values by their definition, over all sets (Shapley 1953)."""
    codes = np.arange(2**count)
    sets = (codes[:, None] >> np.arange(count) & 1).astype(bool)
    worth, sizes = game(sets), sets.sum(axis=1)
    share = np.array([factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)])
    gains = np.empty((count, len(LABELS)))
    for player in range(count):
        without = codes[~sets[:, player]]
        gains[player] = share[sizes[without]] @ (worth[without | 1 << player] - worth[without])
    return gains


def _sampled(game: Callable[[Masks], Floats], count: int) -> Floats:
    """Shapley values as the mean gain over random orders, each with its reverse (Mitchell et al. 2022)."""
    dice = np.random.default_rng(_SEED)
    drawn = [dice.permutation(count) for _ in range(_VARIANTS // (2 * count))]
    orders = np.array([order for pair in drawn for order in (pair, pair[::-1])])
    ranks = orders.argsort(axis=1)
    sets = ranks[:, None, :] < np.arange(count + 1)[None, :, None]
    worth = game(sets.reshape(-1, count)).reshape(len(orders), count + 1, len(LABELS))
    gains = np.diff(worth, axis=1)
    return np.asarray(np.take_along_axis(gains, ranks[:, :, None], axis=1).mean(axis=0))


def _batch(texts: Sequence[str]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(texts, pa.string())], names=["text"])
