"""Voxpop on Apache Spark: for those who outgrow one machine. Needs the extra `spark`."""

from voxpop.spark.scoring import score

__all__ = ["score"]
