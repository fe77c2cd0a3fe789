"""One channel: how a notice is sent, and whether trying again may help."""

from __future__ import annotations

import json
import smtplib
import ssl
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Protocol

import httpx
from pydantic import SecretStr

from voxpop import __version__
from voxpop.notify import signing, wording
from voxpop.stores.alerts import Due, Outcome

TIMEOUT_SECONDS: Final = 10.0
ATTEMPTS: Final = 12
FIRST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(hours=1)
"""Twelve tries, each after twice as long as the one before: about four hours in all."""
_PASSING: Final = (408, 425, 429)


class Channel(Protocol):
    """Where notices go. Tells what became of one; never raises for what the other side does."""

    @property
    def name(self) -> str:
        """What the settings call it."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it hears of; empty is all."""
        ...

    def send(self, due: Due) -> Outcome:
        """Send a notice; blocks for tens of seconds at most."""
        ...


def failed(due: Due, trouble: str, *, passing: bool = True, after: float | None = None) -> Outcome:
    """The outcome of a try that failed: again later, if it may pass and was not tried too often."""
    if not passing or due.attempts >= ATTEMPTS:
        return Outcome(trouble)
    wait = FIRST * 2 ** (due.attempts - 1) if after is None else timedelta(seconds=after)
    return Outcome(trouble, min(wait, LONGEST))


def message_id(due: Due) -> str:
    """What a receiver knows a notice by: the same for each try."""
    return f"{due.notice.alert}.{due.notice.event}"


@dataclass(frozen=True)
class Web:
    """Posts to a URL: the notice as it is, signed; or what Slack takes. Follows no redirects."""

    name: str
    topics: tuple[str, ...]
    kind: Literal["webhook", "slack"]
    url: SecretStr
    secret: SecretStr | None = None

    def send(self, due: Due) -> Outcome:
        """Post it; an answer of 2xx is a success. What the server says besides is not kept, for it may be a secret."""
        body = due.notice.body.encode()
        signed: dict[str, str] = {}
        if self.kind == "slack":
            body = json.dumps(wording.slack(json.loads(body))).encode()
        else:
            signed = signing.headers(self.secret, message_id(due), int(time.time()), body)
        kind = {"content-type": "application/json", "user-agent": f"voxpop/{__version__}"}
        try:
            answer = httpx.post(
                self.url.get_secret_value(), content=body, headers={**kind, **signed}, timeout=TIMEOUT_SECONDS
            )
        except httpx.InvalidURL:
            return failed(due, "its url is no address", passing=False)
        except httpx.HTTPError as error:
            return failed(due, f"it does not answer ({type(error).__name__})")
        if answer.is_success:
            return Outcome()
        status = answer.status_code
        passing = status in _PASSING or status >= 500
        return failed(due, f"it answered {status}", passing=passing, after=_after(answer))


def _after(answer: httpx.Response) -> float | None:
    """The seconds that the server asks to wait for."""
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdigit() and len(given) < 6 else None


@dataclass(frozen=True)
class Server:
    """A mail server, and how to get in."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: SecretStr | None = None


@dataclass(frozen=True)
class Mail:
    """Mails a notice; certificates are checked, and a password goes through TLS alone."""

    name: str
    topics: tuple[str, ...]
    server: Server
    sender: str
    to: tuple[str, ...]

    def send(self, due: Due) -> Outcome:
        """Mail it to all of `to` at once; a server that refuses some of them has sent it to the others."""
        message = wording.mail(json.loads(due.notice.body), f"{message_id(due)}.{self.name}", self.sender, self.to)
        try:
            with self._connected() as server:
                refused = server.send_message(message)
        except smtplib.SMTPRecipientsRefused:
            return failed(due, "it refuses every recipient", passing=False)
        except smtplib.SMTPResponseException as error:
            return failed(due, f"it answered {error.smtp_code}", passing=error.smtp_code < 500)
        except smtplib.SMTPNotSupportedError:
            return failed(due, "it does not do STARTTLS or AUTH; set security", passing=False)
        except (smtplib.SMTPException, OSError) as error:
            return failed(due, f"it does not answer ({type(error).__name__})")
        return Outcome() if not refused else Outcome(f"it refused {len(refused)} of {len(self.to)} recipients")

    def _connected(self) -> smtplib.SMTP:
        server, context = self.server, ssl.create_default_context()
        if server.security == "tls":
            opened: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            opened = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                opened.starttls(context=context)
            if server.user and server.password:
                opened.login(server.user, server.password.get_secret_value())
        except BaseException:
            opened.close()
            raise
        return opened
