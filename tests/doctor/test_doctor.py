from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.posts import post
from voxpop.api.keys import KeyRing
from voxpop.doctor import Check, Patient, examine
from voxpop.gaps import Gap, GapLedger
from voxpop.log import Log, set_aside
from voxpop.quarantine import Quarantine
from voxpop.schema import to_batch
from voxpop.seams import Rejected
from voxpop.stores.duckdb import DuckDBStore
from voxpop.topics import PRESETS, Matcher

NOW = datetime.now(UTC)


def looked(root: Path, file: Path | None = None, *, network: bool = False) -> dict[str, Check]:
    return {check.name: check for check in examine(Patient(file, {"data": root}, network))}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log(tmp_path / "data")
    log.append(to_batch([post()]), log.tail(), {})
    return log


def test_without_a_data_directory_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    checks = looked(tmp_path / "none")
    assert all(check.state != "fail" for check in checks.values())
    assert not list(tmp_path.iterdir())


def test_looking_changes_nothing(log: Log) -> None:
    DuckDBStore.open(log.root / "store.duckdb", Matcher(list(PRESETS.values()))).close()
    before = {path: path.read_bytes() for path in log.root.rglob("*") if path.is_file()}
    assert looked(log.root)["store"].state == "ok"
    assert {path: path.read_bytes() for path in log.root.rglob("*") if path.is_file()} == before


def test_each_setting_says_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text("port = 9000\nroll_rows = 7\n")
    monkeypatch.setenv("VOXPOP_PORT", "9001")
    checks = looked(tmp_path, path)
    found = {name: checks[f"setting {name}"].found for name in ("port", "roll_rows", "data", "keep_days")}
    assert found == {
        "port": "9001 (environment)",
        "roll_rows": f"7 ({path})",
        "data": f"{tmp_path} (flag)",
        "keep_days": "30 (default)",
    }


def test_a_table_shows_what_it_sets_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text(
        '[[sources]]\nkind = "files"\npaths = ["a.csv"]\nmap = {text = "Tweet"}\n'
        '[[channels]]\nkind = "slack"\nurl = "https://hooks.example/hush-hush"\n'
    )
    checks = looked(tmp_path, path)
    assert checks["setting sources"].found == f"[{{kind = files, paths = [a.csv], map = {{text = Tweet}}}}] ({path})"
    assert checks["setting channels"].found == f"[{{kind = slack, url = **********}}] ({path})"


def test_the_disk_is_looked_at_before_there_is_anything_on_it(tmp_path: Path) -> None:
    assert looked(tmp_path / "not" / "yet")["disk"].found == looked(tmp_path)["disk"].found


def test_wrong_settings_fail_with_every_wrong_key(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text("port = 'x'\nnope = 1\n")
    check = looked(tmp_path, path)["settings"]
    assert check.state == "fail" and "port" in check.found and "nope" in check.found


def test_a_broken_store_fails_and_one_of_other_topics_is_a_warning(log: Log) -> None:
    path = log.root / "store.duckdb"
    path.write_bytes(b"no database" * 1000)
    check = looked(log.root)["store"]
    assert check.state == "fail" and "voxpop rebuild" in check.fix
    path.unlink()
    DuckDBStore.open(path, Matcher([])).close()
    assert looked(log.root)["store"].state == "warn"
    with duckdb.connect(str(path)) as connection:
        connection.execute("update meta set value = '1' where key = 'schema_version'")
    assert "schema version 1" in looked(log.root)["store"].found


def test_a_store_in_use_by_another_process_is_fine(log: Log) -> None:
    path = str(log.root / "store.duckdb")
    code = f"import duckdb; held = duckdb.connect({path!r}); print('up', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "up\n"
        check = looked(log.root)["store"]
        holder.communicate("\n")
    assert check.state == "ok" and "in use" in check.found


def test_a_poison_marker_fails_and_what_is_missing_or_quarantined_warns(log: Log) -> None:
    Quarantine(log.root).add([Rejected("a", 1, "x", "no id")])
    log.scored("m").mkdir(parents=True)
    checks = looked(log.root)
    assert (checks["scored m"].state, checks["quarantine"].state, checks["poison"].state) == ("warn", "warn", "ok")
    set_aside(log.scored("m"), log.segments()[0], "torn")
    checks = looked(log.root)
    assert checks["poison"].state == "fail" and "backup" in checks["poison"].fix
    assert checks["scored m"].state == "ok"


def test_a_directory_that_cannot_be_written_fails() -> None:
    code = (
        "from voxpop import config\nfrom voxpop.doctor import content\nimport sys\n"
        "for place in sys.argv[1], sys.argv[1] + '/new':\n  for c in content.data(config.load(data=place)): print(c)"
    )
    directory = tempfile.mkdtemp()
    try:
        os.chmod(directory, 0o555)
        # Root may write anywhere, so as somebody else; the modules are read before that.
        code = "import os, voxpop.doctor.content\nif os.getuid() == 0: os.setuid(65534)\n" + code
        command = [sys.executable, "-c", code, directory]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    finally:
        shutil.rmtree(directory)
    assert ran.stdout.count("state='fail'") == 2
    assert "cannot be written" in ran.stdout and "cannot be made" in ran.stdout


def test_the_writer_is_named_while_it_lives(log: Log) -> None:
    assert looked(log.root)["writer"].found == "nobody"
    with log.lock():
        assert f"process {os.getpid()} " in looked(log.root)["writer"].found
    dead = {"pid": 2**22 + 1, "host": socket.gethostname(), "command": "voxpop", "since": "then"}
    (log.landing / ".holder.json").write_text(json.dumps(dead))
    assert "killed" in looked(log.root)["writer"].found


def test_an_open_gap_warns_and_one_that_is_over_does_not(log: Log) -> None:
    ledger = GapLedger(log.root)
    ledger.note(Gap(source="x", noticed=NOW, start=NOW - timedelta(hours=1), end=NOW, state="missed", reason="r"))
    ledger.note(Gap(source="bluesky", noticed=NOW, start=NOW, state="lost", reason="closed"))
    checks = looked(log.root)
    assert (checks["gaps x"].state, checks["gaps bluesky"].state) == ("ok", "warn")


def test_a_model_or_a_path_that_is_not_there_fails(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text('model = "nope"\n[[sources]]\nkind = "files"\npaths = ["absent.csv"]\n')
    checks = looked(tmp_path, path)
    assert (checks["model"].state, checks["source files"].state) == ("fail", "fail")


def test_a_model_in_the_place_of_the_other_fails(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text('model = "en-towards"\ntowards_model = "en-small"\ncorrection = "absent.json"\n')
    checks = looked(tmp_path, path)
    assert {checks[name].state for name in ("model", "towards_model", "correction")} == {"fail"}
    path.write_text('towards_model = "en-towards"\n')
    assert looked(tmp_path, path)["towards_model"].found.startswith("en-towards-")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('[[sources]]\nkind = "mastodon"\nhost = "town.example"\ntoken_file = "absent"\n', "source mastodon"),
        ('[[sources]]\nkind = "x"\n', "source x"),
        ('[[sources]]\nkind = "x"\nbearer_file = "absent"\n', "source x"),
        ('[[channels]]\nkind = "webhook"\nurl_file = "absent"\n', "channel webhook"),
        ('[[channels]]\nkind = "slack"\n', "channel slack"),
        (
            '[[channels]]\nkind = "email"\nhost = "mail.example"\nuser = "me"\nsender = "a@b.example"\n'
            'to = ["c@d.example"]\n',
            "channel email",
        ),
    ],
)
def test_a_secret_that_is_not_there_fails_before_anything_is_asked(tmp_path: Path, table: str, name: str) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text(table)
    check = looked(tmp_path / "data", path)[name]
    assert check.state == "fail" and check.fix
    assert not (tmp_path / "data").exists()


def test_hosts_are_asked_only_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        path.write_text(f'[[sources]]\nkind = "bluesky"\nhosts = ["ws://127.0.0.1:{port}"]\n')
        assert "not asked" in looked(tmp_path, path)["source bluesky"].found
        assert looked(tmp_path, path, network=True)["source bluesky"].found == "127.0.0.1 answers"
    assert looked(tmp_path, path, network=True)["source bluesky"].state == "fail"


def test_an_address_that_is_none_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    path.write_text('[[sources]]\nkind = "bluesky"\nhosts = ["["]\n[[sources]]\nkind = "files"\npaths = ["."]\n')
    checks = looked(tmp_path, path, network=True)
    assert checks["source bluesky"].state == "fail" and checks["source bluesky"].fix
    assert checks["source files"].state == "ok"


def test_a_clock_behind_what_landed_fails(log: Log) -> None:
    (log.landing / log.segments()[0].day).rename(log.landing / "2199-01-01")
    checks = looked(log.root)
    assert checks["clock"].state == "fail" and "NTP" in checks["clock"].fix


def test_the_command_fails_if_a_check_does(log: Log) -> None:
    command = [sys.executable, "-m", "voxpop", "doctor", "--json", "--data", str(log.root)]
    well = subprocess.run(command, capture_output=True, text=True, check=False)
    assert well.returncode == 0 and json.loads(well.stdout)["ok"] is True
    (log.root / "store.duckdb").write_bytes(b"no database" * 1000)
    ill = subprocess.run(command[:-3] + command[-2:], capture_output=True, text=True, check=False)
    assert ill.returncode == 1 and "fail  store: " in ill.stdout
    assert "1 fail (store)" in ill.stdout.splitlines()[-1]


def test_every_check_that_is_not_ok_names_a_fix(log: Log) -> None:
    (log.root / "store.duckdb").write_bytes(b"no database" * 1000)
    assert all(check.fix for check in looked(log.root).values() if check.state != "ok")


def test_each_network_is_asked_at_its_own_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXPOP_X_BEARER", "hush-hush")
    path = tmp_path / "voxpop.toml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        tables = [f'kind = "mastodon"\nhost = "{address}"', f'kind = "x"\nbase = "http://{address}"']
        path.write_text("".join(f"[[sources]]\n{table}\n" for table in tables))
        checks = looked(tmp_path, path, network=True)
        assert {checks[f"source {kind}"].found for kind in ("mastodon", "x")} == {"127.0.0.1 answers"}


def test_the_hosts_of_channels_are_asked_and_hear_nothing(tmp_path: Path) -> None:
    path = tmp_path / "voxpop.toml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        path.write_text(
            f'[[channels]]\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/hush-hush"\n'
            f'[[channels]]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\nsender = "a@b.example"\n'
            'to = ["c@d.example"]\n'
        )
        assert "not asked" in looked(tmp_path, path)["channel webhook"].found
        checks = looked(tmp_path, path, network=True)
        assert {checks[f"channel {kind}"].found for kind in ("webhook", "email")} == {"127.0.0.1 answers"}
        for _ in range(2):
            heard, _ = server.accept()
            with heard:
                assert heard.recv(1) == b""
    shut = looked(tmp_path, path, network=True)["channel webhook"]
    assert shut.state == "fail" and "hush" not in shut.found


def test_a_service_that_others_can_reach_needs_a_key_that_lasts(tmp_path: Path) -> None:
    path, data = tmp_path / "voxpop.toml", tmp_path / "data"
    path.write_text('host = "0.0.0.0"\n')
    assert looked(data, path)["keys"].state == "fail" and not data.exists()
    KeyRing(data).create("ana", ["read"], NOW + timedelta(days=3))
    assert "ana soon not" in looked(data, path)["keys"].found
    KeyRing(data).revoke("ana")
    KeyRing(data).create("ben", ["read"])
    assert looked(data, path)["keys"].state == "ok"
    path.write_text(f'[[keys]]\nname = "ops"\nfile = "{tmp_path}/absent"\n')
    assert any(check.state == "fail" and "absent" in check.found for check in examine(Patient(path, {"data": data})))


def test_a_setting_of_a_secret_file_says_so_and_hides_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "voxpop_x_bearer").write_text("hush-hush")
    monkeypatch.setenv("VOXPOP_SECRETS", str(tmp_path))
    assert looked(tmp_path / "data")["setting x_bearer"].found == f"********** (file of {tmp_path})"
