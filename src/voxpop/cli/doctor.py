"""The command that says what is wrong: `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voxpop import console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Engine, Json, Master, Model, Store, engine_flags

if TYPE_CHECKING:
    from voxpop.doctor import Check


@app.command()
def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also ask whether the hosts of sources and channels answer.")
    ] = False,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    model: Model = None,
    engine: Engine = None,
    master: Master = None,
    json_: Json = False,
) -> None:
    """Look at machine, settings, data, store, models, sources, channels, keys; say what is wrong and the fix.

    Changes nothing, and can run beside a server. The exit code is 1 if a check fails, and 0 if there are only warnings.

    Example: voxpop doctor --data my-data --network

    Example: voxpop doctor --engine spark --master spark://host:7077
    """
    from voxpop.doctor import Patient, examine

    flags = {"data": data, "store": store, "model": model, **engine_flags(engine, master)}
    checks = examine(Patient(settings_file, flags, network))
    rows = [f"{one.state:<4}  {one.name}: {one.found}" + (f" -> {one.fix}" if one.fix else "") for one in checks]
    is_well = all(one.state != "fail" for one in checks)
    rows.append(_summary(checks))
    answer = {"ok": is_well, "checks": [one.to_json() for one in checks]}
    console.answer(answer, as_json=json_, text="\n".join(rows))
    if not is_well:
        raise typer.Exit(1)


def _summary(checks: list[Check]) -> str:
    ill = {state: [one.name for one in checks if one.state == state] for state in ("warn", "fail")}
    told = [f"{len(names)} {state} ({', '.join(names)})" for state, names in ill.items() if names]
    return ", ".join([f"{len(checks)} checks: {len(checks) - sum(map(len, ill.values()))} ok", *told])
