from __future__ import annotations

import math

import numpy as np
import pytest

from voxpop.metrics import Answers
from voxpop.quantification import averages, by_topic

NEGATIVE, NEUTRAL, POSITIVE, UNSCORED = range(4)


def answers(*pairs: tuple[int, int]) -> Answers:
    gold, chosen = np.array(pairs).T
    return Answers(gold, chosen, np.full((len(pairs), 3), np.nan))


def test_errors_of_a_topic_are_those_worked_out_by_hand() -> None:
    """Four polar posts, one positive; two of them answered positive, two negative: epsilon is 1/8."""
    told = answers((POSITIVE, POSITIVE), (NEGATIVE, POSITIVE), (NEGATIVE, NEGATIVE), (NEGATIVE, NEGATIVE))
    (share,) = by_topic(told, ["gta"] * 4)
    p, q = ((0.75 + 1 / 8) / 1.25, (0.25 + 1 / 8) / 1.25), ((0.5 + 1 / 8) / 1.25, (0.5 + 1 / 8) / 1.25)
    assert (share.n, share.true, share.estimated) == (4, 0.25, 0.5)
    assert share.errors["ae"] == pytest.approx(0.25)
    assert share.errors["kld"] == pytest.approx(p[0] * math.log(p[0] / q[0]) + p[1] * math.log(p[1] / q[1]))
    assert share.errors["rae"] == pytest.approx((abs(q[0] - p[0]) / p[0] + abs(q[1] - p[1]) / p[1]) / 2)


def test_neutral_and_unscored_answers_and_neutral_posts_have_no_part() -> None:
    told = answers((POSITIVE, POSITIVE), (NEGATIVE, NEUTRAL), (NEGATIVE, UNSCORED), (NEUTRAL, NEGATIVE))
    (share,) = by_topic(told, ["gta"] * 4)
    assert (share.n, share.estimated) == (3, 1.0)
    assert share.true == pytest.approx(1 / 3)


def test_a_topic_with_no_polar_answer_is_estimated_at_a_half() -> None:
    (share,) = by_topic(answers((POSITIVE, NEUTRAL)), ["gta"])
    assert share.estimated == 0.5
    assert all(math.isfinite(error) for error in share.errors.values())


def test_errors_are_averaged_over_topics_not_posts() -> None:
    told = answers((POSITIVE, POSITIVE), (POSITIVE, POSITIVE), (NEGATIVE, NEGATIVE), (POSITIVE, NEGATIVE))
    shares = by_topic(told, ["a", "a", "a", "b"])
    assert [share.topic for share in shares] == ["a", "b"]
    assert averages(shares)["ae"] == pytest.approx((0 + 1) / 2)


def test_posts_without_a_topic_and_topics_without_a_polar_post_are_left_out() -> None:
    told = answers((POSITIVE, POSITIVE), (NEUTRAL, POSITIVE))
    assert by_topic(told, [None, "quiet"]) == []
    assert averages([]) == {}
