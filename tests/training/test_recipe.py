"""A recipe from flags, from TOML, and what is said where it does not work."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from voxpop.cli import app
from voxpop.cli.train import require
from voxpop.errors import Terminal
from voxpop.training.recipe import OPTIONS, Recipe, read_toml

WHOLE = {"data": ["a.tsv"], "dev": "d.tsv", "base": "b", "out": "o"}


def test_a_recipe_takes_flags_and_toml_by_the_same_names(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(
        'data = ["a.tsv", "b.tsv"]\ndev = "d.tsv"\nbase = "b"\nout = "o"\nmax-length = 96\nseed = 3\nrate = 1\n'
    )
    recipe = Recipe.of({**read_toml(file), "rate": 2e-5})
    assert recipe.inputs.data == ("a.tsv", "b.tsv")
    assert (recipe.network.max_length, recipe.optimisation.seed, recipe.optimisation.rate) == (96, (3,), 2e-5)
    assert Recipe.of(recipe.flat() | {"unlabelled": "x"} | {"soft": "s"}).distillation.soft == Path("s")


def test_every_option_is_a_flag_of_the_command() -> None:
    shown = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200"}).output
    assert [key for key in OPTIONS if f"--{key}" not in shown] == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"epoch": 3, "colour": 1, "batch": 0, "smoothing": "much", "pooling": "max", "seed": [True]}
    with pytest.raises(Terminal) as raised:
        Recipe.of({**WHOLE, **wrong, "dev": ""})
    for part in [
        "colour is no option",
        "epoch is no option",
        "dev is missing",
        "batch must be a whole number from 1",
        "smoothing must be a number from 0 to 0.99",
        "pooling must be mean or native",
        "seed must be",
    ]:
        assert part in str(raised.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"deep": 0.5}, "--deep and --exit-layer need each other"),
        ({"deep": 0.5, "exit_layer": [1], "pooling": "native"}, "--exit-layer needs --pooling mean"),
        ({"teacher": "t", "soft": "s"}, "give --teacher or --soft, not both"),
        ({"unlabelled": "u"}, "--unlabelled needs --teacher or --soft"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(Terminal, match=sentence):
        Recipe.of({**WHOLE, **given})


def test_where_a_run_is_does_not_make_it_another() -> None:
    assert Recipe.of(WHOLE).identity() == Recipe.of({**WHOLE, "out": "elsewhere", "save-steps": 9}).identity()
    assert Recipe.of(WHOLE).identity() != Recipe.of({**WHOLE, "epochs": 9}).identity()


def test_a_library_that_is_not_there_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(Terminal, match=r"needs no_such_library; run pip install 'voxpop\[train\]'"):
        require(("json", "no_such_library"))


def test_a_settings_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("epochs is 3")
    with pytest.raises(Terminal, match="is not TOML"):
        read_toml(tmp_path / "recipe.toml")


def test_the_recipes_in_the_documentation_work(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    (tmp_path / "recipe.toml").write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert Recipe.of(read_toml(tmp_path / "recipe.toml")).optimisation.seed == (1, 2, 3)
    lines = [line for block in page.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]
    commands = [line.split()[2:] for line in lines if line.startswith("voxpop train ")]
    assert len(commands) > 3
    for words in commands:
        given = dict(zip((word.removeprefix("--") for word in words[::2]), words[1::2], strict=True))
        numbers = {"rate": float, "deep": float, "ffn": int, "layers": int, "exit-layer": int, "epochs": int}
        assert Recipe.of({key: numbers.get(key, str)(value) for key, value in given.items()})
