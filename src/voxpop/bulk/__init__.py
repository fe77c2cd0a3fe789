"""Work on exports and logs by the terabyte, as Spark jobs; what they make is what one process would have made.

Needs the extra `spark`, and every path at the same place on the driver and on the executors.
"""
