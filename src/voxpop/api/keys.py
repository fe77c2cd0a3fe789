"""API keys: made once, shown once, kept as hashes in a file of the data directory."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout
from pydantic import SecretStr

from voxpop.api.caller import SCOPES, Scope
from voxpop.errors import Terminal

FILE: Final = "keys.json"
SHAPE: Final = re.compile(r"vp_[A-Za-z0-9_-]{43}")
"""What every key looks like: a mark that scanners can find, and 256 random bits."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WAIT_SECONDS: Final = 10.0


class Key(msgspec.Struct, frozen=True):
    """What is kept of a key: never the key itself.

    Attributes:
        digest: the key's SHA-256. A slow hash (bcrypt, Argon2) protects what people choose, which can be guessed; a key
            has 256 random bits, which cannot, so a fast one loses nothing and costs no request 100 ms.
        used: the UTC day on which it last opened something, as a running server noted it.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None = None
    used: date | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires is None or now < self.expires


class _File(msgspec.Struct):
    """What the file holds; `secret` signs the dashboard's sessions."""

    secret: str = ""
    keys: tuple[Key, ...] = ()


class KeyRing:
    """The keys of one data directory.

    Every change is written by one rename under a lock that all processes respect, readable by its owner alone; a
    running server sees it at its next request. Any thread may call any method.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._changing = threading.Lock()
        self._known = _File()
        self._seen: tuple[int, ...] | None = None

    def create(self, name: str, scopes: Sequence[str], expires: datetime | None = None) -> tuple[Key, SecretStr]:
        """Make a key; answers what is kept of it, and the key, which nobody can tell again.

        Raises:
            Terminal: the name is taken or none, there is no scope or an unknown one, or the time has passed.
        """
        now = datetime.now(UTC)
        if not _NAME.fullmatch(name):
            raise Terminal(f"{name!r} is no name of a key; use letters, digits, dots, hyphens, at most 64")
        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown:
            raise Terminal(f"{', '.join(unknown)} is no scope; there are {', '.join(SCOPES)}")
        if not scopes or (expires and expires <= now):
            raise Terminal("a key needs a scope and time left to it; give --scope read and a later --days")
        secret = f"vp_{secrets.token_urlsafe(32)}"
        kept = tuple(scope for scope in SCOPES if scope in scopes)
        key = Key(uuid.uuid4().hex[:12], name, _digest(secret), kept, now, expires)

        def added(keys: tuple[Key, ...]) -> tuple[Key, ...]:
            if any(known.name == name for known in keys):
                raise Terminal(f"there is a key {name!r} already; revoke it first, or choose another name")
            return (*keys, key)

        self._change(added)
        return key, SecretStr(secret)

    def accept(self, name: str, secret: SecretStr, scopes: Sequence[Scope]) -> bool:
        """Know a key that was made elsewhere by this name, in the place of the one that has it; tells if that is news.

        Several servers may do this at once.

        Raises:
            Terminal: the secret is no `vp_` and 43 characters, or the name is none; neither is repeated.
        """
        plain = secret.get_secret_value()
        if not SHAPE.fullmatch(plain) or not _NAME.fullmatch(name):
            raise Terminal(f"what is given as the key {name!r} is no key: vp_ and 43 letters, digits, - or _")
        digest, kept = _digest(plain), tuple(scope for scope in SCOPES if scope in scopes)

        def is_known(keys: tuple[Key, ...]) -> bool:
            return any((key.name, key.digest, key.scopes, key.expires) == (name, digest, kept, None) for key in keys)

        def accepted(keys: tuple[Key, ...]) -> tuple[Key, ...]:
            new = Key(uuid.uuid4().hex[:12], name, digest, kept, datetime.now(UTC))
            return keys if is_known(keys) else (*(key for key in keys if key.name != name), new)

        if is_known(self.keys()):
            return False
        self._change(accepted)
        return True

    def revoke(self, name: str) -> Key:
        """Forget a key: from now on it opens nothing, and neither do the sessions it opened.

        Raises:
            Terminal: there is none of this name.
        """
        gone: list[Key] = []

        def without(keys: tuple[Key, ...]) -> tuple[Key, ...]:
            gone.extend(key for key in keys if key.name == name)
            if not gone:
                raise Terminal(f"there is no key {name!r}; `voxpop keys list` lists those there are")
            return tuple(key for key in keys if key.name != name)

        self._change(without)
        return gone[0]

    def keys(self) -> tuple[Key, ...]:
        """Every key, those that have expired as well.

        Raises:
            Terminal: the file cannot be read; a server then lets nobody in.
        """
        return self._current().keys

    def live(self) -> tuple[Key, ...]:
        """The keys that open something now."""
        now = datetime.now(UTC)
        return tuple(key for key in self.keys() if key.is_live(now))

    def find(self, secret: str) -> Key | None:
        """The live key that `secret` is; compares with each, in constant time, so that time tells nothing."""
        digest, found = _digest(secret), None
        for key in self.live():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def get(self, key_id: str) -> Key | None:
        """The live key of an id."""
        return next((key for key in self.live() if key.id == key_id), None)

    def signing_secret(self) -> str:
        """What signs sessions, made with the first key.

        Raises:
            Terminal: there is none, for nothing may be signed with nothing.
        """
        if secret := self._current().secret:
            return secret
        raise Terminal(f"{self.path} has nothing to sign sessions with; create a key with `voxpop keys create`")

    def note_used(self, key: Key) -> None:
        """Note that a key was used today: one write a day and key, left out where the file is locked or read-only."""
        today = datetime.now(UTC).date()
        if key.used == today:
            return

        def noted(keys: tuple[Key, ...]) -> tuple[Key, ...]:
            return tuple(msgspec.structs.replace(one, used=today) if one.id == key.id else one for one in keys)

        try:
            self._change(noted, wait=0)
        except (Timeout, OSError):
            return

    def _current(self) -> _File:
        stamp = self._stamp()
        if stamp != self._seen:
            self._known = self._read()
            self._seen = stamp
        return self._known

    def _change(self, change: Callable[[tuple[Key, ...]], tuple[Key, ...]], wait: float = _WAIT_SECONDS) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._changing, FileLock(f"{self.path}.lock", timeout=wait):
            before = self._read()
            after = _File(before.secret or secrets.token_urlsafe(32), change(before.keys))
            _write(self.path, msgspec.json.format(msgspec.json.encode(after), indent=2))

    def _read(self) -> _File:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_File)
        except FileNotFoundError:
            return _File()
        except msgspec.DecodeError as error:
            # The reason alone: what stands in the file is nobody's to read in a log.
            raise Terminal(f"{self.path} holds no keys ({error}); restore it, or remove it and create keys") from None

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, by one rename; a reader sees the old one or the new one."""
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
