"""How faithful explanations are: what happens to a label when the words that are said to carry it are left out.

    python bench/faithfulness.py [--texts FILE] [--most N] [--join N] [--model NAME]

`--texts` holds a text a line, or is a table with a column `text`; without it the invented texts of the tests are used.
Comprehensiveness is the fall of the label's probability when the first words of the order are left out, sufficiency
the fall when they alone are left (DeYoung et al. 2020), both as the mean over 10, 20, 30 and 50 % of the words (AOPC:
Samek et al. 2017). Of the first a high figure is good, of the second a low one.
"""

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from voxpop import models
from voxpop.explanation import Explanation, explain, keep
from voxpop.scorers.onnx import OnnxScorer
from voxpop.seams import Scorer

SHARES = (0.1, 0.2, 0.3, 0.5)
RANDOM_ORDERS = 5
FEWEST_WORDS = 3
INVENTED = Path(__file__).parent.parent / "tests" / "fixtures" / "explained.txt"


def faithfulness(scorer: Scorer, texts: Iterable[str]) -> dict[str, dict[str, float]]:
    """Comprehensiveness and sufficiency of three orders of the words: by the explanation, by leaving one out, random.

    Texts of fewer than three words, which have hardly an order, and unscored ones are left out; `n` counts the rest.
    """
    dice = np.random.default_rng(1)
    found = defaultdict(list)
    for text in texts:
        explanation = explain(scorer, text)
        count = len(explanation.words)
        if count < FEWEST_WORDS:
            continue
        single = chances(scorer, explanation, [[at != out for at in range(count)] for out in range(count)])
        found["explanation"].append(curves(scorer, explanation, order_of(explanation)))
        found["leave one out"].append(curves(scorer, explanation, np.argsort(single, kind="stable").tolist()))
        drawn = [dice.permutation(count).tolist() for _ in range(RANDOM_ORDERS)]
        found["random"].append(np.mean([curves(scorer, explanation, order) for order in drawn], axis=0))
    means = {name: np.mean(rows, axis=0).round(3).tolist() for name, rows in found.items()}
    return {
        name: {"comprehensiveness": mean[0], "sufficiency": mean[1], "n": len(found[name])}
        for name, mean in means.items()
    }


def order_of(explanation: Explanation) -> list[int]:
    """The words' places in the text, in the order of the explanation."""
    return [explanation.words.index(word) for word in explanation.ranked()]


def curves(scorer: Scorer, explanation: Explanation, order: Sequence[int]) -> tuple[float, float]:
    """Comprehensiveness and sufficiency of one order."""
    count = len(order)
    firsts = [set(order[: int(np.ceil(share * count))]) for share in SHARES]
    rest = [[at not in first for at in range(count)] for first in firsts]
    alone = [[at in first for at in range(count)] for first in firsts]
    left = chances(scorer, explanation, [*rest, *alone])
    whole = explanation.probability or 0.0
    return whole - float(left[: len(SHARES)].mean()), whole - float(left[len(SHARES) :].mean())


def chances(scorer: Scorer, explanation: Explanation, sets: Sequence[Sequence[bool]]) -> np.ndarray:
    """The probability of the explanation's label for each set of words that is kept; 1/3 where nothing is."""
    spans = [(word.start, word.end) for word in explanation.words]
    texts = pa.array([keep(explanation.text, spans, kept) for kept in sets], pa.string())
    rows = scorer(pa.record_batch([texts], names=["text"]))
    chance = rows[f"p_{explanation.label}"].to_numpy(zero_copy_only=False).astype(float)
    return np.where(np.isnan(chance), 1 / 3, chance)


def read(path: Path, most: int) -> list[str]:
    """At most `most` texts of a list or a table."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".tsv":
            texts = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
        else:
            texts = file.read().splitlines()
    return texts[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=INVENTED)
    parser.add_argument("--most", type=int, default=200, help="how many texts, from the first (default 200)")
    parser.add_argument("--join", type=int, default=1, help="put so many neighbouring texts into one (default 1)")
    parser.add_argument("--model", default="en-small", help="a bundled model or a directory")
    given = parser.parse_args()
    scorer = OnnxScorer.open(models.find(given.model), threads=2)
    texts = read(given.texts, given.most)
    joined = [" ".join(texts[at : at + given.join]) for at in range(0, len(texts), given.join)]
    sys.stdout.write(json.dumps(faithfulness(scorer, joined), indent=2) + "\n")


if __name__ == "__main__":
    main()
