"""English words of the page of the model."""

from __future__ import annotations

from typing import Final

HEADING: Final = "Model"
LEAD: Final = "What scores the posts, how good it is, and what it makes of a text of yours."

TRY: Final = "Try it"
YOURS: Final = "Your text"
YOURS_HELP: Final = "It is scored as posts are, while you write, on this machine, and kept nowhere."
ANY: Final = "Score it whatever its language"
EXAMPLES: Final = (
    "The battery is great but the screen is horrible",
    "the train leaves at five",
    "not bad at all",
    "Das ist wirklich schade",
)
EXAMPLES_LABEL: Final = "For example:"
NO_SCORE: Final = (
    "Texts cannot be scored with your key: it lacks the scope score. voxpop keys create --scope score makes one that "
    "has it."
)
UNTRIED: Final = "Write a text, or take one of the examples."
PROBABILITIES: Final = "Probabilities"
WORDS: Final = "Which words carried it"
WORDS_HELP: Final = (
    "Each word's share in the polarity, its Shapley value: blue speaks for positive, vermilion for negative; the "
    "stronger, the more. They add up to the polarity."
)
SCRIPT: Final = {
    "untried": UNTRIED,
    "unscored": "Unscored: the model does not read {lang}, so it does not guess. Tick the box to score it anyway.",
    "nothing": "Unscored: there is no word in it to score.",
    "scored": "{label}, {share}. Polarity {polarity}.",
    "scoring": "Scoring\N{HORIZONTAL ELLIPSIS}",
    "weighing": "Weighing the words\N{HORIZONTAL ELLIPSIS}",
    "long": "Too long to explain word by word: at most {most} characters.",
    "anyway": "Its words are not weighed, as it is in a language that the model does not read.",
}
"""What the page's script says; words in braces are filled in there."""

CARD: Final = "Which model"
NO_CARD: Final = "It has no card: it is a list of words with rules, and was not trained."
ID: Final = "Id"
ID_HELP: Final = "What its scores depend on; another id scores history anew."
BASE: Final = "Base model"
TRAINED: Final = "Trained on"
LICENCE: Final = "Licence of the weights"
SIZE: Final = "Size"
LANGUAGES: Final = "Languages"
ANY_LANGUAGE: Final = "any"
LANGUAGES_HELP: Final = "A post in another language is left unscored, never guessed."
EXITS: Final = "Layers a post, on average"
TOKENS: Final = "Tokens of a post that count"

QUALITY: Final = "How good it is"
NO_FIGURES: Final = (
    "Nothing was measured of this model yet. Measure it on posts that you labelled, and this page shows the figures:"
)
MEASURE: Final = 'voxpop evaluate --data labelled.tsv --keep "which posts these are"'
MEASURED_ON: Final = "Measured on {n} labelled posts: {posts}. Brackets and bars are 95 % intervals."
MEASURE_NAME: Final = "Measure"
NAMES: Final = {"lexicon": "VADER"}
MEASURES: Final = {
    "macro_recall": ("Macro recall", "mean recall of the three labels; more is better"),
    "f1_pn": ("F1 of positive and negative", "more is better"),
    "accuracy": ("Accuracy", "share that is right; more is better"),
    "ece": ("Calibration error", "how far confidence is from the truth; less is better"),
    "brier": ("Brier score", "squared distance from the truth, 0 to 2; less is better"),
}
CLASSES: Final = "By label"
CLASS_HEAD: Final = ("Label", "Precision", "Recall", "F1", "Posts")
CONFUSION: Final = "What it answers, by what is true"
CONFUSION_HEAD: Final = ("True label", "Negative", "Neutral", "Positive")

RELIABILITY: Final = "How honest its confidence is"
RELIABILITY_HELP: Final = (
    "Of answers given with a confidence, how many are right: on the line, confidence is the truth. A larger point "
    "stands for more posts."
)
CONFIDENCE: Final = "Confidence"
RIGHT: Final = "Share that is right"
BINS: Final = "The same as a table"
BIN_HEAD: Final = ("Confidence", "Mean", "Right", "Posts")

BEHAVIOUR: Final = "What it fails at"
BEHAVIOUR_HELP: Final = (
    "Share of invented cases that fail, after CheckList: a label is right (MFT), a change that means nothing changes "
    "no label (INV), the polarity moves the right way (DIR). Averages over posts hide this."
)
CAPABILITY: Final = "Capability"
CASES: Final = "Cases"
KINDS: Final = {"MFT": "right label", "INV": "no change", "DIR": "right way"}
ALL: Final = "All"
LIMITS: Final = "What it is not for"
LIMITS_LIST: Final = (
    "It judges the tone of a post, not the stance towards a topic in it, and irony mostly escapes it.",
    "Its probabilities are as honest as the posts they were fitted on are like yours.",
    "It is fit for sums over many posts. Do not use it to judge a person.",
)
