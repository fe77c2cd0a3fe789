"""A notice of an alert, sent out of a container to a receiver on this machine's side of its network."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from deploy.test.parts import PROJECT, docker, first
from deploy.test.waiting import told

SECRET: Final = "whsec_" + "bm90aWNlcyBvZiBhIHRlc3QgYmVuY2g="
TESTING: Final = "cat >/tmp/notices.toml && voxpop alerts --test --config /tmp/notices.toml >&2"


def leave_by(part: str, network: str) -> None:
    """A test notice from a part's container arrives at this machine's address on that network, signed.

    Raises:
        AssertionError: it does not.
    """
    with _receiver() as (port, taken):
        _send(part, network, port)
        ((headers, body),) = taken
    assert headers["webhook-signature"].startswith("v1,"), headers
    assert json.loads(body)["type"], body
    told(f"a notice left by {part}")


def _send(part: str, network: str, port: int) -> None:
    gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", f"{PROJECT}_{network}")
    settings = f'[[channels]]\nkind = "webhook"\nurl = "http://{gateway.decode().strip()}:{port}/notices"\n'
    command = ("exec", "-i", "-e", f"VOXPOP_WEBHOOK_SECRET={SECRET}", first(part), "sh", "-c", TESTING)
    docker(*command, given=settings.encode())


@contextmanager
def _receiver() -> Iterator[tuple[int, list[tuple[dict[str, str], bytes]]]]:
    taken: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    # On every address: the container's network has one of its own on this machine.
    with ThreadingHTTPServer(("", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], taken
        finally:
            server.shutdown()
            thread.join()
