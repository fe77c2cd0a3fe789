"""Takes out of an environment what Voxpop never loads, and compiles what it does; run by the image's build.

Every pattern is a file that nothing imports, links or serves: `voxpop` was started, and its tests of containers were
run, without them. Byte code is written for the modules alone that a server loads, by content and not by time, so that
a read-only container starts as fast as another and a build gives the same bytes again.
"""

from __future__ import annotations

import importlib
import py_compile
import shutil
import sys
from pathlib import Path
from typing import Final

UNUSED: Final = (
    # Flight and S3: Voxpop's files are local. The third is a copy of a library that is loaded by its other name.
    *("pyarrow/libarrow_flight*", "pyarrow/_flight.*", "pyarrow/libarrow_python_flight*", "pyarrow/include"),
    *("pyarrow/libarrow_s3*", "pyarrow/_s3fs.*", "pyarrow/libarrow_python.so", "pyarrow/libarrow_python.so.*.*.*"),
    # The library for C programs; Python's holds all of it once more.
    "onnxruntime/capi/libonnxruntime.so*",
    *("**/tests", "numpy/**/*.pyi", "pyspark/examples", "pyspark/licenses"),
    # A store for the state of streams; Voxpop's have none, and Spark's default is another.
    "pyspark/jars/rocksdbjni-*.jar",
)
LOADED: Final = (
    *("voxpop.cli", "voxpop.server", "voxpop.collector", "voxpop.health", "voxpop.doctor", "voxpop.stores.postgres"),
)


def slim(packages: Path) -> int:
    """Remove what is unused; answers the bytes."""
    freed = 0
    for pattern in UNUSED:
        for path in sorted(packages.glob(pattern)):
            inner = path.rglob("*") if path.is_dir() else (path,)
            freed += sum(one.stat().st_size for one in inner if one.is_file() and not one.is_symlink())
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return freed


def compile_loaded(packages: Path) -> int:
    """Write byte code of the modules that a server loads; answers how many."""
    for name in LOADED:
        importlib.import_module(name)
    files = {Path(found) for module in list(sys.modules.values()) if (found := getattr(module, "__file__", None))}
    sources = sorted(path for path in files if path.suffix == ".py" and path.is_relative_to(packages))
    for path in sources:
        py_compile.compile(str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return len(sources)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    installed = Path(next(path for path in sys.path if path.endswith("site-packages")))
    print(f"{slim(installed) >> 20} MB taken out, {compile_loaded(installed)} modules compiled")
