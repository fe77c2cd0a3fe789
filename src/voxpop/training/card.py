"""The model card that travels with the weights, written from the figures of the export."""

from typing import Any

_CARD = """\
# {name}

Sentiment of short English posts: negative, neutral or positive. Part of Voxpop.

| | |
|---|---|
| task | three classes; polarity = p(positive) - p(negative) |
| languages | {languages} |
| base model | `{base_model}` (Apache-2.0), 22.7 million parameters |
| trained on | SemEval-2013 to SemEval-2016, Task 4, subtask A: {train_rows} tweets of 2013-2016 |
| head | mean of the token states, one linear layer |
| file | ONNX, int8 (static scales: a score does not depend on the rest of the batch), {megabytes} MB |
| reads | the first {max_length} tokens, lower-cased; mentions as `@user`, links as `http` |
| licence of the weights | {licence} |

## Figures

On TweetEval's sentiment validation set (2,000 tweets), which also chose the epoch and the temperature:
macro recall **{dev_macro_recall:.3f}** (before quantisation {float_macro_recall:.3f}, {labels_flipped} of {dev_rows}
labels differ, largest change of a probability {max_change:.3f}); expected calibration error {ece_after:.3f}
({ece_before:.3f} before the temperature of {temperature}). Figures on data that nobody tuned on are in the project's
documentation once they are measured.

## Limits

* English only. Other languages get a score that means nothing; Voxpop leaves them unscored.
* Its tweets are of 2013-2016: later words, brands, memes and events are new to it, and most emoji are unknown to its
  vocabulary. Irony mostly escapes it.
* It judges the tone of a post, not the stance towards a topic in it.
* Probabilities are calibrated on tweets like those it was trained on; elsewhere it is overconfident.
* Fit for aggregates over many posts. Do not use it to judge a person.
"""


def card(figures: dict[str, Any]) -> str:
    """Return the card as Markdown. Raises `KeyError` naming the figure that is missing."""
    return _CARD.format(**figures)
