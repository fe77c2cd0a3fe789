"""The command that makes a model: `train`."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer

from voxpop import console
from voxpop.cli.app import app
from voxpop.cli.options import Json
from voxpop.errors import Terminal
from voxpop.training.recipe import OPTIONS, REQUIRED, Option, Recipe, read_toml

LIBRARIES = ("torch", "transformers", "accelerate", "matplotlib")


def train(config: Path | None = None, json_: bool = False, **given: Any) -> None:
    """Fine-tune an encoder on labelled posts, and on a larger model's answers; a run that was stopped goes on.

    Any encoder of Hugging Face works: BERT, DistilBERT, RoBERTa, MPNet, XLM-R, ModernBERT. The weights that are best on
    --dev end up in OUT/best, which voxpop export turns into a model that Voxpop runs. Options can also stand in a TOML
    file by the same names; flags win over it.

    Example: voxpop train --data train.tsv --dev dev.tsv --base all-MiniLM-L6-v2 --out run

    Example: voxpop train --config recipe.toml --teacher large/best --unlabelled tweets.txt.gz --out run
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    recipe = Recipe.of({**({} if config is None else read_toml(config)), **chosen})
    require(LIBRARIES)
    from voxpop.training import finetune

    figures = finetune.train(recipe)
    best = figures["best"]
    text = f"dev macro recall {best['dev_macro_recall']:.4f} at step {' + '.join(map(str, best['steps']))}, in "
    text += str(recipe.running.out / "best")
    console.answer(figures, as_json=json_, text=text)


def require(libraries: tuple[str, ...]) -> None:
    """Raise `Terminal` where one of the libraries that training needs is not installed."""
    if missing := [name for name in libraries if importlib.util.find_spec(name) is None]:
        raise Terminal(f"training needs {', '.join(missing)}; run pip install 'voxpop[train]'")


def _parameters() -> Iterator[inspect.Parameter]:
    for key, option in OPTIONS.items():
        yield _parameter(key.replace("-", "_"), _kind(option) | None, typer.Option(f"--{key}", help=_help(key, option)))
    toml = typer.Option("--config", metavar="FILE.toml", help="Options in TOML, by the same names.")
    yield _parameter("config", Path | None, toml)
    yield inspect.Parameter("json_", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)


def _parameter(name: str, kind: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )  # fmt: skip


def _kind(option: Option) -> Any:
    if get_origin(option.kind) is tuple:
        return list[get_args(option.kind)[0]]  # type: ignore[misc]
    return Path if option.kind == Path | None else option.kind


def _help(key: str, option: Option) -> str:
    text, default = str(option.field.metadata["help"]), option.field.default
    if key in REQUIRED:
        return f"{text} [required]"
    shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
    return text + (f" [default: {shown}]" if shown not in (None, "") else "")


# One list of options for flags and TOML: the recipe's own.
train.__signature__ = inspect.Signature(list(_parameters()))  # type: ignore[attr-defined]
train.__annotations__ = {one.name: one.annotation for one in _parameters()}
app.command()(train)
