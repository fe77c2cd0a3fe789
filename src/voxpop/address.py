"""Where a PostgreSQL database is, without its password in anything that is shown."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

SCHEMES: Final = ("postgresql", "postgres")
_UNREADABLE: Final = (
    "this URL of PostgreSQL cannot be read; write postgresql://USER@HOST:PORT/DATABASE, with special characters of "
    "user and password percent-encoded, or the password in PGPASSWORD"
)


class Address:
    """A `postgresql://` URL; `str()` and `repr()` leave the password out.

    >>> print(Address(SecretStr("postgresql://ana:secret@db.example.org/voxpop?sslmode=require")))
    postgresql://ana@db.example.org/voxpop

    Attributes:
        url: all of it, for the driver. What it leaves out comes from libpq's environment: `PGHOST`, `PGPASSWORD`,
            `PGPASSFILE` and so on.

    Raises:
        ValueError: it is none; the message repeats nothing of it, for it may hold a password.
    """

    def __init__(self, url: SecretStr) -> None:
        self.url = url
        try:
            parts = urlsplit(url.get_secret_value())
            user, host = unquote(parts.username or ""), parts.hostname or ""
            port = f":{parts.port}" if parts.port else ""
            parameters = dict(parse_qsl(parts.query))
        except ValueError as error:
            raise ValueError(_UNREADABLE) from error
        # A password with a bare / ? or # ends the part it stands in; its rest must not be taken for a name.
        if parts.scheme not in SCHEMES or "@" in parts.path + parts.query or parts.fragment:
            raise ValueError(_UNREADABLE)
        self.database = unquote(parts.path.strip("/"))
        self._shown = f"postgresql://{f'{user}@' if user else ''}{host or parameters.get('host', '')}{port}"

    def __str__(self) -> str:
        return f"{self._shown}/{self.database}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"
