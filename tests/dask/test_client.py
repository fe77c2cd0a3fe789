from __future__ import annotations

import gc
import signal
import socket
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.command import answer, voxpop
from tests.dask_cluster import DaskCluster, dask_cluster
from voxpop import segment as segments
from voxpop.errors import Terminal

pytest.importorskip("distributed", reason="install Dask with pip install 'voxpop[dask]'")
pytestmark = pytest.mark.slow


def test_workers_of_this_machine_listen_on_loopback_alone(dask: Any) -> None:
    addresses = [dask.scheduler_info()["address"], *dask.nthreads()]
    assert {address.rpartition(":")[0] for address in addresses} == {"tcp://127.0.0.1"}
    assert set(dask.nthreads().values()) == {1}


@pytest.fixture
def nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def test_a_scheduler_that_does_not_answer_is_named(nobody: str) -> None:
    from voxpop.dask.client import opened

    with pytest.raises(Terminal, match=f"no Dask scheduler answers at {nobody}"), opened(nobody):
        pass


@pytest.mark.parametrize("address", ["tcp://", "http://127.0.0.1:1", "127.0.0.1:999999", "\N{SNOWMAN}"])
def test_what_is_no_address_is_refused_in_a_sentence(address: str) -> None:
    from voxpop.dask.client import opened

    with pytest.raises(Terminal, match="no Dask scheduler answers at"), opened(address):
        pass


def test_a_client_that_did_not_connect_is_gone_before_another_one_can_meet_it() -> None:
    from dask.distributed import Client

    from voxpop.dask.client import opened

    def alive() -> int:
        return sum(type(one) is Client for one in gc.get_objects())

    gc.collect()
    before = alive()
    gc.disable()
    try:
        with pytest.raises(Terminal), opened("http://127.0.0.1:1"):
            pass
        assert alive() == before
    finally:
        gc.enable()


@pytest.mark.parametrize(("late", "made"), [(0, 1), (1, 2)])
def test_a_thread_of_dask_that_was_late_is_given_a_second_chance(late: int, made: int) -> None:
    from voxpop.dask.client import patiently

    tries: list[int] = []

    def start() -> int:
        tries.append(1)
        assert len(tries) > late
        return len(tries)

    assert patiently(start) == made


def test_a_thread_of_dask_that_is_always_late_is_no_missing_scheduler() -> None:
    from voxpop.dask.client import patiently

    def start() -> None:
        raise AssertionError

    with pytest.raises(AssertionError):
        patiently(start)


def joined(cluster: DaskCluster) -> None:
    from dask.distributed import Client

    with Client(cluster.address) as client:
        client.wait_for_workers(1, timeout=60)


def test_workers_of_another_version_are_refused(tmp_path: Path) -> None:
    from voxpop.dask.client import opened

    other = tmp_path / "voxpop-9.9.dist-info" / "METADATA"
    other.parent.mkdir()
    other.write_text("Metadata-Version: 2.1\nName: voxpop\nVersion: 9.9\n")
    with dask_cluster(tmp_path, 0) as cluster:
        cluster.start_worker(environment={"PYTHONPATH": str(tmp_path)})
        joined(cluster)
        with pytest.raises(Terminal, match=r"^the worker tcp://\S+ has voxpop 9.9 for "), opened(cluster.address):
            pass


def test_workers_without_voxpop_are_refused(tmp_path: Path) -> None:
    from voxpop.dask.client import opened

    others = tmp_path / "packages"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(("voxpop", "_voxpop")):
            (others / path.name).symlink_to(path)
    with dask_cluster(tmp_path, 0) as cluster:
        # Without `site`, Python knows no packages but these.
        cluster.start_worker(["-S"], {"PYTHONPATH": str(others)}, tmp_path)
        joined(cluster)
        with pytest.raises(Terminal, match=r"has voxpop missing for .* pip install"), opened(cluster.address):
            pass


def test_the_command_names_a_scheduler_that_does_not_answer(nobody: str, export: Path, tmp_path: Path) -> None:
    ran = voxpop("run", "--once", "--source", export, "--scheduler", nobody, "--data", tmp_path / "data")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(f"voxpop: no Dask scheduler answers at {nobody}; ")


def test_the_command_gives_the_bytes_of_the_embedded_engine(export: Path, tmp_path: Path) -> None:
    for engine in ("embedded", "dask"):
        said = answer("run", "--once", "--source", export, "--engine", engine, "--data", tmp_path / engine)
        assert said["loaded_segments"] == 1
    (direct,), (there,) = ((tmp_path / engine / "scored").iterdir() for engine in ("embedded", "dask"))
    tables = [segments.read(next(directory.glob("*/*.parquet"))) for directory in (direct, there)]
    # The two runs received their posts at different times.
    first, second = (table.drop_columns(["received_at", "created_at"]) for table in tables)
    assert first == second


def test_ctrl_c_leaves_workers_to_the_driver(dask: Any) -> None:
    ignored = dask.run(signal.getsignal, signal.SIGINT)
    assert set(ignored.values()) == {signal.SIG_IGN}
