"""What a worker process of this machine does as it starts; Dask calls `dask_setup`, its name for that.

See https://docs.dask.org/en/stable/customize-initialization.html.
"""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the driver, which ends its workers when it is done; the terminal sends it to all of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
