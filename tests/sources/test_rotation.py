from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from voxpop.sources.rotation import Pace, Rotation, retry_after


def failing(rotation: Rotation, times: int) -> list[tuple[str, float]]:
    picks = []
    for _ in range(times):
        host, wait = rotation.pick()
        picks.append((host, wait))
        rotation.failed(host)
    return picks


def test_hosts_take_turns() -> None:
    picks = failing(Rotation(["a", "b", "c"], Pace(1, 60)), 7)
    assert [host for host, _ in picks] == ["a", "b", "c", "a", "b", "c", "a"]


def test_waits_double_up_to_the_most_with_jitter() -> None:
    waits = [wait for _, wait in failing(Rotation(["a", "b"], Pace(1, 8)), 8)]
    assert waits[0] == 0
    for wait, longest in zip(waits[1:], [1, 2, 4, 8, 8, 8, 8], strict=True):
        assert longest / 2 <= wait <= longest
    assert len(set(waits)) == len(waits)


def test_a_healthy_connection_makes_all_failures_forgotten() -> None:
    rotation = Rotation(["a", "b"], Pace(1, 600))
    failing(rotation, 9)
    rotation.healthy()
    assert rotation.pick()[1] == 0


def test_a_host_that_asks_to_wait_is_left_alone_while_others_are_tried() -> None:
    rotation = Rotation(["a", "b"], Pace(0.001, 0.002))
    rotation.failed("a", 120)
    assert rotation.pick()[0] == "b"
    rotation.failed("b")
    assert rotation.pick()[0] == "b"
    rotation.failed("b", 60)
    host, wait = rotation.pick()
    assert host == "b" and 50 < wait <= 60


def test_nobody_can_make_us_wait_for_ever() -> None:
    rotation = Rotation(["a"], Pace(most_asked=10))
    rotation.failed("a", 1e9)
    assert rotation.pick()[1] <= 10


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e400", "²"])
def test_a_retry_after_that_is_none_is_none(value: str) -> None:
    assert retry_after(value) is None


def test_a_retry_after_may_be_a_date() -> None:
    assert 50 < (retry_after(formatdate(time.time() + 60, usegmt=True)) or 0) <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
