"""One training run on `transformers.Trainer`, which goes on where it was stopped."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import transformers
from torch.utils.data import Dataset, Sampler
from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback, TrainerControl, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from voxpop import console
from voxpop.metrics import confusion, macro_recall
from voxpop.training.examples import Examples, padded, predict, shuffled
from voxpop.training.objective import Objective, Targets, balanced, disagreement
from voxpop.training.progress import bar
from voxpop.training.prune import SAMPLE, importance, narrow
from voxpop.training.recipe import Recipe

RECALL = "eval_macro_recall"


@dataclass(frozen=True)
class Rows(Dataset[dict[str, Any]]):  # type: ignore[misc, unused-ignore]
    """Training rows: token ids, classes, and the teacher's logits `(rows, 3)`, NaN where there are none."""

    examples: Examples
    soft: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.examples)

    def __getitem__(self, row: int) -> dict[str, Any]:
        """Return one row as the collator takes it."""
        return {"ids": self.examples.ids[row], "label": self.examples.classes[row], "soft": self.soft[row]}


@dataclass(frozen=True)
class Padding:
    """Makes a batch of rows, as long as its longest."""

    pad: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return ids and mask `(rows, longest)`, classes `(rows,)` and teacher's logits `(rows, 3)`."""
        ids, mask = padded([row["ids"] for row in rows], self.pad)
        soft = torch.from_numpy(np.stack([row["soft"] for row in rows]))
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": torch.tensor([r["label"] for r in rows]),
            "soft": soft,
        }


class Bucketed(Sampler[int]):  # type: ignore[misc, unused-ignore]
    """Rows in batches of like length, in an order that seed and epoch alone decide.

    The epoch comes from the trainer's own count of steps, so that a run that goes on meets the order it left.
    """

    def __init__(self, trainer: SentimentTrainer) -> None:
        self._trainer = trainer

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._trainer.rows)

    def __iter__(self) -> Iterator[int]:
        """Yield the rows of the epoch that the trainer is in."""
        size = self._trainer.args.per_device_train_batch_size
        epoch = self._trainer.state.global_step // -(-len(self) // size)
        lengths = [len(ids) for ids in self._trainer.rows.examples.ids]
        return iter(shuffled(lengths, size, self._trainer.args.seed * 1000 + epoch))


class SentimentTrainer(transformers.Trainer):  # type: ignore[misc, unused-ignore]
    """Trains one seed in `folder`: checkpoints to go on from, and the weights of each evaluation in `step-N`."""

    def __init__(
        self, recipe: Recipe, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, data: tuple[Rows, Examples],
        run: tuple[int, Path],
    ) -> None:  # fmt: skip
        self.recipe = recipe
        self.rows, self.dev = data
        seed, self.folder = run
        self.bf16 = uses_bf16(recipe.optimisation.precision)
        optimisation, distillation = recipe.optimisation, recipe.distillation
        weights = balanced(self.rows.examples.classes) if optimisation.class_weights == "balanced" else None
        self.objective = Objective(
            optimisation.smoothing, weights, distillation.soft_weight, distillation.temperature
        )  # fmt: skip
        self.stop = Stop()
        self.control = TrainerControl()
        super().__init__(
            model=model, args=arguments(recipe, seed, self.folder, len(self.rows)), train_dataset=self.rows,
            eval_dataset=self.dev, data_collator=Padding(tokenizer.pad_token_id or 0), processing_class=tokenizer,
            callbacks=[Watch(recipe, seed), self.stop],
        )  # fmt: skip
        for printed in (PrinterCallback, ProgressCallback):
            self.remove_callback(printed)

    def compute_loss(
        self, model: PreTrainedModel, inputs: dict[str, torch.Tensor], return_outputs: bool = False, **others: Any
    ) -> Any:
        """Return the loss of a batch, with the logits where the trainer asks for them."""
        targets = Targets(inputs["labels"], inputs["soft"].float())
        first = self._logits(model, inputs)
        loss = self._loss(first, targets)
        if self.recipe.optimisation.r_drop:
            second = self._logits(model, inputs)
            loss = (loss + self._loss(second, targets)) / 2
            loss = loss + self.recipe.optimisation.r_drop * disagreement(first[0], second[0])
        return (loss, {"logits": first[0]}) if return_outputs else loss

    def _logits(self, model: PreTrainedModel, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        with torch.autocast(inputs["input_ids"].device.type, torch.bfloat16, enabled=self.bf16):
            found = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        return [found.logits.float(), *(early.float() for early in getattr(found, "exit_logits", None) or ())]

    def _loss(self, logits: list[torch.Tensor], targets: Targets) -> torch.Tensor:
        last, *early = (self.objective(each, targets) for each in logits)
        return last + self.recipe.optimisation.deep * sum(early)

    def evaluate(self, *given: Any, **named: Any) -> dict[str, float]:
        """Measure the weights on the development texts and keep them as `step-N`."""
        figures = measure(self.model, self.dev, self.processing_class.pad_token_id or 0)
        target = self.folder / f"step-{self.state.global_step}"
        unfinished = target.with_suffix(".tmp")
        self.model.save_pretrained(unfinished)
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
        logged = {f"eval_{name}": value for name, value in figures.items()}
        self.log(logged)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, logged)
        return logged

    def run(self) -> list[dict[str, Any]]:
        """Train to the end, from the last checkpoint where there is one; return the log, entry by entry.

        Raises:
            KeyboardInterrupt: it was asked to stop, and has saved where it is.
        """
        finished = self.folder / "log.json"
        if finished.exists():
            return json.loads(finished.read_text(encoding="utf-8"))
        if width := self.recipe.network.ffn:
            # Before the optimiser is made and a checkpoint read: both must meet the narrow layers.
            narrow(self.model, importance(self.model, self._sampled()), width)
        previous = signal.signal(signal.SIGINT, self.stop.ask)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.train(resume_from_checkpoint=last_checkpoint(self.folder))
        finally:
            signal.signal(signal.SIGINT, previous)
        if self.stop.asked:
            console.say(f"stopped at step {self.state.global_step} of {self.state.max_steps}; the same command goes on")
            raise KeyboardInterrupt
        finished.write_text(json.dumps(self.state.log_history), encoding="utf-8")
        for checkpoint in self.folder.glob("checkpoint-*"):
            shutil.rmtree(checkpoint)
        return self.state.log_history

    def _sampled(self) -> Iterator[torch.Tensor]:
        # The same rows whatever the seed, so that seeds lose the same neurons and can be averaged.
        rows = range(0, len(self.rows), max(1, len(self.rows) // SAMPLE))
        order = sorted(rows, key=lambda row: len(self.rows.examples.ids[row]))
        size = self.args.per_device_train_batch_size
        self.model.eval()
        for start in range(0, len(order), size):
            batch = self.data_collator([self.rows[row] for row in order[start : start + size]])
            yield self.compute_loss(self.model, self._prepare_inputs(batch))

    def _get_train_sampler(self, train_dataset: Any = None) -> Bucketed:
        return Bucketed(self)


class Stop(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Turns Ctrl-C into a checkpoint after the step under way; a second one ends the run at once."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        console.say("stopping after this step; press Ctrl-C again to stop without saving")

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Save and stop, when asked."""
        if self.asked:
            control.should_save = control.should_training_stop = True


class Watch(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Shows progress, evaluates at the very end, and stops where nothing has got better for long enough."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self._running = recipe.running
        self._seed = seed
        self._bar: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Open the bar where the run is."""
        self._bar = bar(f"seed {self._seed}", state.max_steps, "step")
        self._bar.update(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Move the bar; the last step is always evaluated."""
        self._bar.update(1)
        if state.global_step >= state.max_steps and self._running.evaluate:
            control.should_evaluate = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **others: Any) -> None:
        """Show the loss."""
        if logs and "loss" in logs and self._bar is not None:
            self._bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **others: Any) -> None:
        """Say the figures, and stop where patience is at its end."""
        figures = f"dev macro recall {metrics[RECALL]:.4f}, loss {metrics['eval_loss']:.4f}"
        self._bar.write(f"step {state.global_step}: {figures}", file=sys.stderr)
        recalls = [entry[RECALL] for entry in state.log_history if RECALL in entry]
        if self._running.patience and len(recalls) - 1 - recalls.index(max(recalls)) >= self._running.patience:
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Close the bar."""
        self._bar.close()


def arguments(recipe: Recipe, seed: int, folder: Path, rows: int) -> TrainingArguments:
    """Return the recipe as `transformers` takes it: nothing is reported anywhere, no worker processes."""
    optimisation, running = recipe.optimisation, recipe.running
    steps = -(-rows // optimisation.batch) * optimisation.epochs
    return TrainingArguments(
        output_dir=str(folder), num_train_epochs=optimisation.epochs, per_device_train_batch_size=optimisation.batch,
        learning_rate=optimisation.rate, weight_decay=optimisation.decay, warmup_steps=optimisation.warmup,
        lr_scheduler_type="linear", optim="adamw_torch_fused", max_grad_norm=1.0, seed=seed,
        eval_strategy="steps" if running.evaluate else "epoch", eval_steps=running.evaluate or None,
        save_strategy="steps", save_steps=running.save_steps, save_total_limit=2,
        logging_strategy="steps", logging_steps=max(1, min(20, steps // 50)), report_to="none", disable_tqdm=True,
        log_level="error", dataloader_num_workers=0, dataloader_pin_memory=False, remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
    )  # fmt: skip


def measure(model: PreTrainedModel, dev: Examples, pad: int) -> dict[str, float]:
    """Return macro recall and log loss of `model` on the development texts, computed in float32."""
    logits = predict(model, dev, pad)
    recall = macro_recall(confusion(dev.classes, logits.argmax(1).tolist()))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(dev.classes))
    return {"macro_recall": round(recall, 6), "loss": round(float(loss), 6)}


def last_checkpoint(folder: Path) -> str | None:
    """Return the newest checkpoint that is whole, and remove those that a kill left unfinished."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for path in reversed(found):
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(path)
        else:
            return str(path)
    return None


def uses_bf16(precision: str) -> bool:
    """Tell whether to compute in bfloat16; "auto" does where the device has instructions for it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def quiet() -> None:
    """Silence what the libraries say of themselves; what matters is said here."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
