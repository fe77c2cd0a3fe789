"""How to train, as data: every option of `voxpop train`, whether it came from a flag or from a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from voxpop.errors import Terminal

NO_LIMIT: Final = float("inf")


def _option(default: Any, text: str, least: float = -NO_LIMIT, most: float = NO_LIMIT) -> Any:
    return field(default=default, metadata={"help": text, "least": least, "most": most})


@dataclass(frozen=True)
class Inputs:
    """The texts to learn from."""

    data: tuple[str, ...] = _option((), "Labelled table with label and text, or datasets:NAME[:SPLIT].")
    add: tuple[str, ...] = _option((), "More labelled posts, such as voxpop corrections export wrote.")
    dev: str = _option("", "The same, to choose the best weights by; never trained on.")
    unlabelled: Path | None = _option(None, "Texts to learn from the teacher on, one a line; .gz too.")
    unlabelled_rows: int = _option(0, "Take only so many of them, from the start; 0 takes all.", 0)


@dataclass(frozen=True)
class Network:
    """What is trained."""

    base: str = _option("", "The encoder, or a run's OUT/best to go on from: a directory, or a name on the Hub.")
    freeze: int = _option(0, "Leave the embeddings and so many layers as they are: a step is cheaper; 0 trains all.", 0)
    layers: int = _option(0, "Keep the first so many layers; 0 keeps all.", 0)
    ffn: int = _option(0, "Keep so many neurons of each feed-forward layer, the most useful; 0 keeps all.", 0)
    pooling: Literal["mean", "native"] = _option("mean", "mean of the token states, or the base's own head.")
    max_length: int = _option(64, "Tokens of a text that count.", 8)
    pair: Literal["none", "topic"] = _option("none", "topic: read a text beside its topic, from that column.")
    emoji: Literal["words", "signs"] = _option("words", "words: spell emoji out, for a vocabulary that holds none.")
    exit_layer: tuple[int, ...] = _option((), "Give this encoder layer a head of its own; may be repeated.", 1)
    halve_after: int = _option(0, "Join token states in pairs after this --exit-layer; 0 joins none.", 0)


@dataclass(frozen=True)
class Optimisation:
    """How the weights move."""

    epochs: int = _option(3, "Times that every text is seen.", 1)
    rate: float = _option(1e-4, "Highest learning rate.", 1e-9, 1)
    batch: int = _option(32, "Texts a step.", 1)
    warmup: float = _option(0.06, "Share of the steps in which the rate rises; then it falls to 0.", 0, 0.99)
    decay: float = _option(0.01, "Weight decay of AdamW.", 0, 1)
    smoothing: float = _option(0.05, "Label smoothing.", 0, 0.99)
    class_weights: Literal["none", "balanced"] = _option("none", "balanced: rare labels weigh more.")
    r_drop: float = _option(0.0, "Weight of R-Drop, which costs a second pass; 0 is off.", 0)
    deep: float = _option(0.0, "Weight of the loss of each head at an --exit-layer.", 0)
    precision: Literal["auto", "bf16", "fp32"] = _option("auto", "bf16 is quicker where the processor has it.")
    seed: tuple[int, ...] = _option((1,), "Order of the texts; several: a run each, then their mean.", 0)


@dataclass(frozen=True)
class Distillation:
    """What to learn from other models' answers."""

    teacher: tuple[str, ...] = _option((), "Directory of a larger model to learn from; several: their mean.")
    soft: Path | None = _option(None, "Its answers, in place of a teacher: .parquet with text, p_negative, ...")
    soft_weight: float = _option(0.7, "Share of the teacher in the loss of labelled texts.", 0, 1)
    temperature: float = _option(2.0, "Softens teacher and student alike.", 0.1, 100)


@dataclass(frozen=True)
class Running:
    """Where the run lives, and when it looks up."""

    out: Path = _option(Path(), "Directory of the run; the result is in OUT/best.")
    patience: int = _option(0, "Stop after so many evaluations without a better one; 0 never does.", 0)
    evaluate: int = _option(0, "Evaluate every so many steps; 0: after each epoch.", 0)
    save_steps: int = _option(500, "Steps between the points from which a stopped run goes on.", 1)


@dataclass(frozen=True)
class Recipe:
    """How to train. Two runs with one recipe, machine, library versions and thread count give the same weights.

    Its options are flat in TOML and on the command line: `--max-length` is `max-length` is `network.max_length`.
    """

    inputs: Inputs
    network: Network
    optimisation: Optimisation = Optimisation()
    distillation: Distillation = Distillation()
    running: Running = Running()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe of flat `values`, whose keys are options with dashes or underscores.

        Raises:
            Terminal: naming, all at once, every key that is unknown or missing and every value that does not fit.
        """
        given = {key.replace("_", "-"): value for key, value in values.items()}
        problems = [f"{key} is no option" for key in sorted(given.keys() - OPTIONS.keys())]
        problems += [f"{key} is missing" for key in REQUIRED if not given.get(key)]
        groups: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
        for key in OPTIONS.keys() & given.keys():
            option = OPTIONS[key]
            try:
                groups[option.group][option.field.name] = option.read(given[key])
            except ValueError as error:
                problems.append(f"{key} {error}")
        if problems:
            raise Terminal(f"this recipe does not work: {'; '.join(sorted(problems))}; see voxpop train --help")
        recipe = cls(**{group: GROUPS[group](**chosen) for group, chosen in groups.items()})
        recipe._check()
        return recipe

    def _check(self) -> None:
        network, distillation, inputs = self.network, self.distillation, self.inputs
        wrong = {
            "--deep and --exit-layer need each other": (self.optimisation.deep > 0) != bool(network.exit_layer),
            "--exit-layer needs --pooling mean": bool(network.exit_layer) and network.pooling == "native",
            "--halve-after must be an --exit-layer": network.halve_after not in (0, *network.exit_layer),
            "--layers needs --pooling mean": network.layers > 0 and network.pooling == "native",
            "--freeze needs --pooling mean": network.freeze > 0 and network.pooling == "native",
            "--freeze and --ffn do not go together": network.freeze > 0 and network.ffn > 0,
            "--pair topic needs --pooling mean": network.pair != "none" and network.pooling == "native",
            "give --teacher or --soft, not both": bool(distillation.teacher and distillation.soft),
            "--unlabelled needs --teacher or --soft": bool(inputs.unlabelled)
            and not (distillation.teacher or distillation.soft),
        }
        if problems := [sentence for sentence, is_so in wrong.items() if is_so]:
            raise Terminal(f"this recipe does not work: {'; '.join(problems)}; see voxpop train --help")

    def flat(self) -> dict[str, Any]:
        """Return every option as plain JSON values, by its name on the command line."""
        return {key: _plain(getattr(getattr(self, option.group), option.field.name)) for key, option in OPTIONS.items()}

    def identity(self) -> dict[str, Any]:
        """Return what two runs must share to be one: all but where it is and how often it is saved."""
        shared = {key: value for key, value in self.flat().items() if key not in ("out", "save-steps")}
        # A run of a version that had no such option is still the same run.
        return {key: value for key, value in shared.items() if key not in ("add", "freeze", "layers") or value}


@dataclass(frozen=True)
class Option:
    """One option: the part of the recipe that holds it, its field there, and its type."""

    group: str
    field: dataclasses.Field[Any]
    kind: Any

    def read(self, given: Any) -> Any:
        """Return `given`, from a flag or TOML, as this option's type. Raises `ValueError` saying what it must be."""
        if get_origin(self.kind) is tuple:
            item = get_args(self.kind)[0]
            return tuple(self._one(item, value) for value in (given if isinstance(given, list | tuple) else [given]))
        return self._one(self.kind, given)

    def _one(self, kind: Any, given: Any) -> Any:
        if get_origin(kind) is Literal:
            if given not in get_args(kind):
                raise ValueError(f"must be {' or '.join(get_args(kind))}")
            return given
        if kind in (int, float):
            return self._number(kind, given)
        if not isinstance(given, str | Path):
            raise ValueError("must be text")
        return str(given) if kind is str else Path(given)

    def _number(self, kind: type, given: Any) -> float:
        fits = isinstance(given, int if kind is int else int | float) and not isinstance(given, bool)
        least, most = self.field.metadata["least"], self.field.metadata["most"]
        if not fits or not least <= given <= most:
            bounds = f" from {least:g}" + (f" to {most:g}" if most < NO_LIMIT else "")
            raise ValueError(f"must be a {'whole ' if kind is int else ''}number{bounds}")
        return kind(given)


GROUPS: Final[dict[str, type[Any]]] = {
    "inputs": Inputs,
    "network": Network,
    "optimisation": Optimisation,
    "distillation": Distillation,
    "running": Running,
}
"""The parts of a recipe by name."""


def _options() -> Iterator[tuple[str, Option]]:
    for group, kind in GROUPS.items():
        kinds = get_type_hints(kind)
        for item in dataclasses.fields(kind):
            yield item.name.replace("_", "-"), Option(group, item, kinds[item.name])


OPTIONS: Final = dict(_options())
"""Every option by its name on the command line, in the order of the help."""

REQUIRED: Final = ("data", "dev", "base", "out")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the options in a TOML file. Raises `Terminal` where it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Terminal(f"there is no file {path}; check the path") from error
    except ValueError as error:
        raise Terminal(f"{path} is not TOML ({error}); correct it") from error


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
