"""What the doctor finds of what is kept: the data directory, the store, the gaps."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from voxpop.config import Settings
from voxpop.doctor.check import Check, State, standing
from voxpop.gaps import GapLedger
from voxpop.log import POISONED, Log
from voxpop.quarantine import Quarantine
from voxpop.stores import fitness


def data(settings: Settings) -> Iterator[Check]:
    """The data directory: may it be written or made, who writes, what is missing, what was set aside."""
    root, place = settings.data, standing(settings.data)
    writable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    fix = "" if writable else "give this user the right to write there, or name another --data"
    state: State = "ok" if writable else "fail"
    if not root.exists():
        absent = "the first ingest makes it" if writable else f"it cannot be made in {place}"
        yield Check("data", state, f"{root} is not there yet; {absent}", fix)
        return
    yield Check("data", state, f"{root} {'can' if writable else 'cannot'} be written", fix)
    yield Check("writer", "ok", _writer(root))
    log = Log(root)
    landed = log.segments()
    yield Check("log", "ok", f"{len(landed):,} segments")
    for base in sorted(root.glob("scored/*")):
        left = len(log.missing(base.name))
        fix = f"`voxpop run --once --data {root}` scores them, if this model is used" if left else ""
        yield Check(f"scored {base.name}", "warn" if left else "ok", f"{left:,} segments missing", fix)
    poisoned = sorted(root.glob(f"scored/*/*/*{POISONED}"))
    fix = "restore the landing segments from a backup, and delete the markers" if poisoned else ""
    names = ", ".join(str(path.relative_to(root)) for path in poisoned[:3])
    yield Check("poison", "fail" if poisoned else "ok", f"{len(poisoned)} segments set aside {names}".strip(), fix)
    kept = sum(1 for _ in Quarantine(root).records())
    fix = f"look in {root / 'quarantine'}; each record has its reason" if kept else ""
    yield Check("quarantine", "warn" if kept else "ok", f"{kept:,} records", fix)


def store(settings: Settings) -> Iterator[Check]:
    """Whether the store opens, is of this version, and is a view through these topics and this model."""
    for one in fitness.findings(settings):
        state: State = "ok" if not one.fix else "fail" if one.is_fatal else "warn"
        yield Check("store", state, one.found, one.fix)


def gaps(settings: Settings) -> Iterator[Check]:
    """How many gaps each live source has had, by state."""
    found = GapLedger(settings.data).gaps()
    for source in sorted({gap.source for gap in found}):
        states = Counter(gap.state for gap in found if gap.source == source)
        # An open gap of a source nobody reads now is filled, or missed, once it is read again.
        is_open = any(gap.is_open and gap.end is None for gap in found if gap.source == source)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        fix = f"`voxpop run --source {source}` goes on where it stopped" if is_open else ""
        yield Check(f"gaps {source}", "warn" if is_open else "ok", told, fix)
    if not found:
        yield Check("gaps", "ok", "none")


def _writer(root: Path) -> str:
    try:
        who = json.loads((root / "landing" / ".holder.json").read_text())
        told = f"process {who['pid']} on {who['host']} ({who['command']}, since {who['since']})"
        if who["host"] == socket.gethostname():
            os.kill(int(who["pid"]), 0)
    except ProcessLookupError:
        return "nobody; the last writer was killed"
    except PermissionError:
        return told
    except (OSError, ValueError, KeyError, TypeError):
        return "nobody"
    return told
