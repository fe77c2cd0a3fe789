"""The sources that settings describe, opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_config import write
from voxpop import config
from voxpop.errors import Terminal
from voxpop.sources import configured


def test_a_mastodon_token_comes_from_the_environment_or_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXPOP_MASTODON_TOKEN", "not-for-eyes")
    path = write(tmp_path, '[[sources]]\nkind = "mastodon"\nhost = "town.example"\nstreams = ["hashtag:gta6"]\n')
    settings = config.load(path)
    assert settings.mastodon_token and settings.mastodon_token.get_secret_value() == "not-for-eyes"
    assert "not-for-eyes" not in repr(settings)
    (table,) = settings.chosen_sources(["mastodon"])
    assert configured.source_of(table, settings).name == "mastodon"
    (tmp_path / "token").write_text("not for eyes")
    with pytest.raises(Terminal, match="the token for town.example .* holds spaces") as refused:
        configured.source_of(table.model_copy(update={"token_file": tmp_path / "token"}), settings)
    assert "eyes" not in str(refused.value)
    with pytest.raises(Terminal, match="write the secret into it"):
        configured.source_of(table.model_copy(update={"token_file": tmp_path / "gone"}), settings)
