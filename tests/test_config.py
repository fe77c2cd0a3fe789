from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voxpop import config
from voxpop.cli.options import engine_flags
from voxpop.errors import Terminal


def write(directory: Path, text: str) -> Path:
    path = directory / "voxpop.toml"
    path.write_text(text)
    return path


def test_every_wrong_key_is_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'port = "abc"\nnope = 1\npresets = ["gta6", "zzz"]\n[[topics]]\nname = "x"\nkeyword = ["a"]\n'
    )
    with pytest.raises(Terminal) as refused:
        config.load(path)
    assert all(key in str(refused.value) for key in ("port", "nope", "zzz", "topics.0.keyword"))


def test_a_flag_wins_over_the_file_and_an_absent_flag_does_not(tmp_path: Path) -> None:
    path = write(tmp_path, 'port = 9000\ndata = "from-file"\n')
    settings = config.load(path, port=9001, data=None)
    assert (settings.port, settings.data) == (9001, Path("from-file"))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "port = 9000\nroll_rows = 7\n")
    code = f"from pathlib import Path; from voxpop import config; print(config.load(Path({str(path)!r})))"
    environment = {**os.environ, "VOXPOP_PORT": "9002"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "port=9002" in ran.stdout
    assert "roll_rows=7" in ran.stdout


def test_a_variable_that_is_no_table_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXPOP_SOURCES", "--source bluesky")
    with pytest.raises(Terminal, match="sources.*is JSON"):
        config.load()


def test_a_missing_or_broken_file_is_one_sentence_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="--config"):
        config.load(tmp_path / "absent.toml")
    with pytest.raises(Terminal, match="correct that line"):
        config.load(write(tmp_path, "port = = 3"))


def test_a_topic_of_the_file_replaces_the_preset_of_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, '[[topics]]\nname = "tesla"\ntitle = "Tesla the band"\nphrases = ["tesla tour"]\n')
    titles = {topic.name: topic.title for topic in config.load(path).all_topics()}
    assert titles == {"gta6": "GTA 6", "pixel-fold": "Pixel Fold", "tesla": "Tesla the band"}


def test_two_sources_with_one_cursor_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '[[sources]]\nkind = "files"\npaths = ["a"]\n' * 2)
    with pytest.raises(Terminal, match="give each a name"):
        config.load(path)


def test_an_address_that_others_can_reach_needs_keys() -> None:
    assert config.load(host="0.0.0.0").needs_keys
    assert config.load(hosts=["Voxpop.Example"]).needs_keys
    assert not config.load(host="::1").needs_keys


@pytest.mark.parametrize(
    ("table", "fix"),
    [
        ('kind = "bluesky"\npaths = ["a"]', "take them out"),
        ('kind = "files"', "needs paths"),
        ('kind = "bluesky"\nhosst = "x"', "sources.0.hosst"),
        ('kind = "bluesky"\nhost = "x"', "kind mastodon"),
        ('kind = "files"\npaths = ["-"]\nwatch = true', "leave watch out"),
        ('kind = "mastodon"', 'such as host = "mastodon.social"'),
    ],
)
def test_a_source_has_what_its_kind_needs(table: str, fix: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=fix):
        config.load(write(tmp_path, f"[[sources]]\n{table}\n"))


def test_words_choose_tables_by_name_live_networks_and_files(tmp_path: Path) -> None:
    path = write(tmp_path, '[[sources]]\nkind = "bluesky"\nname = "sky"\nhosts = ["h"]\n')
    settings = config.load(path)
    assert settings.chosen_sources([]) == settings.sources
    assert settings.chosen_sources(["sky"]) == settings.sources
    live, files = settings.chosen_sources([str(path), "bluesky", "-", "bluesky"])
    assert (live.kind, live.hosts) == ("bluesky", ())
    assert (files.kind, files.paths) == ("files", (path, Path("-")))
    (watched,) = settings.chosen_sources([str(path)], watch=True)
    assert watched.watch and not watched.has_end and files.has_end and not live.has_end
    with pytest.raises(Terminal, match="name one with --source"):
        settings.chosen_sources([], watch=True)
    with pytest.raises(Terminal, match="blusky is neither .* sky, bluesky"):
        settings.chosen_sources(["blusky"])


def test_an_address_names_its_engine_and_no_other() -> None:
    assert engine_flags(None) == {"engine": None, "master": None, "scheduler": None}
    assert engine_flags(None, "spark://a:7077")["engine"] == "spark"
    assert engine_flags(None, None, "tcp://a:8786")["engine"] == "dask"
    with pytest.raises(Terminal, match="--master is for the engine spark, not dask"):
        engine_flags("dask", "spark://a:7077")


def test_a_master_that_can_be_none_is_refused() -> None:
    with pytest.raises(Terminal, match="master"):
        config.load(master="host:7077")
    assert config.load(master="spark://a:7077,b:7077").engine == "embedded"


@pytest.mark.parametrize("where", ["flag", "environment", "file"])
def test_a_store_can_be_a_database_whose_password_is_not_shown(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, path = "postgresql://ana:hidden@db/voxpop", tmp_path / "voxpop.toml"
    path.write_text(f'store = "{url}"\n' if where == "file" else "")
    if where == "environment":
        monkeypatch.setenv("VOXPOP_STORE", url)
    settings = config.load(path, store=url if where == "flag" else None)
    assert str(settings.database) == "postgresql://ana@db/voxpop"
    assert settings.database and settings.database.url.get_secret_value() == url
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_a_store_that_is_neither_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="store: .*percent-encoded") as refused:
        config.load(store="postgresql://ana:hid/den@db/voxpop")
    assert "hid" not in str(refused.value)
    assert config.load().database is None


def test_secrets_are_files_that_are_called_as_variables_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "voxpop_store").write_text("postgresql://ana:s3cret@db/voxpop\n")
    (tmp_path / "voxpop_admin_key").write_text("of no setting")
    file = write(tmp_path, 'store = "postgresql://of-the-file/x"\n')
    monkeypatch.setenv("VOXPOP_SECRETS", str(tmp_path))
    settings = config.load(file)
    assert str(settings.database) == "postgresql://ana@db/voxpop"
    assert "s3cret" not in repr(settings)
    monkeypatch.setenv("VOXPOP_STORE", "duckdb")
    assert config.load(file).database is None
    monkeypatch.setenv("VOXPOP_SECRETS", str(tmp_path / "absent"))
    with pytest.raises(Terminal, match="VOXPOP_SECRETS names .*absent, which is no directory"):
        config.load(file)
