from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import answer, voxpop
from voxpop import measured, models


def test_score_answers_for_each_text_in_order() -> None:
    found = answer("score", "I love it, brilliant", "", "this is awful and broken")
    assert [row["label"] for row in found["scores"]] == ["positive", "unscored", "negative"]
    assert found["model_id"].startswith("en-small-")


def test_explain_says_which_words_carried_the_label() -> None:
    found = answer("explain", "the soup was lovely but the waiter was awful and rude")
    assert found["label"] == "negative"
    weights = {word["text"]: word["polarity_weight"] for word in found["words"]}
    assert weights["awful"] < 0 < weights["lovely"]
    assert sum(weights.values()) < 0


def test_explain_reads_standard_input_and_colours_nothing_in_a_pipe() -> None:
    ran = voxpop("explain", "-", "--model", "lexicon", stdin="a lovely day\n")
    assert "[+lovely]" in ran.stdout and "\x1b" not in ran.stdout


def test_behaviour_shows_failure_rates_and_the_same_as_json() -> None:
    ran = voxpop("behaviour", "--model", "lexicon", "--examples", "1")
    assert "| negation" in ran.stdout and "fail)" in ran.stdout
    found = answer("behaviour", "--model", "lexicon", "--beside", "lexicon")
    assert found["model_id"].startswith("vader") and found["beside"] == {}
    assert all(row["failed"] <= row["n"] for row in found["tests"])


def test_score_reads_lines_from_standard_input() -> None:
    ran = voxpop("score", "-", "--json", stdin="I love it\n\nI hate it\n")
    *rows, last = map(json.loads, ran.stdout.splitlines())
    assert [row["label"] for row in rows] == ["positive", "unscored", "negative"]
    assert (last["rows"], last["n_unscored"], last["n_errors"]) == (3, 1, 0)
    assert "3 rows, 1 of them unscored" in ran.stderr


def test_score_reads_json_lines_from_standard_input_where_a_column_is_named() -> None:
    ran = voxpop("score", "-", "--column", "text", "--keep", stdin='{"text": "I love it", "id": 7}\n{broken\n')
    first, second = map(json.loads, ran.stdout.splitlines())
    assert (first["id"], first["label"]) == (7, "positive")
    assert "no JSON object" in second["error"]
    assert "1 as they cannot be read; the first is row 2" in ran.stderr


def test_score_writes_the_posts_of_a_file_beside_its_columns(export: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    found = answer("score", export, "--keep", "--out", out)
    assert (found["rows"], found["n_unscored"], found["out"]) == (3, 1, str(out))
    header, first, *_ = out.read_text().splitlines()
    assert header.startswith("id,text,created_at,label,p_negative")
    assert first.startswith("1,GTA 6 is amazing,2026-11-19,positive,")


def test_score_says_that_a_language_is_not_the_model_s() -> None:
    german = "dieses Spiel ist einfach großartig geworden"
    assert "[de: --any-language scores it]" in voxpop("score", german).stdout
    (row,) = answer("score", german, "--any-language")["scores"]
    assert row["label"] != "unscored"


def test_score_to_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("I love it\n" * 5_000)
    command = f"{sys.executable} -m voxpop score posts.txt --model lexicon | head -n 1"
    ran = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(ran.stdout)["label"] == "positive"
    assert "Error" not in ran.stderr


def test_ctrl_c_leaves_whole_lines_of_a_live_pipe(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voxpop", "score", "-", "--model", "lexicon"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write("I love it\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["label"] == "positive"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert process.stdout.read() == ""
    assert process.stderr.read().splitlines() == ["1 rows, 0 of them unscored", "stopped"]
    for end in (process.stdin, process.stdout, process.stderr):
        end.close()


LABELLED = "label\ttext\ttopic\npositive\tI love it\tgta\nnegative\tI hate it\tgta\nneutral\tit is five\tbus\n"


def test_evaluate_measures_a_model_beside_others(tmp_path: Path) -> None:
    table = tmp_path / "labelled.tsv"
    table.write_text(LABELLED)
    found = answer("evaluate", "--data", table, "--plot", tmp_path / "reliability.svg")
    assert (found["n"], found["macro_recall"]) == (3, 1.0)
    assert set(found["beside"]) == {"lexicon", "majority"}
    assert found["beside"]["majority"]["difference"]["accuracy"] == pytest.approx(-2 / 3, abs=1e-3)
    assert found["topics"]["n_topics"] == 1
    assert (tmp_path / "reliability.svg").exists()


def test_evaluate_counts_the_choice_of_topics_as_chance_where_asked(tmp_path: Path) -> None:
    table = tmp_path / "labelled.tsv"
    table.write_text(LABELLED + "negative\tI love the bus\tbus\n")
    posts, topics = (answer("evaluate", "--data", table, *more) for more in ((), ("--whole-topics",)))
    assert posts["accuracy"] == topics["accuracy"] == 0.75
    assert topics["accuracy_interval"] == [0.5, 1.0] and posts["accuracy_interval"][0] < 0.5
    table.write_text("label\ttext\npositive\tI love it\n")
    refused = voxpop("evaluate", "--data", table, "--whole-topics")
    assert refused.returncode == 1 and "needs a column topic" in refused.stderr


def test_evaluate_keeps_the_figures_beside_the_model(tmp_path: Path) -> None:
    table, model = tmp_path / "labelled.tsv", tmp_path / "own"
    table.write_text(LABELLED)
    shutil.copytree(models.find("en-small"), model, ignore=shutil.ignore_patterns(measured.FILE))
    answer("evaluate", "--data", table, "--model", model, "--keep", "three posts of ours")
    found = measured.find(model)
    assert found is not None and found.posts == "three posts of ours"
    assert list(found.evaluation) == [str(model), "lexicon", "majority"]
    assert found.behaviour[str(model)]["n"] > 1000
    refused = voxpop("evaluate", "--data", table, "--model", "lexicon", "--keep", "no")
    assert refused.returncode == 1 and "no directory to keep figures in" in refused.stderr


def test_evaluate_tells_people_what_is_wrong_with_the_table(tmp_path: Path) -> None:
    table = tmp_path / "labelled.csv"
    table.write_text("label,text\nPositive,I love it\nneutral\npositive,\n")
    ran = voxpop("evaluate", "--data", table)
    assert ran.returncode == 0, ran.stderr
    assert "1 rows are left out" in ran.stderr and "row 2" in ran.stderr
    assert "1 posts have an empty text" in ran.stderr
    assert "only positive occur" in ran.stderr
    assert "minus en-small" in ran.stdout


def test_place_says_what_a_profile_means_and_what_a_file_of_them_covers(tmp_path: Path) -> None:
    assert answer("place", "London, ON")["country"] == "CA"
    path = tmp_path / "locations.txt"
    path.write_bytes(b"Naples, FL\nearth\n=Kenya\n\xff\n")
    summary = answer("place", "--file", path)
    assert (summary["lines"], summary["placed"], summary["coverage"]) == (4, 2, 0.5)
    rows = voxpop("place", "--file", path, "--format", "csv").stdout.splitlines()
    assert len(rows) == 5 and rows[3].startswith("'=Kenya,KE")


def test_place_without_a_text_or_a_file_says_what_to_give(tmp_path: Path) -> None:
    for arguments in ((), ("Kenya", "--file", tmp_path), ("--file", tmp_path / "none.txt")):
        ran = voxpop("place", *arguments)
        assert ran.returncode == 1 and len(ran.stderr.splitlines()) == 1
