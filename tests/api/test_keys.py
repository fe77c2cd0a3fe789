from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from voxpop import config
from voxpop.api.audit import Audit
from voxpop.api.entrance import opened
from voxpop.api.keys import SHAPE, KeyRing
from voxpop.errors import Terminal


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_told_once_and_kept_as_a_hash_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    kept, secret = KeyRing(tmp_path / "data").create("ana", ["read", "read", "score"])
    told = secret.get_secret_value()
    assert SHAPE.fullmatch(told)
    assert kept.scopes == ("read", "score")
    written = (tmp_path / "data" / "keys.json").read_text()
    assert told not in written and told[3:] not in written
    assert told not in repr(kept) + repr(secret) + str(secret)
    assert mode(tmp_path / "data" / "keys.json") == 0o600
    assert not list((tmp_path / "data").glob("*.tmp"))


def test_a_key_opens_until_it_is_revoked_or_expires_and_others_see_it_at_once(tmp_path: Path) -> None:
    serving, ours = KeyRing(tmp_path), KeyRing(tmp_path)
    assert serving.live() == ()
    _, secret = ours.create("ana", ["read"])
    found = serving.find(secret.get_secret_value())
    assert found and found.name == "ana" and serving.get(found.id) == found
    for wrong in ("", "vp_", secret.get_secret_value()[:-1], secret.get_secret_value() + "x", found.digest, "é\udcff"):
        assert serving.find(wrong) is None
    assert ours.revoke("ana").name == "ana"
    assert serving.find(secret.get_secret_value()) is None and serving.get(found.id) is None
    with pytest.raises(Terminal, match="no key 'ana'"):
        ours.revoke("ana")


def test_an_expired_key_is_listed_and_opens_nothing(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    kept, secret = keys.create("ana", ["read"], datetime.now(UTC) + timedelta(hours=1))
    assert not kept.is_live(datetime.now(UTC) + timedelta(hours=2))
    path = tmp_path / "keys.json"
    content = json.loads(path.read_text())
    content["keys"][0]["expires"] = "2026-01-01T00:00:00Z"
    path.write_text(json.dumps(content))
    assert keys.find(secret.get_secret_value()) is None
    assert [key.name for key in keys.keys()] == ["ana"] and keys.live() == ()
    with pytest.raises(Terminal, match="later --days"):
        keys.create("old", ["read"], datetime.now(UTC))


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "-x", "x" * 65, "é", "../x"])
def test_a_name_that_could_confuse_a_log_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="no name of a key"):
        KeyRing(tmp_path).create(name, ["read"])


def test_keys_that_are_made_at_once_are_all_kept(tmp_path: Path) -> None:
    def make(number: int) -> None:
        KeyRing(tmp_path).create(f"k{number}", ["read"])

    threads = [threading.Thread(target=make, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in KeyRing(tmp_path).keys()} == {f"k{number}" for number in range(12)}
    with pytest.raises(Terminal, match="already"):
        make(3)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"name": "secret-word"}]}', '{"secret": 5}'])
def test_a_damaged_file_opens_nothing_and_its_content_is_not_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(Terminal, match="restore it") as refused:
        KeyRing(tmp_path).find("x")
    assert "secret-word" not in str(refused.value)


def test_a_keys_last_day_of_use_is_noted_once_a_day(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    kept, _ = keys.create("ana", ["read"])
    keys.note_used(kept)
    (noted,) = keys.keys()
    assert noted.used == datetime.now(UTC).date()
    before = (tmp_path / "keys.json").stat().st_ino
    keys.note_used(noted)
    assert (tmp_path / "keys.json").stat().st_ino == before


def test_the_audit_log_grows_by_lines_and_its_owner_alone_can_read_it(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "data")
    assert audit.entries(5) == []
    for number in range(3):
        audit.note("topic added", f"t{number}")
    with audit.path.open("a") as half:
        half.write('{"at": "2026-')
    assert mode(audit.path) == 0o600
    assert [one.target for one in audit.entries(2)] == ["t1", "t2"]
    assert audit.entries(1)[0].who.endswith("@command line")
    assert audit.entries(0) == []


def test_a_key_made_elsewhere_is_known_by_its_name_and_replaces_the_one_before(tmp_path: Path) -> None:
    ring, first, second = KeyRing(tmp_path), SecretStr("vp_" + "a" * 43), SecretStr("vp_" + "b" * 43)
    assert ring.accept("ops", first, ["read"])
    assert not ring.accept("ops", first, ["read"])
    found = ring.find(first.get_secret_value())
    assert found and found.scopes == ("read",)
    assert ring.accept("ops", second, ["read", "admin"])
    assert ring.find(first.get_secret_value()) is None
    assert [(key.name, key.scopes) for key in ring.keys()] == [("ops", ("read", "admin"))]


@pytest.mark.parametrize("wrong", ["", "vp_short", "vp_" + "a" * 44, "a" * 46, "vp_" + "!" * 43])
def test_what_is_no_key_is_not_taken_and_not_repeated(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(Terminal, match="no key: vp_") as refused:
        KeyRing(tmp_path).accept("ops", SecretStr(wrong), ["read"])
    assert not wrong or wrong not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_server_takes_in_the_keys_of_files_and_stays_shut_without_them(tmp_path: Path) -> None:
    file = tmp_path / "key"
    settings = config.load(data=tmp_path / "data", host="0.0.0.0", keys=[{"name": "ops", "file": file}])
    with pytest.raises(Terminal, match="of the key 'ops' cannot be read"):
        opened(settings)
    file.write_text("vp_" + "k" * 43 + "\n")
    door = opened(settings)
    assert door.keys and door.keys.find("vp_" + "k" * 43)
    opened(settings)
    provided = [entry.target for entry in Audit(tmp_path / "data").entries(10)]
    assert provided == ["ops (read)"]
