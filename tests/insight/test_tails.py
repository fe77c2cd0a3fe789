from __future__ import annotations

import math

import numpy as np
import pytest

from voxpop.insight.tails import mixed_tail, normal_tail, poisson_tail


@pytest.mark.parametrize("z", [-3.0, -0.5, 0.0, 1.0, 3.0, 5.0, 7.0])
def test_the_normal_tail_is_that_of_erfc(z: float) -> None:
    assert normal_tail(np.array([z]))[0] == pytest.approx(math.erfc(z / math.sqrt(2)) / 2, rel=3e-7)


@pytest.mark.parametrize(
    ("least", "mean"), [(1, 0.1), (3, 0.1), (5, 1.0), (20, 5.0), (60, 30.0), (3, 5.0), (150, 100.0)]
)
def test_the_poisson_tail_is_close_to_the_sum_of_its_terms(least: int, mean: float) -> None:
    exact = math.fsum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(least, least + 500))
    assert poisson_tail(np.array([float(least)]), np.array([mean]))[0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize(("mean", "spread"), [(2.0, 0.25), (10.0, 0.25), (100.0, 0.1), (1000.0, 0.5), (1000.0, 0.02)])
def test_the_mixed_tail_is_how_often_drawn_counts_are_as_large(mean: float, spread: float) -> None:
    dice = np.random.default_rng(1)
    sigma = math.sqrt(math.log1p(spread))
    drawn = np.sort(dice.poisson(mean * np.exp(sigma * dice.standard_normal(400_000) - sigma**2 / 2)))
    for share in (0.1, 0.01, 0.001):
        least = float(drawn[int(len(drawn) * (1 - share))])
        seen = float((drawn >= least).mean())
        assert mixed_tail(np.array([least]), np.array([mean]), np.array([spread]))[0] == pytest.approx(seen, rel=0.12)
