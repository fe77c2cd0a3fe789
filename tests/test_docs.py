"""The documentation says what is so: generated pages are current, links lead somewhere, the quickstart runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.serving import serving
from tests.api.wordlist import WordScorer, pipeline_status
from tests.posts import post
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.catalogue import Catalogue
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.stores.duckdb import DuckDBStore

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_to_files(page: Path) -> None:
    broken = [target for target, _ in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert not broken


def test_generated_pages_are_current() -> None:
    subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, check=True)


def test_the_readme_names_its_two_commands_and_they_are_targets() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.slow
def test_the_quickstart_runs_as_written(tmp_path: Path) -> None:
    """Its commands, in a directory that holds nothing but the export; `serve` is left out, for it never ends."""
    shutil.copy(ROOT / "tests" / "fixtures" / "files" / "table.csv", tmp_path / "posts.csv")
    blocks = "".join(SHELL.findall((ROOT / "docs" / "quickstart.md").read_text()))
    commands = [line for line in blocks.splitlines() if re.match(r"\.venv/bin/voxpop (?!serve)", line)]
    assert len(commands) >= 3
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in commands:
        line = command.replace(".venv/bin/voxpop", "python -m voxpop")
        subprocess.run(line, shell=True, cwd=tmp_path, env=environment, check=True, timeout=120)
    assert (tmp_path / "my-data" / "store.duckdb").exists()


def test_the_examples_of_the_http_interface_run_as_written(tmp_path: Path) -> None:
    """Against a server on a few posts, whose live streams end by themselves."""
    blocks = SHELL.findall((ROOT / "docs" / "http.md").read_text())
    assert sum("curl" in block for block in blocks) >= 12
    catalogue = Catalogue(TOPICS.topics, tmp_path)
    store = DuckDBStore.open(tmp_path / "store.duckdb", catalogue.matcher)
    catalogue.followed_by(store.follow)
    store.load(*cut([event()], [])[0])
    log = Log(tmp_path)
    log.append(to_batch([post("a plum")]), log.tail(), {})
    service = Service(store, WordScorer(), catalogue, None, pipeline_status, closing=lambda: True, log=log)
    with serving(service) as address:
        for block in blocks:
            script = block.replace("http://127.0.0.1:8050", address).replace("curl -s", "curl --fail-with-body -s")
            subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "posts.parquet").read_bytes().startswith(b"PAR1")
    store.close()
