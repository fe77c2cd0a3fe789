"""Checkpoints from the Hugging Face Hub: by an allow-list of files, at one commit, resumed when the line breaks.

The client is `huggingface_hub`, so `HF_ENDPOINT`, `HF_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE` mean what they do there.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from voxpop import console
from voxpop.checkpoints import layout
from voxpop.errors import Terminal, Transient

PREFIX: Final = "hub:"
FILES: Final = (
    "config.json",
    "tokenizer*.json",
    "special_tokens*.json",
    "added_tokens.json",
    "vocab*.json",
    "vocab*.txt",
    "merges.txt",
    "*.model",
)
"""What is fetched beside the weights: data in JSON, text or SentencePiece's format; never code, never a pickle."""

_REFERENCE: Final = re.compile(r"hub:(?P<repository>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")


@dataclass(frozen=True)
class Fetched:
    """A checkpoint's files on this machine, and the commit they are of (40 hex digits)."""

    directory: Path
    commit: str


def fetch(reference: str) -> Fetched:
    """Download what is needed of `hub:org/name[@revision]`; what is there already is not asked for again.

    Without a network the files of an earlier download do.

    Raises:
        Terminal: no such repository or revision, no right to read it, no room, or nothing in it that may be opened.
        Transient: the Hub could not be reached, and nothing is there from before.
    """
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise Terminal(f"{reference!r} names no model of the Hub; write hub:org/name or hub:org/name@revision")
    from huggingface_hub import HfApi, errors, hf_hub_download

    repository, revision = found["repository"], found["revision"]
    with _errors_explained(reference):
        try:
            about = HfApi().model_info(repository, revision=revision)
        except errors.HfHubHTTPError:
            raise
        except (errors.OfflineModeIsEnabled, _transport()):
            return _from_before(repository, revision)
        files = [sibling.rfilename for sibling in about.siblings or []]
        for file in wanted(files, reference):
            hf_hub_download(repository, file, revision=about.sha)
        # By its own name once more, so that the client notes which commit that name meant: offline it must know.
        hf_hub_download(repository, "config.json", revision=revision)
        directory = Path(hf_hub_download(repository, "config.json", revision=about.sha)).parent
    return Fetched(directory, str(about.sha))


def wanted(files: list[str], name: str) -> list[str]:
    """Of a repository's files, those to download; the weights last. Raises `Terminal` where there is no model.

    >>> wanted(["config.json", "model.safetensors", "pytorch_model.bin", "run.py", "vocab.txt"], "it")
    ['config.json', 'vocab.txt', 'model.safetensors']
    """
    if "config.json" not in files:
        raise Terminal(f"{name} has no config.json, so it is no checkpoint; use another")
    weights = layout.weights(files, name)
    data = [file for file in sorted(files) if any(fnmatchcase(file, each) for each in FILES) and "/" not in file]
    if weights.endswith(".onnx"):
        return [*data, weights]
    sharded = [file for file in sorted(files) if fnmatchcase(file, "*.safetensors*") and "/" not in file]
    return [*data, *sharded]


def _from_before(repository: str, revision: str | None) -> Fetched:
    from huggingface_hub import hf_hub_download

    directory = Path(hf_hub_download(repository, "config.json", revision=revision, local_files_only=True)).parent
    console.say(f"the Hub cannot be reached; using the {repository} of an earlier download, {directory.name[:12]}")
    return Fetched(directory, directory.name)


def _transport() -> type[Exception]:
    from huggingface_hub.errors import HfHubHTTPError

    # The base of every error of the HTTP library that this version of the client is built on (httpx, then httpx2).
    base: type[Exception] = HfHubHTTPError.__bases__[0]
    return base


@contextmanager
def _errors_explained(reference: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _explained(reference, error) from error


def _explained(reference: str, error: Exception) -> Exception:
    """The error to raise for one of the client's; the kinds are tried in order, for some are kinds of others."""
    from huggingface_hub import errors

    stop: tuple[tuple[type[Exception], str], ...] = (
        (errors.GatedRepoError, "is for those who accepted its terms; accept them on its page, then set HF_TOKEN"),
        (errors.RevisionNotFoundError, "has no such revision; give a branch, a tag or a commit"),
        (errors.RepositoryNotFoundError, "is not there, or not yours to read; check the name, or set HF_TOKEN"),
        (errors.EntryNotFoundError, "lacks a file that it lists; name another revision"),
        (errors.HFValidationError, "is no name that the Hub could have; check it"),
    )
    if isinstance(error, errors.LocalEntryNotFoundError):
        return Transient(f"{reference} is not on this machine and the Hub cannot be reached; connect once")
    for kind, sentence in stop:
        if isinstance(error, kind):
            return Terminal(f"{reference} {sentence}")
    if isinstance(error, errors.HfHubHTTPError):
        return _refused(reference, error.response.status_code)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        return Terminal(f"{reference}: {error.strerror}; make room, or set HF_HOME to another directory")
    if isinstance(error, (_transport(), OSError)):
        return Transient(f"{reference}: the line to the Hub broke; try again, what came is kept")
    return error


def _refused(reference: str, status: int) -> Terminal | Transient:
    if status in (401, 403):
        return Terminal(f"{reference}: the Hub refused ({status}); set HF_TOKEN to a token that may read it")
    return Transient(f"{reference}: the Hub answered {status}; try again later")
