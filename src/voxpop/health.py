"""Whether a Voxpop on this machine is well, as a container's health check asks: `python -m voxpop.health`.

It loads nothing but Python's own library, for it runs every few seconds beside what it asks for: `voxpop --help` takes
twenty times as long. So it knows of the settings only what the environment has: `VOXPOP_PORT`, `VOXPOP_TLS_CERT` and
`VOXPOP_DATA`.
"""

from __future__ import annotations

import argparse
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

SECONDS: Final = 5.0
STALE_SECONDS: Final = 30.0
"""A collector says every five seconds that it is at work; one that missed this many hangs, or its machine does."""


class Health(NamedTuple):
    """Whether it is well, and what was found."""

    is_well: bool
    told: str


def address(environment: Mapping[str, str]) -> str:
    """Where the server of this container answers.

    >>> address({"VOXPOP_PORT": "9000", "VOXPOP_TLS_CERT": "/cert.pem"})
    'https://127.0.0.1:9000/readyz'
    """
    scheme = "https" if environment.get("VOXPOP_TLS_CERT") else "http"
    return f"{scheme}://127.0.0.1:{environment.get('VOXPOP_PORT', '8050')}/readyz"


def of_server(url: str) -> Health:
    """Ask a server on this machine; it answers with 200 if it is well.

    Its certificate is not checked: the question stays on this machine, and the certificate is for another name.
    """
    secure = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    # A proxy of the environment is for the network, not for this machine.
    asking = urllib.request.build_opener(urllib.request.ProxyHandler({}), secure)
    try:
        with asking.open(url, timeout=SECONDS) as answer:
            return Health(answer.status == 200, f"{url} answers {answer.status}")
    except urllib.error.HTTPError as error:
        with error:
            return Health(False, f"{url} answers {error.code}: {error.read(2048).decode('utf-8', 'replace')}")
    except OSError as error:
        return Health(False, f"{url} does not answer: {error}")


def of_collector(data: Path) -> Health:
    """Look when `voxpop collect` last said that it is at work, by `voxpop.log.Log.beat`."""
    try:
        age = time.time() - (data / "landing" / ".holder.json").stat().st_mtime
    except FileNotFoundError:
        return Health(False, f"nobody writes to {data}")
    return Health(age <= STALE_SECONDS, f"the collector of {data} said {age:.0f} s ago that it is at work")


def main(arguments: list[str] | None = None) -> int:
    """Ask, tell, and answer the exit code: 0 if it is well, else 1."""
    parser = argparse.ArgumentParser("python -m voxpop.health", description="Ask whether a Voxpop here is well.")
    parser.add_argument("--url", default=address(os.environ), help="what to ask [default: /readyz on this machine]")
    parser.add_argument("--collector", action="store_true", help="ask for `voxpop collect`, which has no address")
    given = parser.parse_args(arguments)
    if given.collector:
        found = of_collector(Path(os.environ.get("VOXPOP_DATA", "voxpop-data")))
    else:
        found = of_server(given.url)
    sys.stdout.write(found.told + "\n")
    return not found.is_well


if __name__ == "__main__":
    sys.exit(main())
