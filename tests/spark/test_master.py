"""Where a master is, and which of this machine's addresses its workers are told."""

from __future__ import annotations

import socket

import pytest

from voxpop.errors import Terminal
from voxpop.spark.master import reach


def test_the_address_towards_the_master_is_this_machines_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as master:
        assert reach(f"spark://127.0.0.1:{master.getsockname()[1]}") == "127.0.0.1"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_of_several_masters_the_one_that_answers_says_which_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        silent = taken.getsockname()[1]
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as master:
        assert reach(f"spark://127.0.0.1:{silent},[::1]:{master.getsockname()[1]}") == "::1"


@pytest.mark.parametrize("master", ["local[2]", "yarn", "k8s://https://10.0.0.1:6443"])
def test_another_kind_of_master_has_no_address_to_tell(master: str) -> None:
    assert reach(master) is None


def test_a_master_that_is_silent_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Terminal, match="no Spark master answers"):
        reach(f"spark://127.0.0.1:{port}")
