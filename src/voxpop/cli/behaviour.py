"""The command that tests what a model can and cannot do: `behaviour`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json


@app.command()
def behaviour(
    model: Annotated[str | None, typer.Option(help="A bundled model or a directory. [default: en-small]")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="Another model, or `lexicon` for VADER.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="How many failing cases of each test to show.")] = 0,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Test what a model does with negation, emoji, irony, typos and more: the share of cases that fail, as Markdown.

    MFT: the label is right. INV: a change that means nothing changes no label. DIR: the polarity moves the right way.

    Example: voxpop behaviour --beside lexicon --examples 2
    """
    from voxpop import behaviour as behaviours

    chosen = config.load(settings_file, data=data, model=model)
    tests = behaviours.suite()
    names = list(dict.fromkeys([chosen.model, *(beside or [])]))
    reports: dict[str, dict[str, Any]] = {}
    with console.counting("testing", len(names) * len(tests), "test") as bar:
        for name in names:
            scorer = _opened(config.load(settings_file, data=data, model=name))
            reports[name] = behaviours.evaluate(scorer, tests, examples, bar.update)
    first, *others = reports.values()
    told = "\n\n".join(part for part in (behaviours.table(reports), behaviours.failures(first)) if part)
    answer = {**first, "beside": dict(zip(names[1:], others, strict=True))}
    console.answer(answer, as_json=json_, text=told)


def _opened(settings: config.Settings) -> Any:
    from voxpop.checkpoints import opening

    return opening.model_of(settings).open()
