from __future__ import annotations

import numpy as np

from voxpop.insight import odds


def test_a_thing_that_all_say_as_often_is_no_driver() -> None:
    found = odds.compare(np.array([50, 500]), np.array([5, 50]), (1000, 100))
    assert np.abs(found.z).max() < 0.5
    assert found.told().size == 0


def test_few_voices_are_no_proof_and_many_are() -> None:
    found = odds.compare(np.array([3, 60, 0]), np.array([0, 10, 40]), (100, 100))
    assert found.z[0] < 2
    assert found.told().tolist() == [1, 2]
    assert (found.log_odds[1] > 0) and (found.log_odds[2] < 0)


def test_turning_the_groups_round_turns_the_sign() -> None:
    one, other = np.array([30, 4, 7]), np.array([2, 9, 7])
    there, back = odds.compare(one, other, (80, 120)), odds.compare(other, one, (120, 80))
    np.testing.assert_allclose(there.z, -back.z)
    np.testing.assert_allclose(there.log_odds, -back.log_odds)


def test_groups_drawn_alike_differ_in_almost_nothing() -> None:
    """Of 40 pairs of groups that say 2,000 words alike, few name any word at all."""
    rng = np.random.default_rng(7)
    shares = rng.beta(0.5, 30, 2000)
    named = 0
    for _ in range(40):
        one, other = rng.binomial(900, shares), rng.binomial(400, shares)
        kept = one + other >= 5
        named += odds.compare(one[kept], other[kept], (900, 400)).told().size > 0
    assert named <= 5


def test_a_group_without_voices_differs_in_nothing() -> None:
    assert odds.compare(np.array([3]), np.array([0]), (10, 0)).told().size == 0
    assert odds.compare(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), (10, 10)).told().size == 0
