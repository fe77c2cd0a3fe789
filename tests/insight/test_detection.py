from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bench.replays import FIRST_DAY, Nations, Shift, World, replay, replay_nations
from voxpop.insight.alerts import Alert
from voxpop.insight.detection import Detection
from voxpop.insight.pulse import EPOCH, MEASURES, STEP, STEPS, STEPS_A_DAY, Counts, Pulse
from voxpop.insight.scan import Learned

WEEKS = 4
AT = 24 * STEPS_A_DAY + 150


def found(pulse: Pulse, days: int = WEEKS * 7) -> list[Alert]:
    detection = Detection(pulse)
    closed = list(detection.days(FIRST_DAY, EPOCH + timedelta(days=FIRST_DAY + days)))
    return [alert for alert in [*closed, *detection.current] if alert.topic != "*"]


def test_stationary_histories_have_less_than_one_false_alert_a_topic_and_week() -> None:
    topics = 5
    assert len(found(replay(World(2_000), topics, WEEKS, seed=5))) < topics * WEEKS / 4


@pytest.mark.parametrize(("measure", "shift"), [("volume", Shift(AT, 36, times=8)), ("net", Shift(AT, 36, net=-0.4))])
def test_a_planted_shift_opens_in_time_and_closes_when_it_is_over(measure: str, shift: Shift) -> None:
    begins = EPOCH + timedelta(days=FIRST_DAY) + AT * STEP
    alerts = [alert for alert in found(replay(World(5_000), 3, WEEKS, 3, shift)) if alert.measure == measure]
    mine = {alert.topic: alert for alert in alerts if begins < alert.first.end <= begins + timedelta(hours=2)}
    assert len(mine) == 3
    for alert in mine.values():
        assert alert.state == "closed" and alert.closed is not None
        assert begins + timedelta(hours=2) < alert.last <= alert.closed < begins + timedelta(hours=7)
        assert alert.direction == ("up" if measure == "volume" else "down")
        assert alert.peak.p <= alert.first.p


def test_what_is_found_does_not_depend_on_where_looking_began() -> None:
    pulse = replay(World(2_000), 2, 16, 8, Shift(100 * STEPS_A_DAY, 40, times=4))
    whole = found(pulse, 16 * 7)
    later = Detection(pulse)
    day = FIRST_DAY + 84
    again = [alert for alert in later.days(day - 28, EPOCH + timedelta(days=FIRST_DAY + 112)) if alert.topic != "*"]
    since = EPOCH + timedelta(days=day)
    assert [one for one in again if one.first.end > since] == [one for one in whole if one.first.end > since] != []


def test_a_day_in_which_nobody_listened_makes_no_alert() -> None:
    pulse = replay(World(3_000), 2, WEEKS, 2)
    gone = slice(20 * 24 + 5, 22 * 24 + 9)
    heard = np.delete(np.arange(len(pulse.hours)), gone)
    steps = pulse.steps.chosen(np.flatnonzero(np.isin(pulse.steps.at // STEPS, pulse.hours[heard])))
    counts = Counts(*(getattr(pulse.by_hour, name)[:, heard] for name in MEASURES))
    without = replace(pulse, hours=pulse.hours[heard], by_hour=counts, steps=steps)
    after = EPOCH + timedelta(days=FIRST_DAY + 20)
    assert [alert for alert in found(without) if after < alert.first.end < after + timedelta(days=3)] == []


def test_a_new_level_that_stays_is_ordinary_after_two_days() -> None:
    shift = Shift(AT - 3 * STEPS_A_DAY, 7 * STEPS_A_DAY, times=4)
    alerts = [alert for alert in found(replay(World(2_000), 2, WEEKS, 3, shift)) if alert.measure == "volume"]
    opened = [alert for alert in alerts if alert.first.end > EPOCH + timedelta(days=FIRST_DAY) + shift.at * STEP]
    assert len(opened) >= 2
    assert all(alert.closed for alert in opened)


@pytest.mark.parametrize("swarm", [1.0, 10.0])
def test_all_countries_of_a_topic_have_less_than_one_false_alert_a_week(swarm: float) -> None:
    """Most of thirty have few posts, each has its own clock, and posts may come ten at once."""
    topics, nations = 3, Nations(World(2_000), swarm=swarm)
    alerts = found(replay_nations(nations, topics, WEEKS, seed=4))
    assert len([alert for alert in alerts if alert.country]) < topics * WEEKS / 2


def test_a_shift_in_one_country_is_told_of_it_alone() -> None:
    shift = Shift(AT, 72, times=12)
    alerts = found(replay_nations(Nations(World(4_000), count=12), 2, WEEKS, 6, (shift, 2)))
    begins = EPOCH + timedelta(days=FIRST_DAY) + AT * STEP
    late = [alert for alert in alerts if alert.country and begins < alert.first.end <= begins + timedelta(hours=6)]
    assert {(alert.topic, alert.country) for alert in late} == {("topic1", "02"), ("topic2", "02")}


def test_posts_that_come_ten_at_once_are_known_to_within_hours_of_a_topic_s_first_day() -> None:
    topics = 6
    alerts = found(replay_nations(Nations(World(2_000), count=3, swarm=10.0), topics, weeks=1, seed=9), days=7)
    assert len([alert for alert in alerts if alert.country is None]) <= topics / 2


def test_a_window_is_judged_by_what_the_day_taught_before_it_began() -> None:
    lessons = np.arange(10.0).reshape(1, 1, 10) * np.ones((5, 2, 1))
    seen = Learned([np.full((5, 2), 100.0)]).with_today(lessons, overlapping=4)
    assert seen[3, 1].tolist() == [100, 100, 100, 100, 100, 101, 103, 106, 110, 115]
    assert (Learned().with_today(lessons[..., :3], overlapping=4) == 0).all()
