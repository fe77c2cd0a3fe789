"""The quantifiers that Voxpop is measured beside answer what QuaPy, the reference implementation, answers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from bench.quantifiers import METHODS, Floats, Ints, emq


@pytest.fixture(scope="module")
def aggregative() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("quapy.method.aggregative", reason="install the extra dev")


def posts(shares: Floats, n: int, seed: int) -> tuple[Floats, Ints]:
    """Posts of a class balance with probabilities that are right for an even one."""
    dice = np.random.default_rng(seed)
    gold = dice.choice(3, n, p=shares)
    logits = 1.2 * np.eye(3)[gold] + dice.normal(size=(n, 3)) * 0.8
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), gold


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.98, 0.01, 0.01]])
@pytest.mark.parametrize("name", ["CC", "PCC", "ACC", "PACC"])
@pytest.mark.filterwarnings("ignore")
def test_counts_are_those_of_quapy(aggregative: Any, name: str, shares: list[float]) -> None:
    labelled, gold = posts(np.full(3, 1 / 3), 3000, 1)
    window, _ = posts(np.array(shares), 400, 2)
    ours = METHODS[name](window, labelled, gold)
    crisp = name in ("CC", "ACC")
    given: dict[str, Any] = {"classifier": LogisticRegression().fit(np.eye(3), [0, 1, 2]), "fit_classifier": False}
    inside = name in ("ACC", "PACC") and ours.min() > 1e-6
    # Inside the simplex the least squares are an exact solution; at its edge QuaPy's search is good to three digits.
    theirs = getattr(aggregative, name)(**given, **({"solver": "exact-raise"} if inside else {}))
    theirs.aggregation_fit(labelled.argmax(axis=1) if crisp else labelled, gold)
    found = theirs.aggregate(window.argmax(axis=1) if crisp else window)
    assert ours == pytest.approx(found, abs=2e-3 if ours.min() <= 1e-6 else 1e-6)


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
@pytest.mark.filterwarnings("ignore")
def test_emq_is_that_of_quapy(aggregative: Any, shares: list[float]) -> None:
    labelled, gold = posts(np.array([0.2, 0.5, 0.3]), 3000, 1)
    window, _ = posts(np.array(shares), 400, 2)
    theirs, _ = aggregative.EMQ.EM(np.bincount(gold) / len(gold), window)
    assert emq(window, labelled, gold) == pytest.approx(theirs, abs=1e-12)
