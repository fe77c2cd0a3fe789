from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stores.scored import TOPICS, cut, event
from tests.stores.view import naive, seen
from voxpop.errors import Terminal
from voxpop.stores.duckdb import DuckDBStore


def test_a_file_that_is_no_store_is_refused_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(Terminal, match="voxpop rebuild"):
        DuckDBStore.open(path, TOPICS)


LOADER = """
import sys
from pathlib import Path
from tests.stores.scored import TOPICS, cut, event
from voxpop.stores.duckdb import DuckDBStore
store = DuckDBStore.open(Path(sys.argv[1]), TOPICS)
print("open", flush=True)
for segment, batch in cut([event(f"test:{n % 97}", rev=str(n)) for n in range(20000)], range(0, 20000, 20)):
    store.load(segment, batch)
    print(segment.offset, flush=True)
"""


def _loader(path: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, str(path)], stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    )


def test_a_killed_process_leaves_whole_segments_and_a_second_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with _loader(path) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        with pytest.raises(Terminal, match=r"is open in another process .*--data"):
            DuckDBStore.open(path, TOPICS)
        said = [process.stdout.readline() for _ in range(12)]
        process.kill()
    rows = [event(f"test:{n % 97}", rev=str(n)) for n in range(20000)]
    pieces = cut(rows, range(0, 20000, 20))
    store = DuckDBStore.open(path, TOPICS)
    loaded = store.loaded()
    assert {int(line) for line in said} <= {segment.offset for segment in loaded}
    assert seen(store) == naive([piece for piece in pieces if piece[0] in loaded])
    assert [store.load(*piece) for piece in pieces[: len(loaded) + 3]] == [False] * len(loaded) + [True] * 3
    assert seen(store) == naive(pieces[: len(loaded) + 3])
    store.close()
