from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import answer, voxpop
from tests.stores.scored import cut, event
from voxpop import config
from voxpop.catalogue import Catalogue
from voxpop.stores.duckdb import DuckDBStore

WINDOW = ("--start", "2026-11-19T10:00", "--end", "2026-11-19T11:00")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    settings = config.load(None, data=tmp_path)
    store = DuckDBStore.open(tmp_path / "store.duckdb", Catalogue(settings.all_topics(), tmp_path).matcher)
    rows = [event(f"a{at}", "tesla is fine", at, label="positive", author_id=f"a{at}") for at in range(40)]
    rows += [event(f"b{at}", "tesla \x1b is late", 60 + at, label="negative", author_id=f"b{at}") for at in range(40)]
    store.load(*cut(rows, [])[0])
    store.close()
    return tmp_path


def test_drivers_are_told_to_people_and_to_programs(data: Path) -> None:
    ran = voxpop("drivers", "--topic", "tesla", *WINDOW, "--data", data)
    assert "net sentiment -2.000" in ran.stdout
    assert "by country: +0.000 who talks, -2.000 how they talk" in ran.stdout
    assert "late" in ran.stdout
    found = answer("drivers", "--topic", "tesla", *WINDOW, "--data", data)
    assert (found["now"]["n"], found["before"]["n"]) == (40, 40)
    assert len(found["drivers"][0]["examples"]) == 1
    same = answer("drivers", *WINDOW, "--before-start", "2026-11-19T10:00", "--before-end", "2026-11-19T11:00",
                  "--data", data)  # fmt: skip
    assert (same["drivers"], same["net_change"]) == ([], 0.0)


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("--topic", "plum"), "there is no topic 'plum'"),
        (("--start", "noon"), "write it as"),
        (("--start", "2026-11-20", "--end", "2026-11-19"), "swap them"),
        (("--before-start", "2026-11-19"), "give both or neither"),
        (("--data", "nowhere"), "has no store"),
    ],
)
def test_a_mistake_is_a_clean_line_with_the_fix(data: Path, arguments: tuple[str, ...], fix: str) -> None:
    ran = voxpop("drivers", "--data", data, *arguments)
    assert ran.returncode == 1
    assert fix in ran.stderr
