"""What a listening socket gives the connections that come from it."""

from __future__ import annotations

import socket
import time

import pytest

from voxpop.errors import Terminal
from voxpop.listening import listen


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends what nobody reads")
def test_a_connection_whose_client_reads_nothing_ends() -> None:
    with listen("127.0.0.1", 0, unread=0.5) as listening:
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as served:
            served.setblocking(False)
            end = time.monotonic() + 60
            with pytest.raises(TimeoutError):
                while time.monotonic() < end:
                    try:
                        served.send(b"x" * 65_536)
                    except BlockingIOError:
                        time.sleep(0.05)


def test_a_port_that_is_taken_is_refused_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as listening, pytest.raises(Terminal, match="--port 0 for any"):
        listen("127.0.0.1", listening.getsockname()[1])
