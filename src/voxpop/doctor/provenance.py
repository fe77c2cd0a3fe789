"""What the doctor finds of the settings: each one's value and where it came from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from voxpop import config
from voxpop.config import Settings
from voxpop.doctor.check import Check


def provenance(settings: Settings, file: Path | None, flags: dict[str, Any]) -> Iterator[Check]:
    """Each setting and where it came from; a secret shows as stars, for its type is `SecretStr`."""
    named = file or (Path(os.environ["VOXPOP_CONFIG"]) if "VOXPOP_CONFIG" in os.environ else None)
    path = named or config.DEFAULT_FILE
    in_file = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name in type(settings).model_fields:
        origin = "default"
        if name in in_file:
            origin = str(path)
        if (secrets := os.environ.get(config.SECRETS)) and (Path(secrets) / f"voxpop_{name}").is_file():
            origin = f"file of {secrets}"
        if any(key.upper() == f"VOXPOP_{name}".upper() for key in os.environ):
            origin = "environment"
        if flags.get(name) is not None:
            origin = "flag"
        # A URL of the store is shown without its password.
        value = (settings.database or "duckdb") if name == "store" else getattr(settings, name)
        yield Check(f"setting {name}", "ok", f"{shown(value)} ({origin})")


def shown(value: Any) -> str:
    """A setting as one writes it in `voxpop.toml`; of a table only what it sets, and no secret.

    >>> shown(("gta6", "tesla")), shown(None), shown({"text": "Tweet"})
    ('[gta6, tesla]', 'none', '{text = Tweet}')
    >>> shown(config.SourceSettings(kind="files", paths=(Path("exports"),)))
    '{kind = files, paths = [exports]}'
    """
    match value:
        case BaseModel():
            return shown(
                {key: getattr(value, key) for key in type(value).model_fields if key in value.model_fields_set}
            )
        case dict():
            return "{" + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(shown, value)) + "]"
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
