"""The model card that travels with the weights, written from the figures of the export."""

from typing import Any

_CARD = """\
# {name}

Sentiment of short posts: negative, neutral or positive. Exported by Voxpop.

| | |
|---|---|
{rows}

## Limits

* It judges the tone of a post, not the stance towards a topic in it, and irony mostly escapes it.
* Languages it was not trained on get a score that means nothing; Voxpop leaves posts that are marked as such unscored.
* Its probabilities are as honest as the posts they were fitted on are like yours.
* Fit for aggregates over many posts. Do not use it to judge a person.
"""

_NAMES = {
    "languages": "languages",
    "base_model": "base model",
    "trained_on": "trained on",
    "licence": "licence of the weights",
    "outputs": "its own labels",
    "precision": "precision",
    "megabytes": "size of model.onnx, MB",
    "max_length": "tokens of a post that count",
    "parity_rows": "compared with PyTorch on, posts",
    "labels_flipped": "labels that differ from PyTorch",
    "max_change": "largest change of a probability",
    "mean_change": "mean change of a probability",
    "dev_rows": "development posts, which also chose the temperature",
    "dev_macro_recall": "macro recall on them",
    "dev_ece": "expected calibration error on them",
    "temperature": "temperature",
}


def card(figures: dict[str, Any]) -> str:
    """Return the card as Markdown: a row for each figure that is known, in a fixed order.

    >>> "| temperature | 1.2 |" in card({"name": "mine", "temperature": 1.2})
    True
    """
    rows = [f"| {title} | {_shown(figures[key])} |" for key, title in _NAMES.items() if key in figures]
    return _CARD.format(name=figures["name"], rows="\n".join(rows))


def _shown(value: Any) -> str:
    text = (", ".join(map(str, value)) or "any") if isinstance(value, list) else str(value)
    return text.replace("|", "/").replace("\n", " ")
