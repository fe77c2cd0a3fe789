"""Labels that people give, from the command line to measures, corrections of shares and training."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from voxpop import cli
from voxpop.corrections import FILE, Correction, CorrectionLog
from voxpop.insight import correction
from voxpop.labelled import LabelledFile

POSTS = [
    "I love this apple, what a joy", "the apple is awful and I hate it", "the apple shop opens at nine",
    "=1+1 apples, not bad at all",
]  # fmt: skip


class Ran(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def voxpop(*arguments: object) -> Ran:
    """The command in this process, for a start of many takes too long; `tests/test_cli.py` starts it as people do."""
    with (
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as errors,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("sys.argv", ["voxpop", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return Ran(int(ended.value.code or 0), out.getvalue(), errors.getvalue())


def answer(*arguments: object) -> dict[str, Any]:
    ran = voxpop(*arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    last: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return last


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a store of invented posts, and the settings that name it."""
    home = tmp_path_factory.mktemp("corrections")
    topic = '[[topics]]\nname = "apple"\ntitle = "Apple"\nquery = "apple OR apples"\n'
    (home / "voxpop.toml").write_text(f'data = "{home / "data"}"\npresets = []\n{topic}')
    rows = [f'2026-11-19T09:{at % 60:02}:00Z,p{at},"{POSTS[at % 4]}, number {at}"' for at in range(240)]
    (home / "posts.csv").write_text("\n".join(["created_at,id,text", *rows]) + "\n")
    for command in (("ingest", home / "posts.csv"), ("run", "--once")):
        ran = voxpop(*command, "--config", home / "voxpop.toml")
        assert ran.returncode == 0, ran.stderr
    return home


@pytest.fixture
def labelled(home: Path, tmp_path: Path) -> Path:
    """A copy of it, so that a test may label what it likes."""
    shutil.copytree(home / "data", tmp_path / "data")
    text = (home / "voxpop.toml").read_text().replace(str(home / "data"), str(tmp_path / "data"))
    (tmp_path / "voxpop.toml").write_text(text)
    return tmp_path / "voxpop.toml"


def test_a_label_is_added_listed_exported_and_survives_the_store(labelled: Path) -> None:
    at = ("--config", labelled)
    assert answer("corrections", *at) == {"corrections": []}
    offered = answer("corrections", "next", "--topic", "apple", "-n", 5, *at)
    post = offered["suggestions"][0]["post"]
    made = answer("corrections", "add", post["post_id"], "neutral", "--author", "ana", "--drawn", "next", *at)
    assert (made["text"], made["model_label"], made["author"]) == (post["text"], post["label"], "ana")
    # The store is a view; what people said is not.
    (labelled.parent / "data" / "store.duckdb").unlink()
    assert answer("rebuild", *at)["loaded_segments"] > 0
    (row,) = answer("corrections", "list", *at)["corrections"]
    assert row == made
    assert answer("rebuild", *at) and len(CorrectionLog(labelled.parent / "data").read()) == 1
    assert "ana" in voxpop("corrections", *at).stdout
    again = answer("corrections", "next", "-n", 100, *at)["suggestions"]
    assert post["post_id"] not in [one["post"]["post_id"] for one in again]


def test_a_file_for_spreadsheets_and_one_for_training(labelled: Path) -> None:
    at = ("--config", labelled)
    offered = answer("corrections", "next", "--drawn", "random", "-n", 100, *at)["suggestions"]
    formula = next(one["post"] for one in offered if one["post"]["text"].startswith("="))
    answer("corrections", "add", formula["post_id"], "positive", *at)
    shown = voxpop("corrections", "export", *at).stdout.splitlines()
    assert shown[1].endswith(f"\t'{formula['text']}")
    out = labelled.parent / "c.tsv"
    assert voxpop("corrections", "export", "--no-guard", "--out", out, *at).returncode == 0
    (batch,) = LabelledFile(out).batches()
    assert (batch.texts, batch.gold, batch.topics) == ([formula["text"]], [2], ["apple"])


def test_corrections_measure_a_model_and_correct_shares(labelled: Path) -> None:
    at, data = ("--config", labelled), labelled.parent / "data"
    assert "voxpop corrections next" in voxpop("evaluate", "--corrections", *at).stderr
    gold = ("positive", "negative", "neutral", "neutral")
    posts = [one["post"] for one in answer("corrections", "next", "--drawn", "random", "-n", 100, *at)["suggestions"]]
    made = answer("corrections", "add", posts[0]["post_id"], "neutral", *at)
    log = CorrectionLog(data)
    (first,) = log.read()
    assert made["drawn"] == "own"
    log.add(_more(first, 220, gold))
    found = answer("evaluate", "--corrections", "--drawn", "random", *at)
    assert (found["n"], found["drawn"]) == (220, {"own": 0, "next": 0, "random": 220})
    told = voxpop("evaluate", "--corrections", *at)
    assert "--drawn random measures fairly" in told.stderr
    out = labelled.parent / "correction.json"
    made = answer("calibrate", "--corrections", "--out", out, *at)
    assert 200 <= made["posts"] <= 224
    kept = correction.Correction.read(out)
    assert kept.topics > 0 and kept.spread is not None


def _more(like: Correction, many: int, gold: tuple[str, ...]) -> list[Correction]:
    return [
        replace(
            like, id=f"made {at}", post_id=f"file:made{at}", key=at, label=gold[at % 4], author="eva", drawn="random",
            text=f"{POSTS[at % 4]}, number {at}",
        )
        for at in range(many)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "fix"),
    [
        (("corrections", "add", "file:none", "neutral"), "no such post"),
        (("corrections", "add", "file:none", "angry"), "negative"),
        (("corrections", "next", "--topic", "plum"), "there are apple"),
        (("evaluate",), "--data names"),
        (("evaluate", "--data", "x.tsv", "--drawn", "own"), "--corrections"),
        (("calibrate",), "either FILE or --corrections"),
        (("calibrate", "--corrections"), "needs --out"),
        (("calibrate", "--corrections", "--out", "c.json"), "corrections next"),
    ],
)
def test_a_mistake_is_a_clean_line_with_the_fix(home: Path, asked: tuple[str, ...], fix: str) -> None:
    ran = voxpop(*asked, "--config", home / "voxpop.toml")
    assert ran.returncode in (1, 2) and fix in ran.stderr and "Traceback" not in ran.stderr
    assert not (home / "data" / FILE).exists()
