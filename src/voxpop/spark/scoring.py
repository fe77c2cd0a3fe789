"""Scores for any DataFrame, batch or streaming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from voxpop import models
from voxpop.errors import Terminal
from voxpop.score import ModelSpec, score_texts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

ADDED: Final = {
    "label": "string",
    "p_negative": "float",
    "p_neutral": "float",
    "p_positive": "float",
    "polarity": "float",
    "lang_detected": "string",
}
"""The columns that are added, with their types in Spark."""


def score(
    df: DataFrame, text: str = "text", model: str | ModelSpec = "en-small", *, any_language: bool = False
) -> DataFrame:
    """The DataFrame with the scores of a column of text; its own columns and rows stay as they are.

    Added are `label` (negative, neutral, positive or unscored), `p_negative`, `p_neutral`, `p_positive` in [0, 1],
    `polarity` = `p_positive` - `p_negative`, and `lang_detected`. They are those of `voxpop score`: a text that is null
    or empty, or in a language that the model cannot read, is unscored, and the numbers are null; with `any_language` it
    is scored in whatever language. However Spark cuts rows into batches, labels are the same, numbers within 1e-5.

    `model` is a bundled one, `lexicon`, the directory of an exported one, which every executor has at the same path,
    or a `ModelSpec`. It is opened once in each Python worker. Works on a streaming DataFrame and inside `foreachBatch`.

    The trap: rows pass through Python as Arrow, so a type that Arrow has no place for in Spark (such as a
    calendar interval) has to be cast or left out before.

    Raises:
        Terminal: there is no such column or it is no text, a column has the name of one that is added, a type cannot
            pass, or there is no such model.
    """
    schema = _schema(df, text)
    return df.mapInArrow(_scored(_spec(model), text, any_language), schema)


def _spec(model: str | ModelSpec) -> ModelSpec:
    if isinstance(model, ModelSpec):
        return model
    if model == "lexicon":
        return ModelSpec("lexicon", Path())
    return ModelSpec("onnx", models.find(model).resolve())


def _schema(df: DataFrame, text: str) -> StructType:
    """The schema of the answer, once it is clear that there can be one."""
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.types import to_arrow_type
    from pyspark.sql.types import StringType, StructType

    if df.columns.count(text) != 1:
        raise Terminal(f"there is no one column {text!r} but {', '.join(df.columns)}; name it as score(df, text=...)")
    if not isinstance(df.schema[text].dataType, StringType):
        raise Terminal(f"column {text!r} is {df.schema[text].dataType.simpleString()}, no text; cast it to string")
    # Spark takes names that differ in case alone for one, unless it is told otherwise.
    taken = [name for name in df.columns if name.lower() in ADDED]
    if taken:
        raise Terminal(f"the DataFrame already has {', '.join(taken)}, which score adds; rename or drop that first")
    # From 4.2 on it asks for the zone of timestamps.
    zone = {"timezone": "UTC"} if "timezone" in signature(to_arrow_type).parameters else {}
    for field in df.schema.fields:
        try:
            to_arrow_type(field.dataType, **zone)
        except PySparkException as error:
            told = f"column {field.name!r} is {field.dataType.simpleString()}, which cannot pass through Arrow"
            raise Terminal(f"{told}; cast it or leave it out before score") from error
    schema = StructType(list(df.schema.fields))
    for name, kind in ADDED.items():
        schema = schema.add(name, kind)
    return schema


def _scored(spec: ModelSpec, text: str, any_language: bool) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What each executor does to its rows."""

    def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = spec.open()
        for batch in batches:
            texts = batch.column(text).cast(pa.string())
            scores = score_texts(scorer, texts, any_language=any_language)
            names = [*batch.schema.names, *ADDED]
            yield pa.RecordBatch.from_arrays([*batch.columns, *(scores.column(name) for name in ADDED)], names=names)

    return rows
