"""The command that says why a text got its label: `explain`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json

if TYPE_CHECKING:
    from voxpop.explanation import Explanation, Word

_MARKED_FROM: Final = 0.1
_MOST_ROWS: Final = 20


@app.command()
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text to explain; - reads it from standard input.")],
    lang: Annotated[str | None, typer.Option(help="Its language, where it is known, such as en.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A bundled model, a directory or `lexicon`. [default: en-small]")
    ] = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say which words carried a text's label, and which spoke against it.

    A word's weights are what it added to the label's probability and to the polarity (Shapley values); they add up.

    Example: voxpop explain "the battery is great but the screen is horrible"
    """
    from voxpop import explanation
    from voxpop.checkpoints import opening

    given = sys.stdin.read() if text == "-" else text
    scorer = opening.model_of(config.load(settings_file, data=data, model=model)).open()
    found = explanation.explain(scorer, given, lang)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    console.answer(found.to_json(), as_json=json_, text=shown(found, colour=colour))


def shown(explanation: Explanation, *, colour: bool) -> str:
    """The text with its telling words marked, then the words by what they added to the label.

    A mark has a sign beside its colour, so that nothing is lost on paper or to the colour-blind.
    """
    if explanation.polarity is None or explanation.probability is None:
        return f"unscored: a blank text, or a language that {explanation.model_id} cannot read"
    ranked = explanation.ranked()
    head = f"{explanation.label} {explanation.probability:.2f}, polarity {explanation.polarity:+.2f}"
    rows = [_row(word, colour) for word in _ends(ranked)]
    if len(ranked) > _MOST_ROWS:
        rows.insert(_MOST_ROWS // 2, f"{'…':>8}{'…':>10}  {len(ranked) - _MOST_ROWS} words between")
    return "\n".join([head, "", _marked(explanation, colour), "", f"{'label':>8}{'polarity':>10}  word", *rows])


def _ends(ranked: list[Word]) -> list[Word]:
    half = _MOST_ROWS // 2
    return ranked if len(ranked) <= _MOST_ROWS else ranked[:half] + ranked[-half:]


def _row(word: Word, colour: bool) -> str:
    # Adding 0.0 makes a rounded -0.0 positive.
    label, polarity = (round(weight, 2) + 0.0 for weight in (word.label_weight, word.polarity_weight))
    return f"{label:>+8.2f}{polarity:>+10.2f}  {_coloured(word, word.text, colour)}"


def _marked(explanation: Explanation, colour: bool) -> str:
    pieces, last = [], 0
    for word in explanation.words:
        pieces.append(explanation.text[last : word.start])
        sign = "+" if word.polarity_weight > 0 else "−"
        telling = abs(word.polarity_weight) >= _MARKED_FROM
        pieces.append(_coloured(word, f"[{sign}{word.text}]", colour) if telling else word.text)
        last = word.end
    return "".join([*pieces, explanation.text[last:]])


def _coloured(word: Word, text: str, colour: bool) -> str:
    if not colour or abs(word.polarity_weight) < _MARKED_FROM:
        return text
    return typer.style(text, fg=typer.colors.GREEN if word.polarity_weight > 0 else typer.colors.RED, bold=True)
