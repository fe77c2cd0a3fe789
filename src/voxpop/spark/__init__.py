"""Voxpop on Apache Spark: for those who outgrow one machine. Needs the extra `spark`."""
