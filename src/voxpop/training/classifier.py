"""The network: any encoder, the mean of its token states, one linear layer; or the encoder's own kind of head."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from voxpop.errors import Terminal
from voxpop.scorers.scores import LABELS
from voxpop.training.halving import Halving

NAMES = {"num_labels": len(LABELS), "id2label": dict(enumerate(LABELS))}
NAMES |= {"label2id": {name: at for at, name in enumerate(LABELS)}}


@dataclass
class SentimentOutput(ModelOutput):  # type: ignore[misc, unused-ignore]
    """Logits `(rows, 3)` of the last layer; of each exit layer, its logits and the token states that they read."""

    logits: torch.Tensor | None = None
    exit_logits: tuple[torch.Tensor, ...] | None = None
    exit_states: tuple[torch.Tensor, ...] | None = None


class SentimentClassifier(PreTrainedModel):  # type: ignore[misc, unused-ignore]
    """A sentence encoder with a three-class head over the mean of the tokens that are not padding.

    The mean, rather than the first token's state: sentence encoders were trained to put a sentence's meaning there.
    Its config is the encoder's own, plus `pooling` ("mean"), `halve_after` (see `voxpop.training.halving`), `pair` and
    `separator` (see `pair`), and `exit_layers`. For each exit layer K another head reads the mean of
    `hidden_states[K]`, the states after encoder layer K, so that scoring can stop there.
    """

    config_class = PreTrainedConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True
    _supports_attention_backend = True

    def __init__(self, config: PreTrainedConfig) -> None:
        """Build the layers from `config`; the weights come from `load_base` or `load`."""
        super().__init__(config)
        self.encoder = AutoModel.from_config(config, **_bare(config), **_attention(config))
        self.dropout = torch.nn.Dropout(_dropout(config))
        self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)
        heads = [torch.nn.Linear(config.hidden_size, config.num_labels) for _ in exit_layers(config)]
        self.exit_classifiers = torch.nn.ModuleList(heads)
        after = getattr(config, "halve_after", 0)
        self.halving = Halving(self.encoder, after) if after else None
        self.post_init()

    @classmethod
    def load_base(
        cls, directory: Path | str, exits: tuple[int, ...] = (), halve_after: int = 0, layers: int = 0
    ) -> SentimentClassifier:
        """Return the encoder in `directory` under fresh heads whose classes are `LABELS`. Seed PyTorch first.

        Where a classifier of this kind is there, its head and those of its `exits` are kept: training goes on from it.
        Of its layers the first `layers` stay, 0 for all; the last of them keeps the head that it had as an exit.

        Raises:
            Terminal: there are not so many layers, or no layer that an exit stands for.
        """
        config = load_config(
            directory, pooling="mean", exit_layers=sorted(set(exits)), halve_after=halve_after, **NAMES
        )
        if layers > config.num_hidden_layers:
            raise Terminal(f"{directory} has {config.num_hidden_layers} layers; give --layers up to that")
        config.num_hidden_layers = layers or config.num_hidden_layers
        if max(exits, default=0) >= config.num_hidden_layers:
            most = config.num_hidden_layers - 1
            raise Terminal(f"{directory} has {most + 1} layers; give an --exit-layer from 1 to {most}")
        model = cls(config)
        if cls.__name__ in (config.architectures or ()):
            model._take(load(directory))
            return model
        encoder = AutoModel.from_pretrained(directory, **_bare(config), **_safe(directory))
        model._read(encoder)
        return model

    def _read(self, encoder: PreTrainedModel) -> None:
        """Take over the weights of an encoder that may have more layers."""
        wanted = self.encoder.state_dict().keys()
        self.encoder.load_state_dict({name: each for name, each in encoder.state_dict().items() if name in wanted})

    def _take(self, other: SentimentClassifier) -> None:
        self._read(other.encoder)
        known = dict(zip(exit_layers(other.config), other.exit_classifiers, strict=True))
        head = known.get(self.config.num_hidden_layers, other.classifier)
        self.classifier.load_state_dict(head.state_dict())
        for layer, head in zip(exit_layers(self.config), self.exit_classifiers, strict=True):
            if layer in known:
                head.load_state_dict(known[layer].state_dict())

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **others: Any) -> SentimentOutput:
        """Return logits for token ids and a mask of 1 (token) and 0 (padding), both `(rows, length)`."""
        layers = exit_layers(self.config)
        if self.halving:
            self.halving.mask = attention_mask
        found = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=bool(layers),
            **self._segments(input_ids),
        )  # fmt: skip
        last = self._mask(attention_mask, self.config.num_hidden_layers)
        logits = self.classifier(self.dropout(masked_mean(found.last_hidden_state, last)))
        if not layers:
            return SentimentOutput(logits=logits)
        states = tuple(found.hidden_states[layer] for layer in layers)
        means = [
            masked_mean(*pair) for pair in zip(states, (self._mask(attention_mask, at) for at in layers), strict=True)
        ]
        early = tuple(head(self.dropout(mean)) for head, mean in zip(self.exit_classifiers, means, strict=True))
        return SentimentOutput(logits=logits, exit_logits=early, exit_states=states)

    def pair(self, separator: int | None) -> None:
        """Read texts in pairs from now on: a topic, the token `separator`, the post.

        Raises `Terminal` where the base's tokenizer has no such token.
        """
        if separator is None:
            raise Terminal("--pair needs a base whose tokenizer has a separator; give another --base")
        self.config.pair, self.config.separator = "topic", separator

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and the first encoder `layers` as they are from now on, without dropout; 0 does nothing.

        Raises `Terminal` where the encoder does not keep its layers in a list, or has no layer left to train.
        """
        if not layers:
            return
        found = getattr(getattr(self.encoder, "encoder", None), "layer", None)
        if found is None or layers >= len(found):
            most = f"from 1 to {len(found) - 1}" if found is not None else "0"
            raise Terminal(f"--freeze {layers} does not fit this base; give {most}")
        for part in (self.encoder.embeddings, *found[:layers]):
            part.requires_grad_(False)
            for each in part.modules():
                # Noise in what cannot adapt to it would only hide the input.
                if isinstance(each, torch.nn.Dropout):
                    each.p = 0.0

    def _segments(self, input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
        """Segment 1 after the first separator, where the encoder knows segments; they follow from the ids alone."""
        if pair_of(self.config) == "none" or getattr(self.config, "type_vocab_size", 1) < 2:
            return {}
        ends = (input_ids == self.config.separator).long()
        return {"token_type_ids": (ends.cumsum(1) - ends).clamp(max=1)}

    def _mask(self, attention_mask: torch.Tensor, layer: int) -> torch.Tensor:
        """The mask of the states after `layer`."""
        halving = self.halving
        return attention_mask[:, ::2] if halving and halving.on and layer > halving.after else attention_mask


def masked_mean(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Return the mean `(rows, width)` of those of the states `(rows, length, width)` that are not padding."""
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    return (states * mask).sum(1) / mask.sum(1)


def exit_layers(config: PreTrainedConfig) -> tuple[int, ...]:
    """Return the encoder layers with a head of their own, in order."""
    return tuple(getattr(config, "exit_layers", None) or ())


def pair_of(config: PreTrainedConfig) -> str:
    """Return "topic" for a network that reads a post beside its topic, "none" for one that reads posts alone."""
    return str(getattr(config, "pair", "none"))


def adjust(model: PreTrainedModel, counts: Sequence[int], balance: float) -> None:
    """Move every head of `model` towards rare labels by logit adjustment (Menon et al. 2021, section 4.1), in place.

    `balance` times the logarithm of a label's share, as its `counts` in training have it, is taken from its logit. 1
    gives what is best for macro recall if the model knows the shares exactly; less keeps probabilities nearer to the
    shares. Raises `Terminal` for a head that is not of `SentimentClassifier`, or a label that does not occur.
    """
    if not isinstance(model, SentimentClassifier) or min(counts) == 0:
        raise Terminal("--balance needs a network that voxpop train made, and --data in which every label occurs")
    shares = torch.tensor(counts, dtype=torch.float32) / sum(counts)
    with torch.no_grad():
        for head in (model.classifier, *model.exit_classifiers):
            head.bias.sub_(balance * torch.log(shares / shares[LABELS.index("neutral")]))


def load_native(directory: Path | str) -> PreTrainedModel:
    """Return the encoder in `directory` under a fresh head of its own kind whose classes are `LABELS`."""
    config = load_config(directory, pooling="native", **NAMES)
    return AutoModelForSequenceClassification.from_pretrained(
        directory, config=config, ignore_mismatched_sizes=True, **_safe(directory)
    )


def load(directory: Path | str, **others: Any) -> PreTrainedModel:
    """Reopen a trained classifier of either kind, in float32, its logits in the order of `LABELS`.

    Reads safetensors alone, never a pickle, and runs no code of the directory's. `others` goes to `from_pretrained`,
    such as `attn_implementation="eager"`. A classifier of other origin must call its classes negative, neutral
    and positive in any order, or LABEL_0, LABEL_1, LABEL_2 in that order.

    Raises:
        Terminal: there is no such classifier, or its classes are others.
    """
    config = load_config(directory)
    kind = SentimentClassifier if getattr(config, "pooling", None) == "mean" else AutoModelForSequenceClassification
    order = _order(config, directory)
    try:
        model, found = kind.from_pretrained(
            directory, config=config, output_loading_info=True, **_safe(directory), **others
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise Terminal(f"{directory} holds no classifier in safetensors ({_first(error)}); give another") from error
    if absent := sorted(found["missing_keys"]):
        raise Terminal(f"{directory} has no weights for {', '.join(absent[:3])}; give a fine-tuned classifier")
    if order != list(range(len(LABELS))):
        _permute(model, order)
    model.config.update(NAMES)
    return model


def load_config(directory: Path | str, **others: Any) -> PreTrainedConfig:
    """Return a network's config, with `others` set in it. Raises `Terminal` where the directory holds none."""
    try:
        config = AutoConfig.from_pretrained(directory, local_files_only=Path(directory).is_dir())
    except (OSError, ValueError) as error:
        raise Terminal(f"{directory} holds no model ({_first(error)}); give a directory with config.json") from error
    config.update(others)
    return config


def _safe(directory: Path | str) -> dict[str, Any]:
    # Without the type, a base that was saved in half precision would be trained in it.
    local = Path(directory).is_dir()
    return {"use_safetensors": True, "trust_remote_code": False, "dtype": torch.float32, "local_files_only": local}


def _bare(config: PreTrainedConfig) -> dict[str, Any]:
    kind = AutoModel._model_mapping[type(config)]
    return {"add_pooling_layer": False} if "add_pooling_layer" in inspect.signature(kind).parameters else {}


def _attention(config: PreTrainedConfig) -> dict[str, Any]:
    # This class supports PyTorch's fused attention and passes it on; an encoder such as MPNet refuses it.
    return {} if AutoModel._model_mapping[type(config)]._supports_sdpa else {"attn_implementation": "eager"}


def _dropout(config: PreTrainedConfig) -> float:
    # Each family names it differently.
    for name in ("hidden_dropout_prob", "dropout", "classifier_dropout"):
        if isinstance(found := getattr(config, name, None), float):
            return found
    return 0.1


def _order(config: PreTrainedConfig, directory: Path | str) -> list[int]:
    names = [str(config.id2label.get(at, "")).lower() for at in range(config.num_labels)]
    for wanted in (list(LABELS), ["label_0", "label_1", "label_2"]):
        if sorted(names) == sorted(wanted):
            return [names.index(name) for name in wanted]
    raise Terminal(f"{directory} has the classes {', '.join(names)}; give a model of {', '.join(LABELS)}")


def _permute(model: PreTrainedModel, order: list[int]) -> None:
    layers = [part for part in model.modules() if isinstance(part, torch.nn.Linear) and part.out_features == len(order)]
    with torch.no_grad():
        layers[-1].weight.copy_(layers[-1].weight[order])
        layers[-1].bias.copy_(layers[-1].bias[order])


def _first(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")
