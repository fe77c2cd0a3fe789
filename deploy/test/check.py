"""Puts posts into the containers of compose.yaml and looks for them: python deploy/test/check.py single|cluster DIR.

DIR holds `secrets/` and `inbox/`. For `cluster` it ends a worker's and the database's main process as a crash does
(`docker kill` would count as asked for, and nothing would be started again), and sees each come back.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

URL: Final = "http://127.0.0.1:8050"
PATIENCE: Final = 300.0
PROJECT: Final = os.environ.get("COMPOSE_PROJECT_NAME", "voxpop")
FLAGS: Final = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Bench:
    """One set of containers that is looked at."""

    def __init__(self, directory: Path) -> None:
        self._inbox = directory / "inbox"
        self._key = (directory / "secrets" / "voxpop_admin_key").read_text()
        self.posted = 0

    def post(self, number: int) -> None:
        """Put posts into the inbox, by one rename."""
        ids = range(self.posted, self.posted + number)
        text = "the gta 6 trailer is wonderful, number {} of the inbox"
        rows = [{"id": f"c{one}", "text": text.format(one), "created_at": stamp(), "lang": "en"} for one in ids]
        path = self._inbox / f".{self.posted:06}"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        path.chmod(0o644)
        path.rename(self._inbox / f"{self.posted:06}.jsonl")
        self.posted += number

    def asked(self, path: str) -> Any:
        """What the API answers with the key; None while it does not."""
        request = urllib.request.Request(URL + path, headers={"Authorization": f"Bearer {self._key}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def counted(self) -> int:
        """How many posts the API counts; -1 while it does not answer."""
        status = self.asked("/v1/status")
        return int(status["posts"]) if status else -1

    def arrives(self, number: int) -> None:
        """Post, and wait until exactly what was ever posted is counted."""
        self.post(number)
        until(lambda: self.counted() >= self.posted, f"{self.posted} posts counted")
        assert self.counted() == self.posted, f"{self.counted()} counted, {self.posted} posted"

    def is_shut(self) -> None:
        """Without a key there is nothing but health and the login page."""
        try:
            urllib.request.urlopen(URL + "/v1/status", timeout=20)
        except urllib.error.HTTPError as error:
            assert error.code == 401, error.code
        else:
            raise AssertionError("the API answers without a key")

    def shows(self) -> None:
        """Sign in with a browser and find the post on the page."""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            page.goto(URL + "/")
            page.fill("input[type=password]", self._key)
            page.click("button[type=submit]")
            page.get_by_text("of the inbox").first.wait_for()
            browser.close()
        told("a browser shows the posts")


def single(bench: Bench) -> None:
    """One container: posts in, seen by API and browser."""
    until(lambda: bench.counted() >= 0, "the API answers")
    bench.is_shut()
    bench.arrives(50)
    bench.shows()


def cluster(bench: Bench) -> None:
    """All of it: the same, and a worker and the database that crash."""
    single(bench)
    for part in ("spark-worker", "db", "collector", "api"):
        crash(part)
        bench.arrives(20)
        until(lambda part=part: is_well(part), f"{part} is healthy again")  # type: ignore[misc]


def crash(part: str) -> None:
    """End the main process of a part's first container as the kernel would for want of memory."""
    (process,) = docker("inspect", "--format", "{{.State.Pid}}", f"{PROJECT}_{part}_1").split()
    os.kill(int(process), signal.SIGKILL)
    told(f"{part} was killed")


def is_well(part: str) -> bool:
    """Whether a part's first container was started again and is healthy."""
    state = docker("inspect", "--format", "{{.RestartCount}} {{.State.Health.Status}}", f"{PROJECT}_{part}_1").split()
    return int(state[0]) >= 1 and state[1] == "healthy"


def docker(*arguments: str) -> str:
    """What the client says."""
    return subprocess.run(["/usr/bin/docker", *arguments], check=True, capture_output=True, text=True).stdout


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < PATIENCE, f"in {PATIENCE:.0f} s it did not come to pass that {what}"
        time.sleep(0.5)
    told(f"{what}, after {time.monotonic() - began:.1f} s")


def told(line: str) -> None:
    """Say what was found."""
    print(line, flush=True)


def stamp() -> str:
    """Now, as an export has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


if __name__ == "__main__":
    {"single": single, "cluster": cluster}[sys.argv[1]](Bench(Path(sys.argv[2])))
