"""What PostgreSQL and the way to it refuse, as one sentence that ends with the fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from voxpop.address import Address
from voxpop.errors import Terminal, Transient

AWAY: Final = ("08", "57", "40")
"""Classes of SQLSTATE that pass: the connection, the operator's hand, a transaction that another one stopped."""
BUSY: Final = ("53300", "53400", "55P03", "25P03")
READ_ONLY: Final = "25006"
_FIXES: Final = {
    "28": "the password or the user is wrong, or pg_hba.conf does not let the user in; correct the URL, PGPASSWORD or "
    "PGPASSFILE",
    "3D": "make it with `createdb`, or name another in the URL",
    "42501": "make the user owner of the database: alter database … owner to …; with --read-only, grant it select",
    "42P01": "it holds no store of this version; start `voxpop run --store …` of this version first",
    "3F": "make the schema, or leave search_path out of the URL",
    "53100": "make room on the disk of the database and start again; nothing of it was written",
    "53200": "give the database more memory and start again; nothing of it was written",
}
"""Classes or codes of SQLSTATE that stay as they are until somebody does something, and what."""


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn what asyncpg and the network raise in the block into `Terminal` and `Transient`.

    An error that neither the database's operator nor time can mend, such as a broken constraint, passes as it is.

    Raises:
        Transient: the database is away, or too busy.
        Terminal: it does not let us in or cannot go on; says what to do.
    """
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        raise _told(error, address) from error
    except asyncpg.ClientConfigurationError:
        # The driver's own sentence may repeat what it was given, which can hold a password.
        raise Terminal(f"{address}: the driver does not take this URL; correct its parameters") from None
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        # The last is what the driver says of a connection that broke between two statements.
        if isinstance(error, ValueError):
            raise
        raise Transient(f"{address} does not answer ({_first_line(error)}); start it, or correct the URL") from error


def _told(error: Any, address: Address) -> Exception:
    code, text = error.sqlstate or "", _first_line(error)
    if code in BUSY or code.startswith(AWAY):
        return Transient(f"{address} is not ready ({text}); it is tried again")
    if code == READ_ONLY:
        return Transient(f"{address} takes no writes ({text}); it is tried again, or name the primary in the URL")
    fix = next((fix for known, fix in _FIXES.items() if code.startswith(known)), None)
    return Terminal(f"{address}: {text}; {fix}") if fix else error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
