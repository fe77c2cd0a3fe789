"""All that the doctor looks at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxpop import config
from voxpop.doctor import content, machine, outside
from voxpop.doctor.check import Check
from voxpop.doctor.models import scoring
from voxpop.doctor.provenance import provenance
from voxpop.errors import VoxpopError


@dataclass(frozen=True)
class Patient:
    """What to look at: the settings' file and flags, and whether hosts may be asked if they answer."""

    file: Path | None = None
    flags: dict[str, Any] = field(default_factory=dict)
    network: bool = False


def examine(patient: Patient) -> list[Check]:
    """Look at machine, settings, data directory, store, models, gaps, sources, channels, engine, keys and clock.

    Changes nothing and opens nothing for writing, so it may run beside a server. It never raises: what cannot be
    looked at is a check that failed. The trap: while it reads the store, for a moment, no server can open it.
    """
    checks = [*machine.environment()]
    try:
        settings = config.load(patient.file, **patient.flags)
    except VoxpopError as error:
        return [*checks, Check("settings", "fail", str(error), "the rest is not looked at until they are right")]
    checks += provenance(settings, patient.file, patient.flags)
    looks: dict[str, Callable[[], Iterator[Check]]] = {
        "data": lambda: content.data(settings),
        "disk": lambda: machine.disk(settings),
        "store": lambda: content.store(settings),
        "model": lambda: scoring(settings),
        "gaps": lambda: content.gaps(settings),
        "sources": lambda: outside.sources(settings, network=patient.network),
        "channels": lambda: outside.channels(settings, network=patient.network),
        "engine": lambda: outside.engine(settings),
        "keys": lambda: outside.keys(settings),
        "clock": lambda: machine.clock(settings),
    }
    for name, look in looks.items():
        try:
            checks += look()
        except (OSError, ValueError, VoxpopError) as error:
            checks.append(
                Check(name, "fail", str(error), "give this user the right to read it, or name another --data")
            )
    return checks
