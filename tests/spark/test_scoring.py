"""`voxpop.spark.score`: the labels of `voxpop score`, whatever else a DataFrame holds and however it is cut."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import voxpop.spark
from voxpop import models
from voxpop.errors import Terminal
from voxpop.score import ModelSpec, score_texts
from voxpop.spark.scoring import ADDED

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
pytestmark = pytest.mark.slow

TEXTS = (
    "the trailer is great", "what an awful delay", "", None, "das ist leider ganz furchtbar geworden", "so so", "good",
    "servers are down again, I want my money back", "\U0001f600 best day", "meh",
)  # fmt: skip
SPEC = ModelSpec("onnx", models.find("en-small"))


def direct(texts: tuple[str | None, ...] = TEXTS) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = score_texts(SPEC.open(), pa.array(texts, pa.string())).to_pylist()
    return rows


def answered(frame: Any) -> list[dict[str, Any]]:
    """The added columns, in the order of `id`."""
    return [{name: row[name] for name in ADDED} for row in sorted(frame.collect(), key=lambda row: row["id"])]


def check(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """The split law: labels exactly, numbers within 1e-5."""
    for name in ADDED:
        values = [row[name] for row in expected]
        close = pytest.approx(values, abs=1e-5) if name.startswith("p") else values
        assert [row[name] for row in found] == close


def numbered(spark: Any, texts: tuple[str | None, ...] = TEXTS) -> Any:
    return spark.createDataFrame(list(enumerate(texts)), "id int, text string")


def test_the_scores_are_those_of_voxpop_score(spark: Any) -> None:
    found = answered(voxpop.spark.score(numbered(spark)))
    check(found, direct())
    assert [row["label"] for row in found[:5]] == ["positive", "negative", "unscored", "unscored", "unscored"]
    assert found[2]["p_positive"] is None


def test_rows_may_be_cut_anywhere(spark: Any) -> None:
    size = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = spark.conf.get(size)
    try:
        for rows, partitions in ((1, 1), (3, 2), (1000, 5)):
            spark.conf.set(size, rows)
            check(answered(voxpop.spark.score(numbered(spark).repartition(partitions))), direct())
    finally:
        spark.conf.set(size, before)


@pytest.mark.parametrize("large", ["false", "true"])
def test_other_columns_pass_whatever_their_type(spark: Any, large: str) -> None:
    query = """
        select id, if(id = 1, null, concat('so good ', id)) text, named_struct('a', id, 'b', array('x', null)) struct,
          map('k', id, 'n', null) map, cast(id as decimal(20, 5)) money, timestamp_ntz'2026-11-19 05:00:00' local,
          timestamp'2026-11-19 05:00:00' moment, date'2026-11-19' day, cast('x' as binary) raw, null nothing,
          array(named_struct('t', timestamp'2026-11-19 05:00:00')) nested, interval '2' day span, id > 1 flag
        from range(4)"""
    frame = spark.sql(query)
    spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", large)
    try:
        scored = voxpop.spark.score(frame)
        assert scored.columns == [*frame.columns, *ADDED]
        assert scored.schema[: len(frame.columns)] == frame.schema[:]
        rows = scored.orderBy("id").collect()
        assert [row[: len(frame.columns)] for row in rows] == [tuple(row) for row in frame.orderBy("id").collect()]
    finally:
        spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", "false")
    assert rows[1]["label"] == "unscored"
    assert rows[2]["label"] == "positive"
    assert rows[3]["money"] == Decimal("3.00000")


def test_it_scores_a_stream_and_inside_foreach_batch(spark: Any, tmp_path: Path) -> None:
    numbered(spark).coalesce(1).write.json(str(tmp_path / "in"))
    stream = spark.readStream.schema("id int, text string").json(str(tmp_path / "in"))
    inside: list[dict[str, Any]] = []

    def batch(frame: Any, number: int) -> None:
        inside.extend(answered(voxpop.spark.score(frame)))

    for writer in (
        voxpop.spark.score(stream).writeStream.format("memory").queryName("scored"),
        stream.writeStream.foreachBatch(batch),
    ):
        place = str(tmp_path / f"checkpoint-{writer is None}-{len(list(tmp_path.iterdir()))}")
        query = writer.option("checkpointLocation", place).trigger(availableNow=True).start()
        assert query.awaitTermination(120)
    # Spark's JSON leaves out a null, and reads it back as one.
    check(answered(spark.table("scored")), direct())
    check(inside, direct())


def test_what_cannot_be_is_said_before_anything_runs(spark: Any) -> None:
    with pytest.raises(Terminal, match="no one column 'body' but id, text; name it as"):
        voxpop.spark.score(numbered(spark), text="body")
    with pytest.raises(Terminal, match="column 'id' is int, no text; cast it"):
        voxpop.spark.score(numbered(spark), text="id")
    with pytest.raises(Terminal, match="already has Label, which score adds; rename or drop"):
        voxpop.spark.score(numbered(spark).selectExpr("id", "text", "1 as Label"))
    with pytest.raises(Terminal, match="column 'v' is interval, which cannot pass through Arrow; cast it"):
        voxpop.spark.score(spark.sql("select 'x' text, make_interval(1, 2) v"))
    with pytest.raises(Terminal, match="there is no model 'fr-huge'"):
        voxpop.spark.score(numbered(spark), model="fr-huge")


def test_the_documented_example_runs(spark: Any, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "spark.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page.split("<!-- tested -->")[1], re.DOTALL)
    numbered(spark).write.parquet(str(tmp_path / "reviews"))
    names = {"spark": spark, "reviews": str(tmp_path / "reviews"), "out": str(tmp_path / "out")}
    exec(compile(example, "docs/spark.md", "exec"), names)
    assert {row["label"]: row["count"] for row in spark.read.parquet(names["out"]).collect()}["unscored"] == 3
