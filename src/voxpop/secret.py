"""Secrets that are kept in files: tokens, passwords, addresses that let in whoever knows them."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from voxpop.errors import Terminal


def read(path: Path, setting: str) -> SecretStr:
    """The one secret that the file `path` holds, without the white space around it.

    Args:
        path: `~` is the home directory.
        setting: the name of the setting that named the file, for messages.

    Raises:
        Terminal: the file cannot be read, or holds nothing, or more than one line. No message repeats what it holds.
    """
    try:
        text = path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Terminal(f"the {setting} {path} cannot be read; write the secret into it") from error
    if not text or not text.isprintable():
        raise Terminal(f"the {setting} {path} does not hold one secret; write it there, alone")
    return SecretStr(text)
