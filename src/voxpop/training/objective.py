"""The loss: true labels, a teacher's probabilities, an early exit, and agreement between two passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from voxpop.scorers.scores import LABELS
from voxpop.training.examples import UNKNOWN


@dataclass(frozen=True)
class Targets:
    """What a batch should answer.

    Attributes:
        classes: `(rows,)` int64, indices in `LABELS` or `UNKNOWN`.
        soft: `(rows, 3)` the teacher's logits, NaN in rows without.
    """

    classes: torch.Tensor
    soft: torch.Tensor


@dataclass(frozen=True)
class Objective:
    """The loss of a batch, a mean over its rows.

    A row with a label and a teacher's answer costs `(1 - a) CE + a T^2 KL(teacher_T || student_T)`, one without an
    answer `CE`, one without a label `T^2 KL` (Hinton, Vinyals and Dean 2015, with a = `soft_weight`). CE has label
    smoothing and class weights; the weights of "balanced" have the mean 1 over the training rows, so rows are averaged
    as they are.
    """

    smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    soft_weight: float = 0.7
    temperature: float = 2.0

    def __call__(self, logits: torch.Tensor, targets: Targets) -> torch.Tensor:
        """Return the loss of `logits` `(rows, 3)`."""
        weights = None if self.class_weights is None else torch.tensor(self.class_weights, device=logits.device)
        taught = ~targets.soft.isnan().any(1)
        labelled = targets.classes != UNKNOWN
        share = torch.where(labelled, self.soft_weight, 1.0) * taught
        hard = functional.cross_entropy(
            logits, targets.classes, weight=weights, label_smoothing=self.smoothing,
            ignore_index=UNKNOWN, reduction="none",
        )  # fmt: skip
        soft = divergence(targets.soft.nan_to_num() / self.temperature, logits / self.temperature)
        return ((1 - share) * hard + share * self.temperature**2 * soft).mean()


def divergence(teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """Return KL(teacher || student) of each row of logits, `(rows,)`, in nats."""
    student_log, teacher_log = functional.log_softmax(student, 1), functional.log_softmax(teacher, 1)
    return functional.kl_div(student_log, teacher_log, reduction="none", log_target=True).sum(1)


def disagreement(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return R-Drop's symmetric divergence of two passes with different dropout (Liang et al. 2021, equation 3)."""
    return ((divergence(first, second) + divergence(second, first)) / 2).mean()


def balanced(classes: Sequence[int]) -> tuple[float, ...]:
    """Return a weight for each label, rows / (labels x rows of that label), 0 where it does not occur.

    >>> balanced([0, 0, 0, 1, 1, 2])
    (0.6666666666666666, 1.0, 2.0)
    """
    known = [at for at in classes if at != UNKNOWN]
    counts = [known.count(at) for at in range(len(LABELS))]
    return tuple(len(known) / (len(LABELS) * count) if count else 0.0 for count in counts)
