"""Fine-tune a BERT encoder on three-class sentiment: `python -m voxpop.training.finetune --help`."""

import argparse
import dataclasses
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from transformers import AutoTokenizer, PreTrainedTokenizerBase, get_linear_schedule_with_warmup

from voxpop.labelled import read_labelled
from voxpop.metrics import confusion, macro_recall
from voxpop.scorers.scores import LABELS
from voxpop.text import prepare
from voxpop.training.classifier import SentimentBert


@dataclass(frozen=True)
class Recipe:
    """How to train. Two runs with one recipe, one machine and one thread count give the same weights."""

    train: Path
    dev: Path
    base: Path
    out: Path
    epochs: int = 3
    seed: int = 1
    rate: float = 1e-4
    batch: int = 32
    max_length: int = 64
    smoothing: float = 0.05
    warmup: float = 0.06
    decay: float = 0.01


@dataclass(frozen=True)
class Examples:
    """Token ids and class indices, row by row."""

    ids: list[list[int]]
    classes: list[int]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.classes)


def encode(tokenizer: PreTrainedTokenizerBase, path: Path, max_length: int) -> Examples:
    """Read a labelled table and tokenize its prepared texts, each cut to `max_length` tokens."""
    labelled = read_labelled(path)
    encoded = tokenizer([prepare(text) for text in labelled.texts], truncation=True, max_length=max_length)
    return Examples(list(encoded["input_ids"]), labelled.gold)


def bucketed(examples: Examples, size: int, shuffle: random.Random | None) -> Iterator[list[int]]:
    """Yield row indices in batches of rows of like length; with `shuffle`, in random order, else by length."""
    order = list(range(len(examples)))
    if shuffle is None:
        order.sort(key=lambda row: len(examples.ids[row]))
        yield from (order[start : start + size] for start in range(0, len(order), size))
        return
    shuffle.shuffle(order)
    window = size * 50
    batches = []
    for start in range(0, len(order), window):
        near = sorted(order[start : start + window], key=lambda row: len(examples.ids[row]))
        batches += [near[at : at + size] for at in range(0, len(near), size)]
    shuffle.shuffle(batches)
    yield from batches


def padded(rows: Sequence[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and attention mask, both `(len(rows), longest)` int64."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def predict(model: SentimentBert, examples: Examples, pad: int = 0, batch: int = 64) -> torch.Tensor:
    """Return the logits `(len(examples), 3)` in float32, in the order of the rows."""
    model.eval()
    logits = torch.empty(len(examples), len(LABELS))
    for rows in bucketed(examples, batch, None):
        ids, mask = padded([examples.ids[row] for row in rows], pad)
        with torch.inference_mode():
            logits[rows] = model(input_ids=ids, attention_mask=mask).logits.float()
    return logits


class Trainer:
    """Trains by the epoch and writes `out/epoch-N` after each, from which a later run of the same recipe resumes."""

    def __init__(self, recipe: Recipe) -> None:
        """Load the base model and the data. Raises `OSError` where a file of the recipe is missing."""
        self.recipe = recipe
        torch.manual_seed(recipe.seed)
        self.tokenizer = AutoTokenizer.from_pretrained(recipe.base)
        self.model = SentimentBert.load_base(recipe.base)
        self.train = encode(self.tokenizer, recipe.train, recipe.max_length)
        self.dev = encode(self.tokenizer, recipe.dev, recipe.max_length)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        self.steps = -(-len(self.train) // recipe.batch)
        total = self.steps * recipe.epochs
        self.schedule = get_linear_schedule_with_warmup(self.optimizer, int(total * recipe.warmup), total)
        self.recalls: list[float] = []

    def run(self) -> dict[str, Any]:
        """Train the epochs that are missing, write the best weights to `out/best`, return their figures on dev.

        Candidates are each epoch and the mean weights of the first 2, 3, … epochs, which generalise better than any one
        of them where all lie in one basin (Izmailov et al. 2018).
        """
        self.resume()
        for epoch in range(len(self.recalls) + 1, self.recipe.epochs + 1):
            self.one_epoch(epoch)
            self.recalls.append(self.recall(self.model))
            self.save(epoch)
        every = range(1, self.recipe.epochs + 1)
        candidates = [[epoch] for epoch in every] + [list(every)[:count] for count in every[1:]]
        recalls = [*self.recalls, *(self.recall(self.mean(epochs)) for epochs in candidates[self.recipe.epochs :])]
        best = recalls.index(max(recalls))
        self.mean(candidates[best]).save_pretrained(self.recipe.out / "best")
        self.tokenizer.save_pretrained(self.recipe.out / "best")
        scored = [
            {"epochs": epochs, "dev_macro_recall": recall} for epochs, recall in zip(candidates, recalls, strict=True)
        ]
        return {"best": scored[best], "candidates": scored}

    def recall(self, model: SentimentBert) -> float:
        """Return the macro recall of `model` on dev."""
        logits = predict(model, self.dev, self.tokenizer.pad_token_id)
        return macro_recall(confusion(self.dev.classes, logits.argmax(1).tolist()))

    def mean(self, epochs: Sequence[int]) -> SentimentBert:
        """Return the model whose weights are the mean of those after `epochs`."""
        models = [SentimentBert.from_pretrained(self.recipe.out / f"epoch-{epoch}") for epoch in epochs]
        states = [model.state_dict() for model in models]
        mean = {name: sum(state[name] for state in states) / len(states) for name in states[0]}
        models[0].load_state_dict(mean)
        return models[0]

    def one_epoch(self, epoch: int) -> None:
        """Go once over the training rows, in an order that seed and epoch alone decide."""
        torch.manual_seed(self.recipe.seed * 1000 + epoch)
        order = random.Random(self.recipe.seed * 1000 + epoch)
        self.model.train()
        batches = bucketed(self.train, self.recipe.batch, order)
        bar = tqdm(batches, total=self.steps, desc=f"epoch {epoch}/{self.recipe.epochs}", mininterval=5)
        for count, rows in enumerate(bar):
            loss = self.step(rows)
            if count % 20 == 0:
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def step(self, rows: list[int]) -> float:
        """Take one optimiser step on these training rows and return the loss."""
        ids, mask = padded([self.train.ids[row] for row in rows], self.tokenizer.pad_token_id)
        gold = torch.tensor([self.train.classes[row] for row in rows])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(input_ids=ids, attention_mask=mask).logits
        smoothing = self.recipe.smoothing
        loss = torch.nn.functional.cross_entropy(logits.float(), gold, label_smoothing=smoothing)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def save(self, epoch: int) -> None:
        """Write the epoch's checkpoint; it appears whole or not at all."""
        target, unfinished = self.recipe.out / f"epoch-{epoch}", self.recipe.out / f"epoch-{epoch}.tmp"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.model.save_pretrained(unfinished)
        self.tokenizer.save_pretrained(unfinished)
        state = {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        state |= {"recalls": self.recalls, "recipe": describe(self.recipe)}
        torch.save(state, unfinished / "state.pt")
        unfinished.rename(target)

    def resume(self) -> None:
        """Continue after the last finished epoch. Raises `ValueError` if `out` holds the run of another recipe."""
        finished = sorted(self.recipe.out.glob("epoch-*[0-9]"), key=lambda path: int(path.name.split("-")[1]))
        if not finished:
            return
        state = torch.load(finished[-1] / "state.pt", weights_only=True)
        if state["recipe"] != describe(self.recipe):
            raise ValueError(f"{self.recipe.out} holds a run of another recipe: remove it, or give another --out")
        self.model = SentimentBert.from_pretrained(finished[-1])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.recipe.rate, weight_decay=self.recipe.decay)
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.optimizer = self.optimizer
        self.schedule.load_state_dict(state["schedule"])
        self.recalls = state["recalls"]


def describe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as plain values, without its folders: what two runs must share to be one."""
    plain = dataclasses.asdict(recipe)
    return {name: value for name, value in plain.items() if not isinstance(value, Path)}


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser: one option per field of `Recipe`."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.finetune", description=__doc__)
    for field in dataclasses.fields(Recipe):
        if field.type is Path:
            options.add_argument(f"--{field.name}", type=Path, required=True)
        else:
            kind = type(field.default)
            options.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, then print the figures as one line of JSON."""
    started = time.monotonic()
    recipe = Recipe(**vars(parser().parse_args(arguments)))
    figures = Trainer(recipe).run()
    figures |= {"recipe": describe(recipe), "seconds": round(time.monotonic() - started)}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
