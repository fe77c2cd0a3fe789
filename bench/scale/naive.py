"""What people write, `transformers.pipeline` in a pandas UDF, beside Voxpop in one Spark session on the same rows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import voxpop.spark

MOST_TOKENS = 128


def classified(spark: Any, texts: list[str], parts: int, weights: Path | None = None) -> float:
    """Posts per second of the UDF; `weights` is a fine-tuned classifier, else the base model of the same shape.

    Each task loads the model once, as the scalar-iterator form of a UDF is made for, and that is part of the time. A
    first, small run has started the workers and imported PyTorch.
    """
    import pandas as pd
    from pyspark.sql.functions import pandas_udf

    from bench.score import untrained

    folder = str(weights or untrained())
    fresh = weights is None

    @pandas_udf("string")
    def sentiment(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        import torch
        from transformers import AutoTokenizer, pipeline
        from transformers.utils import logging

        from voxpop.training.classifier import SentimentClassifier, load

        logging.set_verbosity(logging.CRITICAL)
        torch.set_num_threads(1)
        model = SentimentClassifier.load_base(Path(folder)) if fresh else load(Path(folder))
        # It has no early exits, and must not pay for their heads.
        model.config.exit_layers = []
        classify = pipeline("text-classification", model=model.eval(), tokenizer=AutoTokenizer.from_pretrained(folder))
        for batch in batches:
            found = classify(list(batch), batch_size=32, truncation=True, max_length=MOST_TOKENS)
            yield pd.Series([one["label"] for one in found])

    return _rate(spark, texts, parts, lambda rows: rows.select(sentiment("text")))


def scored(spark: Any, texts: list[str], parts: int) -> float:
    """Posts per second of `voxpop.spark.score` on such a DataFrame."""
    return _rate(spark, texts, parts, voxpop.spark.score)


def _rate(spark: Any, texts: list[str], parts: int, way: Callable[[Any], Any]) -> float:
    def taken(some: list[str]) -> float:
        rows = spark.createDataFrame([(text,) for text in some], "text string").repartition(parts)
        begun = time.perf_counter()
        way(rows).write.format("noop").mode("overwrite").save()
        return time.perf_counter() - begun

    taken(texts[:8])
    return len(texts) / taken(texts)
