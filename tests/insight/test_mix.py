from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.insight.mix import Tally, decompose


@st.composite
def tallies(draw: st.DrawFn) -> dict[str, Tally]:
    found = {}
    for name in draw(st.sets(st.sampled_from(["DE", "FR", "US", "BR", ""]))):
        scored = draw(st.integers(0, 10**9))
        found[name] = Tally(scored, draw(st.integers(-scored, scored)))
    return found


@given(before=tallies(), now=tallies())
def test_the_parts_add_up_to_the_change(before: dict[str, Tally], now: dict[str, Tally]) -> None:
    found = decompose(before, now)
    counts = [sum(tally.scored for tally in window.values()) for window in (before, now)]
    if found is None:
        assert 0 in counts
        return
    nets = [sum(tally.lean for tally in window.values()) / n for window, n in zip((before, now), counts, strict=True)]
    assert found.change == pytest.approx(nets[1] - nets[0], abs=1e-9)
    assert found.mix + found.rate == pytest.approx(found.change, abs=1e-9)
    assert sum(part.mix for part in found.parts) == pytest.approx(found.mix, abs=1e-9)
    assert sum(part.rate for part in found.parts) == pytest.approx(found.rate, abs=1e-9)


@given(before=tallies(), now=tallies())
def test_going_back_undoes_the_change(before: dict[str, Tally], now: dict[str, Tally]) -> None:
    there, back = decompose(before, now), decompose(now, before)
    if there is not None and back is not None:
        assert there.mix == pytest.approx(-back.mix, abs=1e-9)
        assert there.rate == pytest.approx(-back.rate, abs=1e-9)


def test_a_happy_group_that_grows_lifts_the_number_and_a_sad_one_that_shrinks_does_too() -> None:
    found = decompose({"DE": Tally(50, -25), "FR": Tally(50, 25)}, {"DE": Tally(20, -10), "FR": Tally(80, 40)})
    assert found is not None
    assert [part.mix for part in found.parts] == [pytest.approx(0.195), pytest.approx(0.105)]
    assert found.rate == 0


def test_a_group_that_is_new_is_mix() -> None:
    found = decompose({"DE": Tally(100, 0)}, {"DE": Tally(100, 0), "FR": Tally(100, -100)})
    assert found is not None
    assert (found.rate, found.mix) == (0, -0.5)
