"""A fine-tuned checkpoint as a PyTorch network, and that network as a float ONNX graph."""

import contextlib
import io
import logging
import re
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from transformers.utils import logging as transformers_logging

from voxpop.errors import Terminal
from voxpop.training import classifier
from voxpop.training.calibration import softmax
from voxpop.training.halving import halve_graph
from voxpop.training.quantise import Feed
from voxpop.training.stages import Cut, count_tokens_apart

CLOSE = 1e-4
"""The furthest that a probability of the graph may be from the network's own."""

_LARGEST = 1.9e9


@dataclass(frozen=True)
class Graph:
    """A float graph, and whether its attention became one node a layer, which runs faster."""

    model: onnx.ModelProto
    fused: bool


class Logits(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """The classifier with plain tensors for an answer, which is what an exporter can trace."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Wrap `model`."""
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the logits `(rows, labels)`, then those of each exit, then the token states that each exit reads."""
        found = self.model(input_ids=input_ids, attention_mask=attention_mask)
        early = getattr(found, "exit_logits", None) or ()
        return (found.logits, *early, *(getattr(found, "exit_states", None) or ()))


def cuts_of(model: PreTrainedModel) -> list[Cut]:
    """Return where the graph of `model` can be cut: at each of its exits, by the names that `to_onnx` gives them."""
    halved = getattr(model.config, "halve_after", 0)
    return [Cut(layer, f"states_{layer}", f"logits_{layer}", halved) for layer in classifier.exit_layers(model.config)]


def load(directory: Path) -> PreTrainedModel:
    """Return the classifier in `directory`, in evaluation mode, with eager attention, which can be traced.

    Reads safetensors alone and runs no code of the checkpoint.

    Raises:
        Terminal: there are no safetensors, the architecture is unknown, or weights are missing, such as the head's.
    """
    if not list(directory.glob("*.safetensors")):
        raise Terminal(f"{directory.name} has no model.safetensors; use a checkpoint that has")
    with _quiet():
        try:
            config = AutoConfig.from_pretrained(directory, trust_remote_code=False)
            head = (config.architectures or [""])[0]
            kind = getattr(classifier, head, AutoModelForSequenceClassification)
            model, report = kind.from_pretrained(
                directory,
                config=config,
                use_safetensors=True,
                attn_implementation="eager",
                output_loading_info=True,
            )
        except (ValueError, OSError, KeyError, RuntimeError, SafetensorError) as error:
            raise Terminal(f"{directory.name} cannot be opened ({_line(error)}); use another checkpoint") from error
    if missing := sorted(report["missing_keys"]):
        raise Terminal(f"{directory.name} lacks weights ({missing[0]}), so it would guess; fine-tune it first")
    network: PreTrainedModel = model.float().eval()
    return network


def parameters(model: PreTrainedModel, end: int = 0) -> int:
    """Return how many numbers a network is made of, without the layers after layer `end`; 0 takes all."""
    beyond = re.compile(r"\.layers?\.(\d+)\.")
    kept = [(beyond.search(name), weight) for name, weight in model.named_parameters()]
    return sum(weight.numel() for found, weight in kept if not end or not found or int(found[1]) < end)


def write_tokenizer(directory: Path, out: Path) -> None:
    """Write `out/tokenizer.json` for the checkpoint in `directory`, whatever files its tokenizer has.

    Raises:
        Terminal: the tokenizer cannot be opened, or has no form that `tokenizers` runs.
    """
    try:
        with _quiet():
            plain = AutoTokenizer.from_pretrained(directory, trust_remote_code=False).backend_tokenizer
    except (ValueError, OSError, KeyError, ImportError, AttributeError) as error:
        raise Terminal(
            f"the tokenizer of {directory.name} cannot be opened ({_line(error)}); use another checkpoint"
        ) from error
    plain.no_truncation()
    plain.no_padding()
    plain.save(str(out / "tokenizer.json"))


def write_float(directory: Path, path: Path) -> None:
    """Write the checkpoint in `directory` as float ONNX; raises `Terminal` as `load` and `to_onnx` do."""
    onnx.save(to_onnx(load(directory)).model, path)


def to_onnx(model: PreTrainedModel) -> Graph:
    """Return `model` as float ONNX, with attention, layer norms and GELU fused where that keeps its answers.

    Both forms are compared with the network itself on texts of two lengths, with padding.

    Raises:
        Terminal: no graph answers like the network, or it is larger than the 2 GB an ONNX file may have.
    """
    if sum(weight.numel() for weight in model.parameters()) * 4 > _LARGEST:
        raise Terminal("the checkpoint is larger than the 2 GB that one ONNX file may have; use a smaller one")
    feeds = _probes(model)
    expected = [_run(model, feed) for feed in feeds]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "float.onnx"
        _trace(model, path)
        for graph in (_fuse(path, model), Graph(onnx.load(path), fused=False)):
            if graph and (after := getattr(model.config, "halve_after", 0)):
                count_tokens_apart(graph.model.graph)
                halve_graph(graph.model, f"states_{after}", f"logits_{after}")
            if graph and _agrees(graph.model, feeds, expected):
                return graph
    raise Terminal(f"{type(model).__name__} does not answer the same as ONNX; use a checkpoint that has an ONNX file")


def _trace(model: PreTrainedModel, path: Path) -> None:
    ids = torch.arange(4, 36).reshape(2, 16) % model.config.vocab_size
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    names = ["input_ids", "attention_mask"]
    cuts = cuts_of(model)
    heads, states = ["logits", *(cut.logits for cut in cuts)], [cut.states for cut in cuts]
    axes = {name: {0: "rows", 1: "length"} for name in (*names, *states)} | {name: {0: "rows"} for name in heads}
    halving = getattr(model, "halving", None)
    try:
        if halving:
            # The graph is fused first, and halved then: the optimiser does not know a mask that was cut.
            halving.on = False
        torch.onnx.export(
            Logits(model).eval(), (ids, mask), str(path), dynamo=False, opset_version=17,
            input_names=names, output_names=[*heads, *states], dynamic_axes=axes,
        )  # fmt: skip
    except (RuntimeError, ValueError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        raise Terminal(
            f"{type(model).__name__} cannot become ONNX ({_line(error)}); use a checkpoint with an ONNX file"
        ) from error
    finally:
        if halving:
            halving.on = True


def _fuse(path: Path, model: PreTrainedModel) -> Graph | None:
    heads, hidden = (getattr(model.config, name, 0) for name in ("num_attention_heads", "hidden_size"))
    options = FusionOptions("bert")
    options.use_multi_head_attention = True
    # The fused embedding is BERT's: words, positions and segments. Elsewhere it would hide the word table.
    options.enable_embed_layer_norm = model.config.model_type == "bert"
    try:
        fused = optimizer.optimize_model(
            str(path), "bert", num_heads=heads, hidden_size=hidden, optimization_options=options, opt_level=0
        ).model
    except Exception:
        # The optimiser asserts on graphs that it does not know; the graph that was traced is still good.
        return None
    found = sum(node.op_type == "MultiHeadAttention" for node in fused.graph.node)
    return Graph(fused, fused=True) if found == getattr(model.config, "num_hidden_layers", 0) else None


def _agrees(graph: onnx.ModelProto, feeds: Sequence[Feed], expected: Sequence[npt.NDArray[np.float64]]) -> bool:
    try:
        session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        found = [session.run(["logits"], dict(feed))[0].astype(np.float64) for feed in feeds]
    except Exception:
        # A fusion gone wrong shows in ONNX Runtime as one of many exceptions, all of which mean: not this graph.
        return False
    return all(
        float(np.abs(softmax(one) - softmax(two)).max()) < CLOSE for one, two in zip(found, expected, strict=True)
    )


def _run(model: PreTrainedModel, feed: Feed) -> npt.NDArray[np.float64]:
    with torch.inference_mode():
        tensors: dict[str, Any] = {name: torch.from_numpy(values) for name, values in feed.items()}
        logits: npt.NDArray[np.float64] = model(**tensors).logits.double().numpy()
    return logits


def _probes(model: PreTrainedModel) -> list[Feed]:
    draw = np.random.default_rng(1)
    feeds: list[Feed] = []
    for rows, length in ((3, 8), (2, 40)):
        ids = draw.integers(4, model.config.vocab_size, (rows, length))
        mask = np.ones_like(ids)
        mask[1:, length * 5 // 8 :] = 0
        ids[mask == 0] = model.config.pad_token_id or 0
        feeds.append({"input_ids": ids, "attention_mask": mask})
    return feeds


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep to themselves what the libraries say of their own future and progress."""
    disabled, bars = logging.root.manager.disable, transformers_logging.is_progress_bar_enabled()
    logging.disable(logging.WARNING)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        if bars:
            transformers_logging.enable_progress_bar()
