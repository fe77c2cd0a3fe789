"""Export a fine-tuned checkpoint as the one int8 ONNX file that ships: `python -m voxpop.training.export --help`."""

import argparse
import json
import sys
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
from tqdm import tqdm
from transformers import AutoTokenizer, PreTrainedModel

from voxpop.metrics import calibration_error, confusion, macro_recall
from voxpop.scorers.scores import LABELS
from voxpop.training.calibration import fit_temperature, softmax
from voxpop.training.card import card
from voxpop.training.classifier import load
from voxpop.training.examples import Examples, encode, predict
from voxpop.training.quantise import Feed, calibrate, quantise


@dataclass(frozen=True)
class Export:
    """What to export, and the data it is calibrated and measured on."""

    checkpoint: Path
    train: Path
    dev: Path
    out: Path
    name: str = "en-small"
    base_model: str = "sentence-transformers/all-MiniLM-L6-v2"
    licence: str = "Apache-2.0"
    max_length: int = 128
    texts: int = 600


class Logits(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """The classifier with a plain tensor for an answer, which is what an exporter can trace."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Wrap `model`."""
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits `(rows, 3)`."""
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def to_onnx(model: PreTrainedModel) -> onnx.ModelProto:
    """Return `model` as float ONNX with attention, layer norms and GELU fused; `model` must use eager attention."""
    ids = torch.ones(2, 16, dtype=torch.int64)
    names = ["input_ids", "attention_mask"]
    axes = {name: {0: "rows", 1: "length"} for name in names} | {"logits": {0: "rows"}}
    options = FusionOptions("bert")
    options.use_multi_head_attention = True
    heads, hidden = model.config.num_attention_heads, model.config.hidden_size
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The exporter that takes no tracing warns that it is the old one; the fusions do not match the new one's graph.
        warnings.simplefilter("ignore")
        path = str(Path(folder) / "float.onnx")
        torch.onnx.export(
            Logits(model).eval(), (ids, ids), path, dynamo=False, opset_version=17,
            input_names=names, output_names=["logits"], dynamic_axes=axes,
        )  # fmt: skip
        fused = optimizer.optimize_model(
            path, "bert", num_heads=heads, hidden_size=hidden, optimization_options=options, opt_level=0
        )
    found: onnx.ModelProto = fused.model
    attention = sum(node.op_type == "MultiHeadAttention" for node in found.graph.node)
    if attention != model.config.num_hidden_layers:
        raise ValueError(f"attention fused in {attention} layers only: load the checkpoint with eager attention")
    return found


def feeds(examples: Examples) -> Iterator[tuple[int, Feed]]:
    """Yield each row's number and input, alone and padded to a multiple of 8 tokens: what the scorer runs."""
    for row, tokens in enumerate(examples.ids):
        length = -(-len(tokens) // 8) * 8
        ids, mask = np.zeros((1, length), np.int64), np.zeros((1, length), np.int64)
        ids[0, : len(tokens)], mask[0, : len(tokens)] = tokens, 1
        yield row, {"input_ids": ids, "attention_mask": mask}


def run(path: Path, examples: Examples) -> npt.NDArray[np.float64]:
    """Return the ONNX file's logits `(len(examples), 3)`."""
    session = ort.InferenceSession(path)
    logits = np.empty((len(examples), len(LABELS)))
    for row, feed in tqdm(feeds(examples), total=len(examples), desc="measure"):
        logits[row] = session.run(["logits"], dict(feed))[0][0]
    return logits


def measure(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64], gold: list[int]) -> dict[str, Any]:
    """Return the figures of the export: float against int8 logits, and calibration with a temperature fitted here."""
    classes = np.array(gold)
    temperature = fit_temperature(after, classes)
    return {
        "dev_rows": len(gold),
        "dev_macro_recall": round(macro_recall(confusion(gold, after.argmax(1).tolist())), 4),
        "float_macro_recall": round(macro_recall(confusion(gold, before.argmax(1).tolist())), 4),
        "labels_flipped": int((before.argmax(1) != after.argmax(1)).sum()),
        "max_change": round(float(np.abs(softmax(before) - softmax(after)).max()), 4),
        "mean_change": round(float(np.abs(softmax(before) - softmax(after)).mean()), 4),
        "temperature": temperature,
        "ece_before": round(calibration_error(softmax(after), classes), 4),
        "ece_after": round(calibration_error(softmax(after, temperature), classes), 4),
    }


def export(wanted: Export) -> dict[str, Any]:
    """Write `model.onnx`, `tokenizer.json`, `model.json` and `CARD.md` to `wanted.out`; return the figures."""
    tokenizer = AutoTokenizer.from_pretrained(wanted.checkpoint)
    model = load(wanted.checkpoint, attn_implementation="eager").eval()
    dev, train = (encode(tokenizer, path, wanted.max_length) for path in (wanted.dev, wanted.train))
    every = max(1, len(train) // wanted.texts)
    sample = Examples(train.ids[::every][: wanted.texts], train.classes[::every][: wanted.texts])
    wanted.out.mkdir(parents=True, exist_ok=True)
    path = wanted.out / "model.onnx"
    fused = to_onnx(model)
    ranges = calibrate(fused, (feed for _, feed in tqdm(feeds(sample), total=len(sample), desc="calibrate")))
    onnx.save(quantise(fused, ranges, wanted.max_length), path)
    figures = measure(predict(model, dev).double().numpy(), run(path, dev), dev.classes)
    figures |= {"train_rows": len(train), "megabytes": round(path.stat().st_size / 1e6, 1)}
    write_card(wanted, figures)
    plain = tokenizer.backend_tokenizer
    plain.no_truncation()
    plain.no_padding()
    plain.save(str(wanted.out / "tokenizer.json"))
    return figures


def write_card(wanted: Export, figures: dict[str, Any]) -> None:
    """Write the card twice: `model.json`, which the scorer reads, and `CARD.md`, which people do."""
    described = {
        "name": wanted.name,
        "labels": list(LABELS),
        "languages": ["en"],
        "max_length": wanted.max_length,
        "temperature": figures["temperature"],
        "licence": wanted.licence,
        "base_model": wanted.base_model,
        "trained_on": "SemEval-2013..2016 Task 4A",
        "dev": {name: value for name, value in figures.items() if name != "temperature"},
    }
    (wanted.out / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    text = card({**described, **figures, "languages": "English"})
    (wanted.out / "CARD.md").write_text(text, encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.export", description=__doc__)
    options.add_argument("--checkpoint", type=Path, required=True, help="a folder of voxpop train, such as OUT/best")
    options.add_argument("--train", type=Path, required=True, help="the training table: activations are measured on it")
    options.add_argument("--dev", type=Path, required=True, help="the development table: temperature and figures")
    options.add_argument("--out", type=Path, required=True, help="where the four files go")
    options.add_argument("--name", default=Export.name, help="the model's name, the first part of its id")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Export, then print the figures as one line of JSON."""
    figures = export(Export(**vars(parser().parse_args(arguments))))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
