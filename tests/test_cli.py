from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from tests.command import answer, voxpop
from voxpop import cli
from voxpop.cli.app import GROUPS
from voxpop.demo import recording

ROOT = Path(__file__).parent.parent
COMMANDS: dict[str, Any] = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
STARTED = re.compile(r"dashboard +(http://\S+)")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_the_common_options(name: str) -> None:
    shown = voxpop(name, "--help").stdout
    assert f"Example: voxpop {name}" in shown
    # `query` answers tables, in a form of the reader's choice.
    assert ("--json" in shown.split()) == (name != "query") and ("--format" in shown.split() or name != "query")
    # `place` reads nothing but its text, and `query` but what a server answers.
    assert ("--data" in shown.split()) == (name not in ("place", "query"))


def test_help_lists_every_command_once_under_a_heading_in_a_line_of_80_columns() -> None:
    shown = voxpop("--help").stdout
    listed = [name for commands in GROUPS.values() for name in commands]
    assert sorted(listed) == sorted(COMMANDS)
    for heading, commands in GROUPS.items():
        section = shown.partition(f"{heading}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(commands)
        assert all(len(line) <= 80 and line.endswith(".") for line in section.splitlines())


def test_ingest_accounts_for_every_record_and_the_second_time_adds_nothing(export: Path, tmp_path: Path) -> None:
    first = answer("ingest", export, "--data", tmp_path / "d")
    again = answer("ingest", export, "--data", tmp_path / "d")
    assert first["read"] == first["landed"] + first["duplicate"] + first["quarantined"] == 3
    assert (first["landed"], first["quarantined"]) == (2, 1)
    assert (again["landed"], again["duplicate"], again["quarantined"]) == (0, 2, 1)


def test_ingest_tells_people_the_sum_and_where_the_rest_is(export: Path, tmp_path: Path) -> None:
    ran = voxpop("ingest", export, "--data", tmp_path / "d")
    assert "3 read = 2 landed + 0 duplicate + 1 quarantined" in ran.stdout
    assert "quarantine" in ran.stderr


def test_a_file_of_a_directory_that_cannot_be_read_does_not_hide_the_others(export: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    export.rename(tmp_path / "in" / "z.csv")
    (tmp_path / "in" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    found = answer("ingest", tmp_path / "in", "--data", tmp_path / "d")
    assert (found["read"], found["landed"], found["quarantined"]) == (4, 2, 2)
    kept = "".join(path.read_text() for path in (tmp_path / "d" / "quarantine").iterdir())
    assert "picture.png is not text" in kept
    assert voxpop("ingest", tmp_path / "in" / "picture.png", "--data", tmp_path / "d").returncode == 1


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_read_and_the_next_run_reads_the_rest(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("".join(f"post number {number}\n" for number in range(200_000)))
    command = [sys.executable, "-m", "voxpop", "ingest", str(tmp_path / "big.txt"), "--data", str(tmp_path / "d")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not list((tmp_path / "d").glob("landing/*/*.parquet")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "what was read is kept" in stderr
    assert " landed" in stderr
    rest = answer("ingest", tmp_path / "big.txt", "--data", tmp_path / "d")
    assert rest["duplicate"] > 0
    assert rest["landed"] + rest["duplicate"] == rest["read"] == 200_000


def test_columns_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("words_said;x\nhello there;1\n".replace(";", ","))
    found = answer("ingest", tmp_path / "odd.csv", "--map", "text=words_said", "--data", tmp_path / "d")
    assert found["landed"] == 1


def test_standard_input_is_a_source(tmp_path: Path) -> None:
    assert answer("ingest", "-", "--data", tmp_path / "d", stdin="one post\nanother post\n")["landed"] == 2


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("ingest", "absent.csv"), "absent.csv"),
        (("ingest", "-", "--map", "text"), "--map text=COLUMN"),
        (("run", "--once", "--config", "absent.toml"), "--config"),
        (("demo", "--speed", "0"), "speed"),
        (("ingest",), "FILE"),
        (("score", "absent.csv"), "check the path"),
        (("score", "some text", "--out", "a.csv"), "one file"),
        (("score", "-", "--format", "parquet"), "--out"),
        (("score", "-", "--format", "xml"), "jsonl, csv, parquet"),
        (("run", "--source", "blusky"), "neither a source of the settings nor a file"),
        (("run", "--once", "--source", "bluesky"), "leave --once out"),
    ],
)
def test_a_mistake_is_a_clean_line_with_the_fix(arguments: tuple[str, ...], fix: str, tmp_path: Path) -> None:
    ran = voxpop(*arguments, "--data", tmp_path / "d")
    assert ran.returncode in (1, 2)
    assert fix in ran.stderr
    assert "Traceback" not in ran.stderr


def test_run_reads_the_files_it_is_given(export: Path, tmp_path: Path) -> None:
    found = answer("run", "--once", "--source", export, "--data", tmp_path / "d")
    assert (found["landed"], found["quarantined"]) == (2, 1)


def test_a_live_demo_without_a_network_says_so_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "voxpop.toml").write_text('[[sources]]\nkind = "bluesky"\nhosts = ["ws://127.0.0.1:1"]\n')
    command = [sys.executable, "-m", "voxpop", "demo", "--live", "--no-browser", "--data", "d"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 1
    assert "Bluesky cannot be reached" in ran.stderr and "without --live" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_topics_lists_the_presets() -> None:
    assert {topic["name"] for topic in answer("topics")["topics"]} == {"gta6", "tesla", "pixel-fold"}


def test_a_topic_is_tried_added_listed_and_removed(export: Path, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "d")
    answer("ingest", export, *data)
    tried = answer("topics", "test", 'servers "down again"', *data)
    assert (tried["looked_at"], tried["caught"]) == (2, 1)
    assert tried["x"]["rules"] == ['servers "down again"']
    answer("topics", "add", "servers", "servers -is:repost", "--title", "Servers", *data)
    added = {"name": "servers", "title": "Servers", "query": "servers -is:repost", "added": True}
    assert answer("topics", "list", *data)["topics"][-1] == added
    answer("topics", "remove", "servers", *data)
    assert len(answer("topics", *data)["topics"]) == 3


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("add", "x", "tesla OR (model"), "  tesla OR (model\n           ^"),
        (("add", "tesla", "nikola"), "change it there, or choose another name"),
        (("remove", "plum"), "`voxpop topics` lists those there are"),
        (("--data", "d", "list"), "write voxpop topics list --data"),
    ],
)
def test_a_topic_that_cannot_be_is_refused_with_the_fix(tmp_path: Path, arguments: tuple[str, ...], fix: str) -> None:
    place = () if "--data" in arguments else ("--data", tmp_path / "d")
    ran = voxpop("topics", *arguments, *place)
    assert ran.returncode == 1
    assert fix in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_running_server_follows_an_added_topic_and_counts_its_past(export: Path, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "d")
    answer("ingest", export, *data)
    command = [sys.executable, "-m", "voxpop", "serve", *map(str, data), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = next(found for line in process.stderr if (found := STARTED.search(line)))
            wait_for(lambda: httpx.get(f"{found[1]}v1/status").json()["posts"] == 2)
            answer("topics", "add", "servers", "servers", *data)
            wait_for(lambda: httpx.get(f"{found[1]}v1/posts", params={"topic": "servers"}).json().get("posts"))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def wait_for(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_rebuild_makes_the_same_store_again(export: Path, tmp_path: Path) -> None:
    answer("ingest", export, "--data", tmp_path / "d")
    assert answer("run", "--once", "--data", tmp_path / "d")["loaded_segments"] == 1
    assert answer("rebuild", "--data", tmp_path / "d")["loaded_segments"] == 1
    assert answer("run", "--once", "--data", tmp_path / "d")["loaded_segments"] == 0


def test_run_reads_the_sources_of_its_settings(tmp_path: Path) -> None:
    settings = tmp_path / "voxpop.toml"
    settings.write_text(f'[[sources]]\nkind = "files"\npaths = {json.dumps([str(path) for path in recording()])}\n')
    found = answer("run", "--once", "--config", settings, "--data", tmp_path / "d")
    assert found["read"] == found["landed"] > 700
    assert found["loaded_segments"] >= 1


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [
        sys.executable,
        "-m",
        "voxpop",
        "demo",
        "--no-browser",
        "--port",
        "0",
        "--data",
        str(tmp_path / "d"),
        "--json",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stderr
    for line in process.stderr:
        if found := STARTED.search(line):
            yield process, found[1]
            break
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()
    process.stderr.close()


def wait_for_posts(url: str, more_than: int) -> dict[str, Any]:
    for _ in range(300):
        status: dict[str, Any] = httpx.get(f"{url}v1/status", timeout=60).json()
        if status["posts"] > more_than:
            return status
        time.sleep(0.1)
    raise AssertionError(f"no more than {more_than} posts after 30 seconds")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_moves_and_stops_clean(demo: tuple[subprocess.Popen[str], str], how: signal.Signals) -> None:
    process, url = demo
    history = wait_for_posts(url, 100)
    assert "invented" in history["notice"]
    wait_for_posts(url, history["posts"])
    process.send_signal(how)
    stdout, stderr = process.communicate(timeout=30)
    assert "Traceback" not in stderr
    assert json.loads(stdout.splitlines()[-1])["account"]["quarantined"] == 0


def test_a_directory_that_cannot_be_made_is_a_clean_line() -> None:
    ran = voxpop("run", "--once", "--data", "/proc/nowhere")
    assert ran.returncode == 1
    assert "/proc/nowhere" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_taken_port_is_a_clean_line_with_the_fix(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = voxpop("serve", "--data", tmp_path / "d", "--port", taken.getsockname()[1])
    assert ran.returncode == 1
    assert "--port 0" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_second_run_on_the_same_data_is_refused_by_name(
    demo: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, _ = demo
    refused = voxpop("run", "--data", tmp_path / "d")
    assert refused.returncode == 1
    assert f"process {process.pid} " in refused.stderr
    assert "--data" in refused.stderr
