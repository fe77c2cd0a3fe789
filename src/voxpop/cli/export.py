"""The command that makes a model of a checkpoint: `export`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Json, Labels, Languages, model_flags
from voxpop.errors import Terminal

ExitAt = Annotated[
    str,
    typer.Option(
        metavar="LAYER=SURE,...", help="Exits in place of the best, such as 2=0.65,4=0.5; 0: all leave there."
    ),
]
About = Annotated[
    str | None, typer.Option(metavar="KEY=VALUE;...", help="More for the card: licence, base_model, trained_on.")
]


@app.command()
def export(
    checkpoint: Annotated[
        str, typer.Option(help="A checkpoint's directory, such as train wrote, or hub:org/name[@revision].")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the model; an earlier export there is replaced.")],
    data: Annotated[
        Path | None, typer.Option(help="Labelled posts to measure activations on; int8 needs them.")
    ] = None,
    dev: Annotated[Path | None, typer.Option(help="Labelled posts that fit the temperature and give figures.")] = None,
    precision: Annotated[Literal["int8", "float"], typer.Option(help="8 bits: a quarter the size, faster.")] = "int8",
    name: Annotated[str, typer.Option(help="The model's name, the first part of its id. [default: of --out]")] = "",
    labels: Labels = None,
    languages: Languages = None,
    about: About = None,
    exit_loss: Annotated[
        float, typer.Option(min=0, max=1, help="Macro recall on --dev that the network's early exits may cost.")
    ] = 0.002,
    first_exit: Annotated[int, typer.Option(min=1, help="Lowest layer at which a post may leave.")] = 1,
    exit_at: ExitAt = "",
    balance: Annotated[float, typer.Option(min=0, max=1, help="How far rare labels of --data are favoured.")] = 0.0,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Turn a fine-tuned checkpoint into a model that needs no PyTorch: one ONNX file, in 8 bits or float.

    Says how far its answers are from PyTorch's, how large and how fast it is. Needs the extra `train`.

    Example: voxpop export --checkpoint run/best --out my-model --data train.tsv --dev dev.tsv

    Example: voxpop score --model my-model "worth the wait"
    """
    exits = _exits(exit_at, dev)
    if not all(find_spec(library) for library in ("torch", "transformers", "onnx")):
        raise Terminal("export needs PyTorch; install it with pip install 'voxpop[train]'")
    from voxpop.checkpoints import hub
    from voxpop.checkpoints.adoption import Adoption
    from voxpop.training import export as exporting

    settings = config.load(settings_file, **model_flags(None, labels, languages))
    directory = hub.fetch(checkpoint).directory if checkpoint.startswith(hub.PREFIX) else Path(checkpoint)
    if not (directory / "config.json").is_file():
        raise Terminal(f"there is no checkpoint in {directory}; give a directory with config.json")
    how = Adoption(settings.cache, settings.labels, settings.languages)
    named, entries = name or out.resolve().name, _entries(about)
    leaving = exit_loss, first_exit, balance, exits
    figures = exporting.export(exporting.Export(directory, out, data, dev, precision, named, how, entries, *leaving))
    console.answer(figures, as_json=json_, text=_told(figures, out))


def _exits(given: str, dev: Path | None) -> tuple[tuple[int, float], ...]:
    if given and not dev:
        raise Terminal("--exit-at needs posts to fit each exit's temperature; give some with --dev")
    found = {}
    for part in filter(None, given.split(",")):
        layer, _, sure = part.partition("=")
        try:
            found[int(layer)] = float(sure)
        except ValueError:
            found[0] = 0.0
    exits = tuple(sorted(found.items()))
    # Where all posts leave, none comes to a later exit.
    if not all(layer > 0 and 0 <= sure <= 1 for layer, sure in exits) or not all(sure for _, sure in exits[:-1]):
        raise Terminal(f"--exit-at cannot read {given}; write layers and probabilities, such as --exit-at 2=0.65,4=0.5")
    return exits


def _entries(given: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (given or "").split(";") if pair.strip()]
    known = ("licence", "base_model", "trained_on")
    if wrong := [key for key, equals, value in pairs if key.strip() not in known or not value.strip()]:
        raise Terminal(f"--about cannot read {', '.join(wrong)}; write it as --about 'licence=MIT;base_model=NAME'")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _told(figures: dict[str, Any], out: Path) -> str:
    fused = "attention fused" if figures["attention_fused"] else "attention not fused: its form is not one that can be"
    lines = [
        f"{figures['model_id']} is in {out}: {figures['megabytes']} MB, {figures['precision']}, {fused}",
        f"beside PyTorch on {figures['parity_rows']:,} posts: {figures['labels_flipped']} labels differ, probabilities "
        f"change by {figures['mean_change']:.4f} on average and {figures['max_change']:.4f} at most",
        f"{figures['posts_per_second_one_thread']:,.0f} posts/s on one thread; a score depends on its own text alone",
    ]
    if "dev_rows" in figures:
        lines.append(
            f"on {figures['dev_rows']:,} development posts: macro recall {figures['dev_macro_recall']:.3f}, "
            f"calibration error {figures['dev_ece']:.3f} at temperature {figures['temperature']}, "
            f"{figures['dev_ece_before']:.3f} without it"
        )
    if "exit_layers" in figures:
        lines.append(
            f"exits after layer {' and '.join(map(str, figures['exit_layers']))}: {figures['mean_layers']} layers a "
            f"post on average; macro recall without them {figures['dev_macro_recall_without_exits']:.3f}"
        )
    return "\n".join(lines)
