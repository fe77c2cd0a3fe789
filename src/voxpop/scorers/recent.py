"""What a scorer answered lately: reposts and copies of one text come back for hours, and need no second run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Recent:
    """Probabilities by text, of at least the last `size` distinct texts and at most twice as many.

    Two generations instead of a list by age: a full young one becomes the old one, whose texts are forgotten unless
    asked for again. A score is a function of its text alone, so an answer from here equals a fresh one. Threads may
    share it; the worst they do is score a text twice.
    """

    def __init__(self, size: int) -> None:
        """Remember `size` texts, about 300 bytes each; 0 remembers none."""
        self._size = size
        self._young: dict[str, Floats] = {}
        self._old: dict[str, Floats] = {}
        self.asked = 0
        """Texts it was asked for; two threads at once may count short."""
        self.found = 0
        """Texts among them that it knew, or that were asked for twice in one call."""

    def __call__(self, texts: Sequence[str], score: Callable[[list[str]], Floats]) -> Floats:
        """Return the probabilities `(len(texts), 3)`; `score` is called once, with the distinct unknown texts."""
        if not self._size:
            self.asked += len(texts)
            return score(list(texts))
        known: dict[str, Floats] = {}
        unknown: dict[str, None] = {}
        for text in texts:
            found = self._find(text)
            if found is None:
                unknown[text] = None
            else:
                known[text] = found
        self.asked += len(texts)
        self.found += len(texts) - len(unknown)
        if unknown:
            known |= zip(unknown, score(list(unknown)), strict=True)
        for text, chances in known.items():
            self._keep(text, chances)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, 3)

    def __len__(self) -> int:
        """Return how many texts are known."""
        return len(self._young.keys() | self._old.keys())

    def _find(self, text: str) -> Floats | None:
        found = self._young.get(text)
        return found if found is not None else self._old.get(text)

    def _keep(self, text: str, chances: Floats) -> None:
        if len(self._young) >= self._size:
            self._young, self._old = {}, self._young
        self._young[text] = chances
