"""Writes what an image holds as a CycloneDX 1.6 document: Python packages, Debian packages, and the models.

Run inside the image, by its build: `python sbom.py VERSION OUT`; with `library` behind it, in an environment that holds
a wheel and what it needs, of which Debian's packages are no part. The document holds no time and no random number, so
the same content gives the same bytes. Licences are as packages name them; what names none has none here.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

STATUS = Path("/var/lib/dpkg/status")


def python_packages() -> Iterator[dict[str, Any]]:
    """What is installed beside this Python."""
    for found in distributions():
        name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        part: dict[str, Any] = {"type": "library", "name": name, "version": found.version}
        part["purl"] = f"pkg:pypi/{name}@{quote(found.version)}"
        if "License-Expression" in found.metadata:
            part["licenses"] = [{"expression": found.metadata["License-Expression"]}]
        yield part


def debian_packages(status: Path = STATUS) -> Iterator[dict[str, Any]]:
    """What dpkg says is installed; nothing where there is no dpkg."""
    if not status.is_file():
        return
    for paragraph in status.read_text(encoding="utf-8").strip().split("\n\n"):
        fields = HeaderParser().parsestr(paragraph)
        if "installed" in fields.get("Status", "").split():
            name, version, machine = fields["Package"], fields["Version"], fields["Architecture"]
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={machine}"
            yield {"type": "library", "name": name, "version": version, "purl": purl}


def models() -> Iterator[dict[str, Any]]:
    """The models in the package, by the hash of each file."""
    import voxpop

    for card in sorted((Path(voxpop.__file__).parent / "models").glob("*/model.json")):
        files = sorted(path for path in card.parent.iterdir() if path.suffix in (".onnx", ".json"))
        inner = [
            {"type": "file", "name": path.name, "hashes": [{"alg": "SHA-256", "content": _digest(path)}]}
            for path in files
        ]
        licence = json.loads(card.read_text(encoding="utf-8")).get("licence")
        named = {"licenses": [{"license": {"id": licence}}]} if licence else {}
        yield {"type": "machine-learning-model", "name": card.parent.name, **named, "components": inner}


def document(version: str, kind: str = "container") -> dict[str, Any]:
    """The whole document, in an order that depends on names alone; `kind` is CycloneDX's word for what it is of."""
    parts = [*python_packages(), *(debian_packages() if kind == "container" else ())]
    parts.sort(key=lambda part: part["purl"])
    for part in parts:
        part["bom-ref"] = part["purl"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": kind, "name": "voxpop", "version": version, "bom-ref": "image"}},
        "components": [*parts, *models()],
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    written = document(sys.argv[1], *sys.argv[3:])
    Path(sys.argv[2]).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
