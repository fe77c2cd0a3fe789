"""`voxpop ingest` and the dates of tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from tests.command import answer, voxpop


def test_posts_that_are_dated_at_their_ingest_are_counted_and_told(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("text,moment\nhello,2026-11-19\nthere,2026-11-19\n")
    ran = voxpop("ingest", tmp_path / "odd.csv", "--data", tmp_path / "d")
    assert "2 came without a known date" in ran.stdout
    assert "--map created_at=COLUMN" in ran.stdout
    assert (
        answer("ingest", tmp_path / "odd.csv", "--map", "created_at=moment", "--data", tmp_path / "e")["undated"] == 0
    )


def test_dates_without_a_zone_are_of_the_zone_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("text,date\nhello,2026-07-01 12:00\n")
    found = answer("ingest", tmp_path / "days.csv", "--timezone", "Europe/Berlin", "--data", tmp_path / "d")
    (segment,) = (tmp_path / "d" / "landing").glob("*/*.parquet")
    assert found["landed"] == 1 and pq.read_table(segment)["created_at"][0].as_py().hour == 10
    for wrong in ("Mars/North", "../etc", ""):
        refused = voxpop("ingest", tmp_path / "days.csv", "--timezone", wrong, "--data", tmp_path / "d")
        assert refused.returncode == 1 and "Europe/Berlin" in refused.stderr


def test_posts_of_days_to_come_are_counted_as_undated(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("text,date\nhello,2199-11-19\nthere,2026-11-19\n")
    ran = voxpop("ingest", tmp_path / "odd.csv", "--data", tmp_path / "d")
    assert "1 came without a known date, or with one to come" in ran.stdout and "--dates" in ran.stdout


def test_dates_are_read_in_the_order_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("text,date\nhello,03/10/2026\nthere,04/10/2026\n")
    for dates, day in ((), "2026-03-10"), (("--dates", "day-first"), "2026-10-03"):
        data = tmp_path / day
        assert answer("ingest", tmp_path / "days.csv", *dates, "--data", data)["landed"] == 2
        (segment,) = (data / "landing").glob("*/*.parquet")
        assert str(pq.read_table(segment)["created_at"][0].as_py().date()) == day
