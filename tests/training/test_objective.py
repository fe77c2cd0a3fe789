"""The loss beside its definition, computed by hand."""

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")

import torch

from voxpop.training.calibration import softmax
from voxpop.training.objective import Objective, Targets, balanced, disagreement

pytestmark = pytest.mark.train

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.0, 0.0]])
NONE = torch.full((2, 3), float("nan"))
TEACHER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 3.0]])


def divergence(first: list[float], second: list[float]) -> float:
    return sum(p * math.log(p / q) for p, q in zip(first, second, strict=True))


def test_class_weights_weigh_the_true_class() -> None:
    classes = [0, 1]
    weights = balanced([0, 1, 1, 1, 2, 2])
    assert weights == (2.0, 6 / 9, 1.0)
    found = Objective(class_weights=weights)(LOGITS, Targets(torch.tensor(classes), NONE))
    probabilities = softmax(LOGITS.double().numpy())
    by_hand = sum(-weights[at] * math.log(row[at]) for row, at in zip(probabilities, classes, strict=True)) / 2
    assert float(found) == pytest.approx(by_hand, rel=1e-5)


def test_a_teacher_shares_the_loss_of_a_labelled_text_and_has_all_of_an_unlabelled_one() -> None:
    objective = Objective(soft_weight=0.7, temperature=2.0)
    found = objective(LOGITS, Targets(torch.tensor([0, -100]), torch.tensor(TEACHER)))
    teacher, student = softmax(TEACHER, 2.0).tolist(), softmax(LOGITS.double().numpy(), 2.0).tolist()
    hard = -math.log(softmax(LOGITS.double().numpy())[0, 0])
    soft = [4 * divergence(*pair) for pair in zip(teacher, student, strict=True)]
    assert float(found) == pytest.approx((0.3 * hard + 0.7 * soft[0] + soft[1]) / 2, rel=1e-5)


def test_the_gradient_is_finite_where_a_text_has_no_teacher() -> None:
    logits = LOGITS.clone().requires_grad_()
    torch.autograd.backward(Objective(0.05)(logits, Targets(torch.tensor([0, 1]), NONE)))
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_two_passes_that_agree_cost_nothing() -> None:
    assert float(disagreement(LOGITS, LOGITS)) == pytest.approx(0, abs=1e-7)
    assert float(disagreement(LOGITS, LOGITS.flip(1))) > 0.1
