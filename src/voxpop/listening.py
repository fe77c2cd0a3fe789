"""Where the server listens, and how long it waits for a client that no longer takes anything."""

from __future__ import annotations

import socket
from typing import Final

from voxpop.errors import Terminal

UNREAD_SECONDS: Final = 120.0


def listen(host: str, port: int, unread: float = UNREAD_SECONDS) -> socket.socket:
    """Bind and listen; port 0 is any that is free.

    The kernel ends a connection whose client takes nothing for `unread` seconds, lost ones among them: TCP_USER_TIMEOUT
    (RFC 5482), which connections have of the socket that they come from. Without it what was sent to a reader who is
    gone, or who was shed, stays in memory until the system gives up. The trap: only Linux knows it.

    Raises:
        Terminal: the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise Terminal(f"port {port} is not free on {host}; name another with --port, or --port 0 for any") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(unread * 1000))
    return listening
