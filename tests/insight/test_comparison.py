from __future__ import annotations

import numpy as np
import pytest

from tests.insight.drawn import BALANCE, correction, windows
from voxpop.insight.comparison import differences, standings
from voxpop.insight.prevalence import estimate


def test_who_is_far_above_leads_and_is_apart() -> None:
    true = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    found = estimate(correction(), windows(true, 2000, np.random.default_rng(1)))
    first, second, third = standings(np.array([50, 900, 50]), found)
    assert first.leads_net == 1 and second.leads_net == 0
    assert second.leads_voice == 1 and second.voice == pytest.approx(0.9)
    assert second.voice_low is not None and second.voice_high is not None
    assert 0.87 < second.voice_low < 0.9 < second.voice_high < 0.93
    assert third.leads_net == 0
    apart = {(one.one, one.other): one.apart for one in differences(found)}
    assert apart == {(0, 1): True, (0, 2): True, (1, 2): False}
    assert differences(found)[0].net == pytest.approx(0.9, abs=0.1)


def test_the_probabilities_of_leading_sum_to_one() -> None:
    found = estimate(correction(), windows(np.tile(BALANCE, (5, 1)), 100, np.random.default_rng(2)))
    standing = standings(np.full(5, 100), found)
    assert sum(one.leads_net or 0 for one in standing) == pytest.approx(1)
    assert sum(one.leads_voice or 0 for one in standing) == pytest.approx(1)
    assert all(0 < (one.leads_net or 0) < 0.8 for one in standing)


def test_comparing_many_topics_makes_none_out_of_chance() -> None:
    """Ten topics alike: that any of the 45 pairs is told to be apart is rarer than one in ten."""
    dice = np.random.default_rng(3)
    wrong = [_any_apart(windows(np.tile(BALANCE, (10, 1)), 200, dice)) for _ in range(60)]
    assert np.mean(wrong) <= 0.15


def _any_apart(cells: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    return any(one.apart for one in differences(estimate(correction(), cells)))


def test_topics_without_posts_have_no_standing() -> None:
    found = estimate(correction(), np.zeros((2, 6)))
    assert all(one.voice is None and one.leads_net is None for one in standings(np.zeros(2, dtype=np.int64), found))
    assert differences(found) == []
    half = estimate(correction(), np.array([[0.0] * 6, [9, 9, 9, 9, 9, 9]]))
    first, second = standings(np.array([0, 54]), half)
    assert first.leads_net is None and second.leads_net == 1
