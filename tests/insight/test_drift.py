"""The detector of drift: silent on what is alike, sure of what is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from voxpop.insight.drift import FEWEST, LIMIT, Drift, stability

NORMAL = {"en": 900, "de": 80, "unknown": 20}


def drawn(shares: Mapping[str, float], n: int, seed: int) -> list[str]:
    chances = np.array(list(shares.values()))
    return [str(name) for name in np.random.default_rng(seed).choice(list(shares), n, p=chances / chances.sum())]


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_like_its_reference_is_never_called_drifted(seed: int) -> None:
    detector = Drift(dict(NORMAL), window=500)
    for name in drawn(dict(NORMAL), 5_000, seed):
        detector.update(name)
        assert not detector.drift_detected
    assert abs(detector.index) < 0.05


def test_a_change_is_detected_within_a_window_and_its_end_too() -> None:
    detector = Drift(dict(NORMAL), window=500)
    found = []
    for name in [*drawn(NORMAL, 1_000, 1), *drawn({"en": 5, "pt": 5}, 1_000, 2), *drawn(NORMAL, 1_000, 3)]:
        detector.update(name)
        found.append(detector.drift_detected)
    assert 1_000 < found.index(True) < 1_200
    assert found[1_999] and not found[2_999]


def test_few_observations_are_no_drift() -> None:
    detector = Drift(dict(NORMAL))
    for _ in range(FEWEST - 1):
        detector.update("xx")
    detector.look()
    assert detector.index > LIMIT and not detector.drift_detected
    detector.update("xx")
    detector.look()
    assert detector.drift_detected


def test_chance_is_taken_off() -> None:
    indices = []
    for seed in range(200):
        one, other = (drawn(dict.fromkeys("abcdefgh", 1.0), 200, 2 * seed + at) for at in (0, 1))
        indices.append(stability(*({name: half.count(name) for name in "abcdefgh"} for half in (one, other))))
    assert abs(float(np.mean(indices))) < 0.01
    assert stability({}, {"a": 3}) == 0
