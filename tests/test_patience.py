from __future__ import annotations

import threading

from voxpop.errors import Transient
from voxpop.patience import Patience


def test_trouble_is_said_once_and_so_is_its_end() -> None:
    said: list[str] = []
    stop = threading.Event()
    stop.set()
    patience = Patience(stop, said.append)
    patience.over()
    assert said == [] and patience.trouble is None
    for _ in range(3):
        patience.wait(Transient("the store is away", retry_after=60))
    assert said == ["voxpop: the store is away; waiting for it"] and patience.trouble == "the store is away"
    patience.over()
    assert said[1:] == ["voxpop: it is back"] and patience.trouble is None
