"""The doctor: looks at everything a running Voxpop needs and says what is wrong and how to mend it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from voxpop import config, models
from voxpop.api.keys import KeyRing
from voxpop.config import Settings, SourceSettings
from voxpop.errors import VoxpopError
from voxpop.gaps import GapLedger
from voxpop.log import POISONED, Log
from voxpop.quarantine import Quarantine
from voxpop.scorers.card import files, model_id
from voxpop.sources.bluesky import HOSTS
from voxpop.spark.fitness import findings
from voxpop.stores import fitness

State = Literal["ok", "warn", "fail"]
NETWORK_SECONDS: Final = 3.0
ROOM_WARN, ROOM_FAIL = 5 << 30, 500 << 20
MEMORY: Final = 2 << 30
VNNI: Final = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")
"""Names of the processor's 8-bit dot product in /proc/cpuinfo, on x86 and on ARM."""
PACKAGES: Final = ("duckdb", "fastapi", "numpy", "onnxruntime", "pyarrow", "tokenizers", "uvicorn")
SOON_DAYS: Final = 14
EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do unless it is `ok`."""

    name: str
    state: State
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, str]:
        """As plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Patient:
    """What to look at: the settings' file and flags, and whether hosts may be asked if they answer."""

    file: Path | None = None
    flags: dict[str, Any] = field(default_factory=dict)
    network: bool = False


def examine(patient: Patient) -> list[Check]:
    """Look at environment, settings, data directory, store, model, gaps, sources, engine, keys and clock.

    Changes nothing and opens nothing for writing, so it may run beside a server. It never raises: what cannot be
    looked at is a check that failed. The trap: while it reads the store, for a moment, no server can open it.
    """
    checks = [*environment()]
    try:
        settings = config.load(patient.file, **patient.flags)
    except VoxpopError as error:
        return [*checks, Check("settings", "fail", str(error), "the rest is not looked at until they are right")]
    checks += provenance(settings, patient)
    looks: list[Callable[[], Iterator[Check]]] = [
        lambda: data(settings),
        lambda: store(settings),
        lambda: model(settings),
        lambda: gaps(settings),
        lambda: sources(settings, network=patient.network),
        lambda: engine(settings),
        lambda: keys(settings),
        lambda: clock(settings),
    ]
    for name, look in zip(("data", "store", "model", "gaps", "sources", "engine", "keys", "clock"), looks, strict=True):
        try:
            checks += look()
        except (OSError, ValueError, VoxpopError) as error:
            checks.append(
                Check(name, "fail", str(error), "give this user the right to read it, or name another --data")
            )
    return checks


def environment() -> Iterator[Check]:
    """Python, packages, processor and memory."""
    yield Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    found, absent = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            absent.append(package)
    fix = "install Voxpop again: pip install voxpop" if absent else ""
    yield Check("packages", "fail" if absent else "ok", ", ".join([*found, *(f"no {one}" for one in absent)]), fix)
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
        fast = [name for name in VNNI if name in flags]
        slow = "scoring takes some times longer here; a processor with VNNI is faster"
        told = f"{os.cpu_count()} threads, 8-bit dot product: {', '.join(fast) or 'none'}"
        yield Check("processor", "ok" if fast else "warn", told, "" if fast else slow)
    except OSError:
        yield Check("processor", "ok", f"{os.cpu_count()} threads; its features cannot be told on this system")
    if sys.platform != "win32":
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        enough = memory >= MEMORY
        yield Check("memory", "ok" if enough else "warn", _size(memory), "" if enough else "2 GB or more are needed")


def provenance(settings: Settings, patient: Patient) -> Iterator[Check]:
    """Each setting and where it came from; a secret shows as stars, for its type is `SecretStr`."""
    named = patient.file or (Path(os.environ["VOXPOP_CONFIG"]) if "VOXPOP_CONFIG" in os.environ else None)
    path = named or config.DEFAULT_FILE
    in_file = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name in type(settings).model_fields:
        origin = "default"
        if name in in_file:
            origin = str(path)
        if (secrets := os.environ.get(config.SECRETS)) and (Path(secrets) / f"voxpop_{name}").is_file():
            origin = f"file of {secrets}"
        if any(key.upper() == f"VOXPOP_{name}".upper() for key in os.environ):
            origin = "environment"
        if patient.flags.get(name) is not None:
            origin = "flag"
        # A URL of the store is shown without its password.
        value = (settings.database or "duckdb") if name == "store" else getattr(settings, name)
        yield Check(f"setting {name}", "ok", f"{value} ({origin})")


def data(settings: Settings) -> Iterator[Check]:
    """The data directory: may it be written, is there room, who writes, what is missing, what was set aside."""
    root = settings.data
    if not root.exists():
        yield Check("data", "ok", f"{root} is not there yet; the first ingest makes it")
        return
    writable = os.access(root, os.W_OK | os.X_OK)
    fix = "" if writable else "give this user the right to write there, or name another --data"
    yield Check("data", "ok" if writable else "fail", f"{root} {'can' if writable else 'cannot'} be written", fix)
    free = shutil.disk_usage(root).free
    room: State = "fail" if free < ROOM_FAIL else "warn" if free < ROOM_WARN else "ok"
    yield Check("disk", room, f"{_size(free)} free", "" if room == "ok" else "make room, or move the data directory")
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


def model(settings: Settings) -> Iterator[Check]:
    """Whether the model's files are there, what they hash to, and under which licence it is."""
    if settings.model == "lexicon":
        yield Check("model", "ok", "lexicon (VADER)")
        return
    directory = Path(settings.model)
    if settings.model.startswith("hub:") or (directory / "config.json").is_file():
        yield Check("model", "ok", f"{settings.model} is a checkpoint; it is turned into a model when it is first used")
        return
    try:
        directory = models.find(settings.model)
        card = json.loads((directory / "model.json").read_text(encoding="utf-8"))
        told = f"{model_id(directory)}: {', '.join(files(directory))}; licence {card.get('licence', 'not named')}"
    except (VoxpopError, OSError, ValueError) as error:
        yield Check("model", "fail", str(error), "name a model that is there with --model, or export it again")
        return
    named = "licence" in card
    yield Check("model", "ok" if named else "warn", told, "" if named else "find out whether you may use it")


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


def sources(settings: Settings, *, network: bool = False) -> Iterator[Check]:
    """What sources there are: paths must exist; hosts are asked with `network` alone."""
    if not settings.sources:
        yield Check("sources", "ok", "none in the settings; name one with `voxpop run --source`")
    for table in settings.sources:
        name = f"source {table.name or table.kind}"
        absent = [str(path) for path in table.paths if str(path) != "-" and not path.exists()]
        if absent:
            yield Check(name, "fail", f"{', '.join(absent)} is not there", "correct the paths in the settings")
        elif table.kind in config.LIVE and network:
            yield _reached(name, asked(table))
        else:
            yield Check(name, "ok", table.kind + (", not asked" if table.kind in config.LIVE else ""))


def asked(table: SourceSettings) -> tuple[str, ...]:
    """The hosts of a live source, of which one has to answer.

    >>> asked(SourceSettings(kind="mastodon", host="mastodon.example"))
    ('mastodon.example',)
    """
    return {"mastodon": (table.host,), "x": (table.base,)}.get(table.kind, table.hosts or HOSTS)


def engine(settings: Settings) -> Iterator[Check]:
    """What the engine of the settings needs; with Spark: PySpark, Java, their fit, and whether the master answers."""
    yield Check("engine", "ok", settings.engine)
    if settings.engine == "spark":
        for one in findings(settings.master):
            state: State = "ok" if not one.fix else "fail" if one.is_fatal else "warn"
            yield Check(f"spark {one.name}", state, one.found, one.fix)


def keys(settings: Settings) -> Iterator[Check]:
    """Whether there is a key where others can reach the service, and which will open nothing soon."""
    absent = [str(table.file) for table in settings.keys if not os.access(table.file.expanduser(), os.R_OK)]
    if absent:
        yield Check("keys", "fail", f"{', '.join(absent)} cannot be read", "mount the files of [[keys]] there")
    ring = KeyRing(settings.data)
    live, soon = ring.live(), datetime.now(UTC) + timedelta(days=SOON_DAYS)
    ending = [key.name for key in live if key.expires and key.expires < soon]
    is_shut = settings.needs_keys and not live and not settings.keys
    told = f"{len(live)} of {len(ring.keys())} open something" + (f"; {', '.join(ending)} soon not" if ending else "")
    state: State = "fail" if is_shut else "warn" if ending else "ok"
    fix = "voxpop keys create NAME, as others can reach the service" if is_shut else "make others in time"
    yield Check("keys", state, told, "" if state == "ok" else fix)


def clock(settings: Settings) -> Iterator[Check]:
    """Whether this machine's clock can be right: after this version was made, and after what landed."""
    now = datetime.now(UTC)
    newest = max((segment.day for segment in Log(settings.data).segments()), default="")
    wrong = now < EARLIEST or newest > (now + timedelta(days=1)).date().isoformat()
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC" + (f", newest segment of {newest}" if newest else "")
    yield Check("clock", "fail" if wrong else "ok", told, "set the clock, with NTP" if wrong else "")


def _reached(name: str, hosts: tuple[str, ...]) -> Check:
    for host in hosts:
        address = host.partition("://")[2] or host
        plain, _, port = address.partition("/")[0].partition(":")
        standard = 80 if host.startswith(("ws://", "http://")) else 443
        try:
            socket.create_connection((plain, int(port or standard)), NETWORK_SECONDS).close()
        except (OSError, ValueError):
            continue
        return Check(name, "ok", f"{plain} answers")
    return Check(name, "fail", f"none of {len(hosts)} hosts answers", "look at the network, the proxy or the firewall")


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


def _size(number: int) -> str:
    return f"{number / (1 << 30):,.1f} GB"
