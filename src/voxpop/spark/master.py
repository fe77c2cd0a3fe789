"""A standalone master: where it is, whether it answers, and which Spark it runs."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from importlib import metadata
from typing import Final

from voxpop.errors import Terminal

REACH_SECONDS: Final = 5.0
REST_PORT: Final = 6066
"""Where a standalone master tells its version, unless it was told not to (`spark.master.rest.enabled`)."""


def reach(master: str) -> str | None:
    """This machine's address towards a standalone master; None for another kind of master.

    One that does not answer is refused; Spark itself would try for a minute and then say little.

    Raises:
        Terminal: none of its addresses takes a connection.
    """
    known = addresses(master)
    for host, port in known:
        try:
            with socket.create_connection((host, port), REACH_SECONDS) as connected:
                return str(connected.getsockname()[0])
        except OSError:
            continue
    if known:
        raise Terminal(
            f"no Spark master answers at {master}; start one there, or leave --master out to use this machine"
        )
    return None


def addresses(master: str) -> list[tuple[str, int]]:
    """Host and port of each master that a `spark://` address names; none for another kind."""
    if not master.startswith("spark://"):
        return []
    found = re.findall(r"([^/,:\[\]]+|\[[^\]]+\]):(\d+)", master.removeprefix("spark://"))
    return [(host.strip("[]"), int(port)) for host, port in found]


def refuse_another_version(master: str) -> None:
    """Refuse a master that says it runs another Spark: they would not understand each other, and say so obscurely.

    Raises:
        Terminal: it does; names both versions.
    """
    there, here = version_of(master), metadata.version("pyspark")
    if there and there != here:
        raise Terminal(
            f"{master} runs Spark {there} and this is {here}; install that here: pip install pyspark=={there}"
        )


def version_of(master: str, port: int = REST_PORT) -> str | None:
    """The version of Spark that a standalone master says it runs; None where it does not say."""
    # A proxy of the environment is for the world outside.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for host, _ in addresses(master):
        try:
            with direct.open(f"http://{host}:{port}/v1/submissions/status/none", timeout=REACH_SECONDS) as told:
                return str(json.load(told)["serverSparkVersion"])
        except urllib.error.HTTPError as error:
            try:
                return str(json.load(error)["serverSparkVersion"])
            except (ValueError, KeyError, TypeError):
                continue
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
