"""The engine that the settings name, with what it needs started before and stopped after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voxpop import registry
from voxpop.config import Settings
from voxpop.dask import client as dask
from voxpop.seams import Engine
from voxpop.spark.session import LOCAL, Cluster, opened

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def engine_of(settings: Settings, say: Callable[[str], None] = lambda line: None) -> Iterator[Engine]:
    """The engine for as long as the block runs; what it has to say as it goes is said to `say`, a line each.

    Raises:
        Terminal: what the engine needs is missing, or no cluster answers; says what to do.
    """
    if settings.engine == "spark":
        with spark_of(settings) as spark:
            engine: Engine = registry.load("engines", "spark")(spark, say)
            yield engine
    elif settings.engine == "dask":
        with dask.opened(settings.scheduler) as client:
            engine = registry.load("engines", "dask")(client)
            yield engine
    else:
        engine = registry.load("engines", settings.engine)()
        yield engine


@contextmanager
def spark_of(settings: Settings) -> Iterator[SparkSession]:
    """A Spark session on the master of the settings, else on this machine; stopped in the end.

    Raises:
        Terminal: PySpark or Java is missing or does not fit, or no master answers; says what to do.
    """
    with opened(Cluster(settings.master or LOCAL)) as spark:
        yield spark
