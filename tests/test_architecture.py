"""The design as tests: import direction, sizes, and what the base install may import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "voxpop"
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
MOST_PARAMETERS = 5

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "schema", "voxpop"),
    ("channels", "secret"),
    ("address", "gaps", "patience", "seams", "text", "topics", "gazetteer", "nearest", "segment", "models", "votes"),
    ("catalogue", "cities", "config", "web", "emoji", "grouping", "language", "profile", "log", "registry"),
    (
        "account",
        "corrections",
        "deletion",
        "geo",
        "place",
        "quarantine",
        "removal",
        "seen",
        "sources",
        "scorers",
        "spool",
    ),
    ("metrics", "output", "score", "table"),
    ("bootstrap", "labelled", "quantification", "tsv"),
    ("dask", "spark"),
    ("engines", "ingest", "scrub", "stores"),
    ("backfill", "behaviour", "delivery", "evaluation", "explanation", "pipeline", "preview", "reliability", "scoring"),
    ("measured", "towards"),
    ("stances", "testing"),
    ("bulk",),
    ("insight",),
    ("lookout", "notify"),
    ("observability",),
    ("api",),
    ("client", "dashboard"),
    ("assembly", "checkpoints", "console", "listening"),
    ("collector", "doctor", "health", "server"),
    ("demo",),
    ("training",),
    ("cli", "__main__"),
)
"""A module may import from its own line and those above it."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ON_USE = {"training", "client"}
"""Imported inside functions. Training needs an extra, and that the base install never imports it is tested below; the
client is what the package itself offers by name."""


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def top(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return "voxpop" if parts == ("__init__",) else parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """Top-level Voxpop modules that are imported when the module runs; not those for type checkers alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("voxpop."))
        if isinstance(node, ast.ImportFrom) and node.module == "voxpop":
            yield from (alias.name if alias.name in LEVEL else "voxpop" for alias in node.names)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("voxpop."):
            yield str(node.module).split(".")[1]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    name = top(path)
    found = set(imported(ast.parse(path.read_text()))) - ON_USE
    above = {other for other in found if LEVEL[other] > LEVEL[name]}
    assert not above, f"{name} imports {above} from above it"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_MODULE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        assert (function.end_lineno or 0) - function.lineno < LONGEST_FUNCTION, f"{function.name} is too long"


def test_functions_take_few_parameters() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list:
                names = [
                    arg.arg for arg in chain(node.args.args, node.args.kwonlyargs) if arg.arg not in ("self", "cls")
                ]
                assert len(names) <= MOST_PARAMETERS, f"{path.name}: {node.name} takes {len(names)} parameters"


def test_every_layer_is_a_module_that_exists() -> None:
    there = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert set(LEVEL) - {"voxpop"} <= there
    assert there - {"__init__"} <= set(LEVEL), "a new module needs its place in LAYERS"


HEAVY = ("asyncpg", "torch", "transformers", "pyspark", "dask", "pandas", "vaderSentiment", "matplotlib")


def test_the_base_install_imports_no_extra() -> None:
    code = (
        "import sys, pkgutil, importlib, voxpop\n"
        "names = [m.name for m in pkgutil.walk_packages(voxpop.__path__, 'voxpop.')]\n"
        "for n in names:\n"
        "    if '.training' not in n and '__main__' not in n: importlib.import_module(n)\n"
        f"print([n for n in {HEAVY!r} if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_help_is_quick_because_it_imports_little() -> None:
    heavy = ("duckdb", "fastapi", "onnxruntime", "pyarrow")
    code = f"import sys, voxpop.cli; print([n for n in {heavy} if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
