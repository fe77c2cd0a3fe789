"""What both clients share: where Voxpop is, the key, how often to ask again, and how errors read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
from pydantic import SecretStr

from voxpop import __version__
from voxpop.client import answers
from voxpop.client.questions import Question
from voxpop.errors import Terminal, Transient, VoxpopError

T = TypeVar("T")
URL: Final = "http://127.0.0.1:8050"
PAGE: Final = 200
_LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True)
class Reach:
    """How to reach a server.

    Attributes:
        url: its address; None is `VOXPOP_URL` of the environment, or this machine's.
        key: an API key; None is `VOXPOP_KEY` of the environment, or none.
        timeout: seconds to wait for an answer.
        retries: how often to ask again when the server is busy or cannot be reached.
    """

    url: str | None = None
    key: SecretStr | None = None
    timeout: float = 30.0
    retries: int = 2

    @property
    def address(self) -> str:
        """The server's address, without a slash at its end."""
        return (self.url or os.environ.get("VOXPOP_URL") or URL).rstrip("/")

    def options(self) -> dict[str, Any]:
        """What an httpx client is made with.

        Raises:
            Terminal: the address is none.
        """
        if not self.address.startswith(("http://", "https://")):
            raise Terminal(f"{self.address!r} is no address; give one such as {URL}")
        headers = {"User-Agent": f"voxpop/{__version__}"}
        key = self.key or (SecretStr(os.environ["VOXPOP_KEY"]) if "VOXPOP_KEY" in os.environ else None)
        if key:
            headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        return {"base_url": self.address, "headers": headers, "timeout": self.timeout}

    def unreachable(self, cause: httpx.TransportError) -> Transient:
        """The error when no answer comes."""
        return Transient(
            f"no answer from {self.address} ({type(cause).__name__}); start it with `voxpop serve`, or name another "
            "address as url, --url or VOXPOP_URL"
        )

    def pause(self, question: Question[Any], error: VoxpopError, tried: int) -> float:
        """Seconds to wait before asking again.

        Raises:
            VoxpopError: the error itself, where asking again is of no use, or was done often enough.
        """
        if not isinstance(error, Transient) or not question.repeats or tried >= self.retries:
            raise error
        return min(error.retry_after if error.retry_after is not None else 0.5 * 2**tried, _LONGEST_WAIT)


def request(question: Question[Any]) -> dict[str, Any]:
    """The arguments of httpx's `request`."""
    given: dict[str, Any] = {"method": question.method, "url": question.path, "params": list(question.params)}
    return given if question.body is None else {**given, "json": question.body}


def read(question: Question[T], answer: httpx.Response) -> T:
    """The result of an answer.

    Raises:
        Terminal: the server refuses, or it is no Voxpop.
        Transient: it asks to come back later.
    """
    if not answer.is_success:
        raise answers.error(answer)
    try:
        return question.read(answer)
    except (ValueError, KeyError, TypeError) as error:
        raise Terminal(f"{answer.url.host} answers {question.path} like no Voxpop; check the address") from error
