"""Posts into the inbox, and what the API says of them."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from deploy.test.waiting import until

URL: Final = f"http://{os.environ.get('VOXPOP_PUBLISH', '127.0.0.1:8050')}"
TEXT: Final = "the gta 6 trailer is wonderful, number {} of the inbox"


class Bench:
    """One set of containers that is looked at; its directory holds `secrets/` and `inbox/`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = (directory / "secrets" / "voxpop_admin_key").read_text()
        self.posted = 0
        self._inbox = directory / "inbox"

    def post(self, number: int) -> None:
        """Put posts into the inbox, by one rename."""
        ids = range(self.posted, self.posted + number)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        rows = [{"id": f"c{one}", "text": TEXT.format(one), "created_at": now, "lang": "en"} for one in ids]
        path = self._inbox / f".{self.posted:06}"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        path.chmod(0o644)
        path.rename(self._inbox / f"{self.posted:06}.jsonl")
        self.posted += number

    def empty_inbox(self) -> None:
        """Take away every file that was put there."""
        for path in self._inbox.iterdir():
            path.unlink()

    def counted(self) -> int:
        """How many posts the API counts; -1 while it does not answer."""
        request = urllib.request.Request(URL + "/v1/status", headers={"Authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):
            return -1
        return int(status["posts"])

    def arrives(self, number: int) -> None:
        """Post, and wait until exactly what was ever posted is counted."""
        self.post(number)
        self.is_complete()

    def is_complete(self) -> None:
        """Wait until what was ever posted is counted; no post twice."""
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
