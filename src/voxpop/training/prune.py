"""Narrow an encoder's feed-forward layers to their most useful neurons: two thirds of a BERT's products are in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from transformers import PreTrainedModel

from voxpop.errors import Terminal

SAMPLE: Final = 512
"""Training rows on which neurons are weighed."""

Pair = tuple[torch.nn.Linear, torch.nn.Linear]
"""A feed-forward layer: `(hidden, neurons)`, then, after the activation, `(neurons, hidden)`."""


def feed_forward(model: PreTrainedModel) -> list[Pair]:
    """Return the feed-forward layers of `model`, from the first encoder layer to the last.

    They are told by their shape, whatever a family calls them: BERT, RoBERTa, XLM-R, ELECTRA and MPNet have two linear
    layers each. Raises `Terminal` for an encoder that is built otherwise, such as ModernBERT with its gates.
    """
    config = model.config
    size, hidden, layers = (
        getattr(config, name, 0) for name in ("intermediate_size", "hidden_size", "num_hidden_layers")
    )
    linear = [part for part in model.modules() if isinstance(part, torch.nn.Linear)]
    ups = [part for part in linear if (part.in_features, part.out_features) == (hidden, size)]
    downs = [part for part in linear if (part.in_features, part.out_features) == (size, hidden)]
    if size == hidden or not len(ups) == len(downs) == layers:
        raise Terminal(f"--ffn cannot tell the feed-forward layers of {config.model_type}; leave it out")
    return list(zip(ups, downs, strict=True))


def check(model: PreTrainedModel, width: int) -> None:
    """Raise `Terminal` where `narrow` cannot make the feed-forward layers of `model` so narrow."""
    if width >= (size := feed_forward(model)[0][0].out_features):
        raise Terminal(f"the feed-forward layers have {size} neurons; give an --ffn below that")


def importance(model: PreTrainedModel, losses: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """Return for each feed-forward layer the worth `(neurons,)` of its neurons, at least 0.

    The worth is how far the loss would move if the neuron were always 0, to first order: the mean over rows of
    |sum over tokens of activation times gradient| (Molchanov et al. 2017; Michel, Levy and Neubig 2019). `losses` are
    means over rows, each computed by `model` while this is iterating; padding must have no gradient.
    """
    pairs = feed_forward(model)
    worth = [torch.zeros(down.in_features) for _, down in pairs]
    caught: list[tuple[int, torch.Tensor]] = []

    def catch(at: int) -> Any:
        def keep(_: torch.nn.Module, given: tuple[torch.Tensor]) -> None:
            given[0].retain_grad()
            caught.append((at, given[0]))

        return keep

    hooks = [down.register_forward_pre_hook(catch(at)) for at, (_, down) in enumerate(pairs)]
    try:
        for loss in losses:
            loss.backward()
            for at, active in caught:
                if active.grad is not None:
                    moved = (active * active.grad).detach().float().sum(1)
                    worth[at] += moved.abs().sum(0).cpu()
            caught.clear()
            model.zero_grad()
    finally:
        for hook in hooks:
            hook.remove()
    return worth


def narrow(model: PreTrainedModel, worth: Iterable[torch.Tensor], width: int) -> None:
    """Keep, in place, the `width` neurons of most worth in each feed-forward layer, and say so in the config.

    The checkpoint that is saved afterwards is a plain one with a smaller `intermediate_size`. Raises as `check` does.
    """
    check(model, width)
    pairs = feed_forward(model)
    for (up, down), each in zip(pairs, worth, strict=True):
        kept = each.topk(width).indices.sort().values.to(up.weight.device)
        up.weight, up.bias = _parameter(up.weight[kept]), _parameter(up.bias[kept])
        down.weight = _parameter(down.weight[:, kept])
        up.out_features = down.in_features = width
    for part in model.modules():
        if isinstance(part, PreTrainedModel):
            part.config.intermediate_size = width


def _parameter(values: torch.Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(values.detach().clone().contiguous())
