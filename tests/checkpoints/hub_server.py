"""A small Hugging Face Hub on loopback: the three endpoints that its client calls, as it answers them.

`GET /api/models/ID/revision/REVISION` (and without a revision), `HEAD` and `GET /ID/resolve/COMMIT/FILE` with
`Range`; errors carry `X-Error-Code`. See https://huggingface.co/docs/hub/api.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ABOUT = re.compile(r"/api/models/(?P<name>[\w.-]+/[\w.-]+)(?:/revision/(?P<revision>[^?]+))?")
FILE = re.compile(r"/(?P<name>[\w.-]+/[\w.-]+)/resolve/(?P<revision>\w+)/(?P<path>[^?]+)")


class Hub(ThreadingHTTPServer):
    """Serves `repositories`, name to directory; `gated` ones are refused, `breaks` names files cut once.

    They are cut at nine tenths, because the client keeps what came in pieces of ten megabytes.
    """

    def __init__(self, repositories: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories = repositories
        self.gated: set[str] = set()
        self.breaks: set[str] = set()
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """The endpoint's URL."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip())
        found = ABOUT.match(self.path) or FILE.match(self.path)
        if not found or found["name"] not in self.server.repositories:
            return self.refuse(401, "RepoNotFound" if found else "")
        if found["name"] in self.server.gated:
            return self.refuse(403, "GatedRepo")
        if found["revision"] not in (None, "main", COMMIT):
            return self.refuse(404, "RevisionNotFound")
        directory = self.server.repositories[found["name"]]
        if self.path.startswith("/api/"):
            return self.about(found["name"], directory)
        path = directory / found["path"]
        return self.file(path) if path.is_file() else self.refuse(404, "EntryNotFound")

    def about(self, name: str, directory: Path) -> None:
        files = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
        self.send(json.dumps({"id": name, "sha": COMMIT, "siblings": [{"rfilename": file} for file in files]}).encode())

    def file(self, path: Path) -> None:
        content = path.read_bytes()
        ranged = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(ranged[1]) if ranged else 0
        self.send_response(206 if ranged else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content) - start))
        if ranged:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        if path.name in self.server.breaks:
            self.server.breaks.remove(path.name)
            self.wfile.write(content[: len(content) * 9 // 10])
            self.close_connection = True
            return
        self.wfile.write(content[start:])

    def send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(repositories: dict[str, Path]) -> Iterator[Hub]:
    """A hub that runs until the block ends."""
    hub = Hub(repositories)
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()
