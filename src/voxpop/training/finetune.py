"""Fine-tuning and distillation from end to end: read, teach, train each seed, keep the best weights."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from voxpop import console
from voxpop.errors import Terminal
from voxpop.training import prune
from voxpop.training.classifier import SentimentClassifier, load, load_native
from voxpop.training.corpus import Corpus, apart, read_corpus
from voxpop.training.examples import UNKNOWN, Examples, load_tokenizer, read_as, tokenized
from voxpop.training.plot import plot
from voxpop.training.recipe import Recipe
from voxpop.training.soft import Floats, Teachers, alone, answers, keyed, read_soft, read_topics
from voxpop.training.trainer import RECALL, Rows, SentimentTrainer, measure, quiet, uses_bf16

MOST_AVERAGED = 5
"""Means are tried of at most so many evaluations, besides that of all."""

LIBRARIES = ("voxpop", "torch", "transformers", "accelerate", "tokenizers")


@dataclass(frozen=True)
class Candidate:
    """Weights that may turn out best: the mean of those in `folders`."""

    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    folders: tuple[Path, ...]


def train(recipe: Recipe) -> dict[str, Any]:
    """Train by the recipe, or go on with it; write the best weights to `out/best` and return their figures.

    A run that is finished is answered from `out/best/train.json`. Beside it lie `train.png` and `history.jsonl`.

    Raises:
        Terminal: `out` holds the run of another recipe, or a file of the recipe is missing or does not fit.
        KeyboardInterrupt: it was asked to stop; the same recipe goes on from there.
    """
    quiet()
    out = recipe.running.out
    refuse_another(recipe)
    finished = out / "best" / "train.json"
    if finished.exists():
        return json.loads(finished.read_text(encoding="utf-8"))
    with _counted(out) as started:
        return _trained(recipe, started)


def _trained(recipe: Recipe, started: float) -> dict[str, Any]:
    out = recipe.running.out
    # Both before the texts are read: what is missing is said at once.
    tokenizer = load_tokenizer(recipe.network.base)
    fresh(recipe, tokenizer.sep_token_id)
    rows, dev = data(recipe, tokenizer)
    # Not before: a recipe that does not work must not keep its corrected version out.
    (out / "recipe.json").write_text(json.dumps(recipe.identity(), indent=2) + "\n", encoding="utf-8")
    histories = {}
    for seed in recipe.optimisation.seed:
        model = fresh(recipe, tokenizer.sep_token_id)
        trainer = SentimentTrainer(recipe, model, tokenizer, (rows, dev), (seed, out / f"seed-{seed}"))
        histories[seed] = trainer.run()
        write_history(histories, out)
    plot(histories, out / "train.png")
    figures = {
        "recipe": recipe.flat(),
        "rows": {"labelled": len(rows) - rows.examples.classes.count(UNKNOWN), "dev": len(dev)}
        | {"unlabelled": rows.examples.classes.count(UNKNOWN)},
        "versions": {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        "precision": "bf16" if uses_bf16(recipe.optimisation.precision) else "fp32",
        "threads": torch.get_num_threads(),
    }
    return keep_best(recipe, tokenizer, histories, dev, figures | {"seconds": started})


@contextlib.contextmanager
def _counted(out: Path) -> Iterator[float]:
    """When the run would have begun without its pauses; what was spent is kept, unless it is killed."""
    kept = out / "seconds.txt"
    started = time.monotonic() - (float(kept.read_text(encoding="utf-8")) if kept.exists() else 0.0)
    try:
        yield started
    finally:
        kept.write_text(f"{time.monotonic() - started:.1f}\n", encoding="utf-8")


def refuse_another(recipe: Recipe) -> None:
    """Raise `Terminal` where `out` holds the run of another recipe; make `out` where it is not there."""
    path = recipe.running.out / "recipe.json"
    identity = recipe.identity()
    if path.exists():
        other = json.loads(path.read_text(encoding="utf-8"))
        if changed := sorted(key for key in identity.keys() | other.keys() if identity.get(key) != other.get(key)):
            raise Terminal(
                f"{path.parent} holds a run of another recipe (it differs in {', '.join(changed)}); "
                "remove it, or give another --out"
            )
    path.parent.mkdir(parents=True, exist_ok=True)


def fresh(recipe: Recipe, separator: int | None) -> PreTrainedModel:
    """Return the base under a new head: the same one for every seed, since only then do means of seeds make sense.

    `separator` is the token that ends a topic, for a network that reads pairs.
    """
    torch.manual_seed(recipe.optimisation.seed[0])
    network = recipe.network
    if network.pooling == "native":
        model = load_native(network.base)
    else:
        model = SentimentClassifier.load_base(network.base, network.exit_layer, network.halve_after, network.layers)
    model.config.emoji = network.emoji
    if network.pair != "none":
        model.pair(separator)
    if network.freeze:
        # The recipe asked for the mean of token states, which such a classifier takes.
        model.freeze(network.freeze)
    if network.ffn:
        prune.check(model, network.ffn)
    return model


def data(recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> tuple[Rows, Examples]:
    """Read and tokenize the texts, and ask the teacher. Raises `Terminal` for what is missing or does not fit."""
    corpus = read_corpus(recipe.inputs)
    for name, rows in corpus.added.items():
        console.say(f"{name} adds {rows:,} labelled posts")
    length = recipe.network.max_length
    known = soft_labels(recipe, corpus)
    unlabelled = corpus.unlabelled
    if recipe.distillation.soft and not recipe.inputs.unlabelled:
        unlabelled = apart(alone(known), corpus.train, corpus.dev)
    if known and (without := sum(text not in known for text in unlabelled)):
        if without == len(unlabelled):
            raise Terminal(f"{recipe.distillation.soft} answers none of the unlabelled texts; give their own table")
        console.say(f"{without:,} unlabelled texts have no teacher's answer, and are left out")
        unlabelled = [text for text in unlabelled if text in known]
    texts = corpus.train.texts + unlabelled
    paired = recipe.network.pair != "none"
    topics = corpus.train.topics + [""] * len(unlabelled) if paired else [""] * len(texts)
    nothing = np.full(3, np.nan)
    # Who knows the tone of a text does not know what it says of a topic.
    answered = [known.get(keyed(text, topic), nothing) for text, topic in zip(texts, topics, strict=True)]
    soft = np.stack(answered).astype(np.float32)
    classes = corpus.train.gold + [UNKNOWN] * len(unlabelled)
    both = (texts, topics), (corpus.dev.texts, corpus.dev.topics if paired else [])
    ids, dev_ids = (
        tokenized(tokenizer, read_as(each, recipe.network.emoji), length, read_as(about, recipe.network.emoji))
        for each, about in both
    )
    return Rows(Examples(ids, classes), soft), Examples(dev_ids, corpus.dev.gold)


def soft_labels(recipe: Recipe, corpus: Corpus) -> dict[str, Floats]:
    """Return the teacher's logits by prepared text; none where the recipe has no teacher."""
    distillation = recipe.distillation
    if distillation.soft:
        return read_soft(distillation.soft)
    if not distillation.teacher:
        return {}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    bf16 = uses_bf16(recipe.optimisation.precision)
    teachers = Teachers(distillation.teacher, recipe.network.max_length, device, bf16)
    labelled = corpus.train.texts
    if recipe.network.pair != "none":
        reads = read_topics(distillation.teacher)
        rows = zip(labelled, corpus.train.topics, strict=True)
        labelled = [keyed(text, topic) for text, topic in rows if reads or not topic]
    return answers(teachers, labelled + corpus.unlabelled, recipe.running.out / "soft")


def candidates(histories: dict[int, list[dict[str, Any]]], out: Path) -> Iterator[Candidate]:
    """Yield each evaluation of each seed, and the means of the first and of the last few of a seed.

    Such means generalise better than any one of them where all lie in one basin (Izmailov et al. 2018).
    """
    for seed, entries in histories.items():
        steps = list(dict.fromkeys(entry["step"] for entry in entries if RECALL in entry))
        averaged = sorted({*range(2, min(len(steps), MOST_AVERAGED) + 1), len(steps)} - {1})
        chosen = [[step] for step in steps] + [steps[:count] for count in averaged]
        chosen += [steps[-count:] for count in averaged if count < len(steps)]
        for some in chosen:
            yield Candidate((seed,), tuple(some), tuple(out / f"seed-{seed}" / f"step-{step}" for step in some))


def mean(candidate: Candidate) -> PreTrainedModel:
    """Return the model whose weights are the mean of a candidate's."""
    model = load(candidate.folders[0])
    if len(candidate.folders) > 1:
        states = [load_file(folder / "model.safetensors") for folder in candidate.folders]
        floating = [name for name, values in states[0].items() if values.is_floating_point()]
        means = {name: torch.stack([state[name] for state in states]).mean(0) for name in floating}
        model.load_state_dict(means, strict=False)
    return model


def keep_best(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerBase,
    histories: dict[int, Any],
    dev: Examples,
    figures: dict[str, Any],
) -> dict[str, Any]:
    """Measure every candidate, and over several seeds the mean of each one's best; write the best to `out/best`."""
    out, pad = recipe.running.out, tokenizer.pad_token_id or 0
    scored = [(candidate, measure(mean(candidate), dev, pad)) for candidate in candidates(histories, out)]
    if len(histories) > 1:
        of_seeds = [
            max((pair for pair in scored if pair[0].seeds == (seed,)), key=_rank)[0] for seed in histories
        ]  # fmt: skip
        folders = tuple(folder for candidate in of_seeds for folder in candidate.folders)
        steps = tuple(step for candidate in of_seeds for step in candidate.steps)
        soup = Candidate(tuple(histories), steps, folders)
        scored.append((soup, measure(mean(soup), dev, pad)))
    best = max(scored, key=_rank)
    described = [_described(*pair) for pair in scored]
    figures = {"best": _described(*best), "candidates": described, **figures}
    figures["seconds"] = round(time.monotonic() - figures["seconds"])
    unfinished = out / "best.tmp"
    mean(best[0]).save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    (unfinished / "train.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(out / "best", ignore_errors=True)
    unfinished.rename(out / "best")
    return figures


def write_history(histories: dict[int, list[dict[str, Any]]], out: Path) -> None:
    """Write every log entry of every seed as a line of `out/history.jsonl`."""
    lines = [json.dumps({"seed": seed, **entry}) + "\n" for seed, entries in histories.items() for entry in entries]
    (out / "history.jsonl").write_text("".join(lines), encoding="utf-8")


def _rank(scored: tuple[Candidate, dict[str, float]]) -> tuple[float, float]:
    return scored[1]["macro_recall"], -scored[1]["loss"]


def _described(candidate: Candidate, figures: dict[str, float]) -> dict[str, Any]:
    named = {f"dev_{name}": value for name, value in figures.items()}
    return {"seeds": list(candidate.seeds), "steps": list(candidate.steps), **named}
