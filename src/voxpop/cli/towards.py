"""The command that scores posts towards a topic: `towards`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Engine, Json, Master, Model, Scheduler, engine_flags
from voxpop.errors import Terminal


@app.command()
def towards(
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="TOPIC...", help="Topics by name. [default: all there are]")
    ] = None,
    model: Model = None,
    towards_model: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The model that reads a post beside a topic. [default: of the settings]"),
    ] = None,
    data: Data = None,
    settings_file: Config = None,
    engine: Engine = None,
    master: Master = None,
    scheduler: Scheduler = None,
    json_: Json = False,
) -> None:
    """Score the posts on topics towards them: "I love my phone but this game is a mess" is negative towards the game.

    Reads what --model has scored and writes, for the posts on a topic alone, to towards/ of the data directory. What is
    done is not done again, and what was killed goes on; a topic added today has its past done. Says how many posts have
    each label towards the topic, and how many have each overall.

    Example: voxpop towards gta6 --towards-model my-pairs --data my-data

    Example: voxpop towards --engine dask --scheduler tcp://host:8786 --data /shared/my-data
    """
    from voxpop import assembly
    from voxpop.engines.opening import engine_of

    flags = engine_flags(engine, master, scheduler)
    settings = config.load(settings_file, data=data, model=model, towards_model=towards_model, **flags)
    stages = assembly.towards(settings, topics or [])
    found: dict[str, Any] = {}
    with engine_of(settings, console.say) as used:
        for stage in stages:
            with console.counting(stage.topic.name, len(stage.missing()), "segment") as bar:
                done = stage.catch_up(used, bar.update)
            found[stage.topic.name] = {"title": stage.topic.title, "segments": done, **stage.counts()}
    if not stages:
        raise Terminal("there are no topics; add one with voxpop topics add")
    answer = {"model_id": stages[0].spec.open().model_id, "topics": found}
    console.answer(answer, as_json=json_, text=_table(found))


def _table(found: dict[str, Any]) -> str:
    head = f"{'topic':<20}{'posts':>10}{'':>11}{'negative':>10}{'neutral':>10}{'positive':>10}{'unscored':>10}"
    lines = [head]
    for name, one in found.items():
        for which in ("towards", "overall"):
            counts = "".join(f"{count:>10,}" for count in one[which].values())
            begin = f"{name:<20}{one['n']:>10,}" if which == "towards" else f"{'':<30}"
            lines.append(f"{begin}  {which:<9}{counts}")
    return "\n".join(lines)
