"""A PostgreSQL server of one's own, from the binaries of the system, or a given one."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from pydantic import SecretStr

from voxpop.address import Address

GIVEN = "VOXPOP_TEST_POSTGRES"
USER, PASSWORD = "voxpop", "s3cret word"
CONFIGURATION = """
fsync = off
full_page_writes = off
max_connections = 60
shared_buffers = 64MB
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
log_min_messages = fatal
"""
_numbers = itertools.count(1)


def binaries() -> Path | None:
    """The directory of the newest server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@dataclass
class Server:
    """A server that the tests may stop and start; `url` is that of its first database."""

    url: str
    directory: Path | None = None
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    spare: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(tool("postgres")), "-D", f"{self.directory}/data", "-p", str(self.port)]
        self.process = subprocess.Popen(as_postgres(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < end, "PostgreSQL did not start"
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self.run("select 1")
        except Exception:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once, breaking off every connection; SIGQUIT does so without a word."""
        assert self.process
        self.process.send_signal(how)
        self.process.wait(60)

    def run(self, sql: str, database: str = "postgres") -> list[Any]:
        """Run one statement as the server's first user."""
        return asyncio.run(_run(self.of(database), sql))

    def of(self, database: str) -> str:
        """The URL of another database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def fresh(self) -> str:
        """The URL of an empty database."""
        return self.spare.pop() if self.spare else self.create()

    def create(self) -> str:
        """The URL of a new database."""
        name = f"voxpop_test_{os.getpid()}_{next(_numbers)}"
        self.run(f"create database {name}")
        return self.of(name)

    def clear(self, url: str) -> None:
        """Empty a database for the next test; to drop it would wait for the disk."""
        again = "create schema public; grant usage on schema public to public"
        self.run(f"drop schema if exists public cascade; {again}", urlsplit(url).path[1:])
        self.spare.append(url)

    def drop_all(self) -> None:
        """Remove the databases that were made."""
        for url in self.spare:
            self.run(f"drop database {urlsplit(url).path[1:]} with (force)")


async def _run(url: str, sql: str) -> list[Any]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        if ";" in sql:
            await connection.execute(sql)
            return []
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def tool(name: str) -> Path:
    """One of PostgreSQL's programs."""
    directory = binaries()
    assert directory
    return directory / name


def as_postgres(command: list[str]) -> list[str]:
    """The command, as a user that PostgreSQL accepts, ended with this process."""
    if os.geteuid():
        return command
    who = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT"]
    return ["setpriv", *who, *command]


def address(url: str) -> Address:
    """An address from a plain URL."""
    return Address(SecretStr(url))


@contextmanager
def own() -> Iterator[Server]:
    """A server of one's own on a free port of loopback, with a password; thrown away in the end."""
    pytest.importorskip("asyncpg", reason="install asyncpg with pip install 'voxpop[postgres]'")
    if not binaries():
        pytest.skip("install PostgreSQL's server, on Debian with apt-get install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="voxpop-postgres-"))
    try:
        (directory / "password").write_text(PASSWORD)
        if not os.geteuid():
            shutil.chown(directory, "postgres")
            shutil.chown(directory / "password", "postgres")
        initialise = [str(tool("initdb")), "-D", f"{directory}/data", "-U", USER, "--no-sync", "-E", "UTF8"]
        secret = [
            "--locale-provider=icu",
            "--icu-locale=en",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--pwfile={directory}/password",
        ]
        subprocess.run(as_postgres([*initialise, *secret]), check=True, stdout=subprocess.DEVNULL)
        with (directory / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"postgresql://{USER}:{quote(PASSWORD)}@127.0.0.1:{port}/postgres"
        server = Server(url, directory, port)
        server.start()
        yield server
        if server.process and server.process.poll() is None:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def serving() -> Iterator[Server]:
    """The server that `VOXPOP_TEST_POSTGRES` names, else one of one's own."""
    given = os.environ.get(GIVEN)
    if given:
        server = Server(given)
        yield server
        server.drop_all()
    else:
        with own() as server:
            yield server
