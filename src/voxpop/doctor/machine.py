"""What the doctor finds of the machine: Python, packages, processor, memory, room on the disk, clock."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Final

from voxpop.config import Settings
from voxpop.doctor.check import Check, State, size, standing
from voxpop.log import Log

ROOM_WARN, ROOM_FAIL = 5 << 30, 500 << 20
MEMORY: Final = 2 << 30
VNNI: Final = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")
"""Names of the processor's 8-bit dot product in /proc/cpuinfo, on x86 and on ARM."""
PACKAGES: Final = ("duckdb", "fastapi", "numpy", "onnxruntime", "pyarrow", "tokenizers", "uvicorn")
EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)


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
        yield Check("memory", "ok" if enough else "warn", size(memory), "" if enough else "2 GB or more are needed")


def disk(settings: Settings) -> Iterator[Check]:
    """Whether there is room where the data directory is, or will be."""
    free = shutil.disk_usage(standing(settings.data)).free
    room: State = "fail" if free < ROOM_FAIL else "warn" if free < ROOM_WARN else "ok"
    yield Check("disk", room, f"{size(free)} free", "" if room == "ok" else "make room, or move the data directory")


def clock(settings: Settings) -> Iterator[Check]:
    """Whether this machine's clock can be right: after this version was made, and after what landed."""
    now = datetime.now(UTC)
    newest = max((segment.day for segment in Log(settings.data).segments()), default="")
    wrong = now < EARLIEST or newest > (now + timedelta(days=1)).date().isoformat()
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC" + (f", newest segment of {newest}" if newest else "")
    yield Check("clock", "fail" if wrong else "ok", told, "set the clock, with NTP" if wrong else "")
