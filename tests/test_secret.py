from __future__ import annotations

from pathlib import Path

import pytest

from voxpop import secret
from voxpop.errors import Terminal


def test_a_file_holds_one_secret_and_the_white_space_around_it_is_not_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n hush-hush \n")
    found = secret.read(tmp_path / "token", "token_file")
    assert found.get_secret_value() == "hush-hush" and "hush" not in repr(found)


@pytest.mark.parametrize("held", [b"", b" \n", b"hush\nhush", b"hush\xff", b"hush\0"])
def test_what_is_no_secret_is_refused_without_being_repeated(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "token").write_bytes(held)
    with pytest.raises(Terminal, match="the token_file .*token .*write") as refused:
        secret.read(tmp_path / "token", "token_file")
    assert "hush" not in str(refused.value)


def test_a_file_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="the url_file .*absent cannot be read"):
        secret.read(tmp_path / "absent", "url_file")
