"""The temperature: found when it is known, changes no label, and never makes the log loss worse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxpop.metrics import calibration_error
from voxpop.training.calibration import fit_temperature, log_loss, softmax


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found(true: float) -> None:
    draw = np.random.default_rng(1)
    logits = draw.normal(0, 2, (20_000, 3))
    gold = np.array([draw.choice(3, p=chances) for chances in softmax(logits, true)])
    assert fit_temperature(logits, gold) == pytest.approx(true, rel=0.05)
    assert calibration_error(softmax(logits, true), gold) < 0.02


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3))
def test_the_fit_is_no_worse_than_no_temperature(seed: int, spread: float) -> None:
    draw = np.random.default_rng(seed)
    logits, gold = draw.normal(0, spread, (200, 3)), draw.integers(0, 3, 200)
    temperature = fit_temperature(logits, gold)
    assert log_loss(softmax(logits, temperature), gold) <= log_loss(softmax(logits), gold) + 1e-6
    assert (softmax(logits, temperature).argmax(1) == logits.argmax(1)).all()
