"""English words of the page on which people label posts."""

from __future__ import annotations

from typing import Final

HEADING: Final = "Label"
LEAD: Final = "Say what you read in a post. Your labels measure the model, correct its shares, and teach the next one."

ASKED: Final = "What is the tone of this post?"
HIDDEN: Final = "The model's label is hidden until you have chosen, so that it does not sway you."
JUDGE: Final = "Judge the words alone, as the model has to. Label all that is offered, the dull ones as well."
CHOICES: Final = "Your label"
UNCLEAR: Final = "Cannot tell"
UNCLEAR_HELP: Final = "Skips the post: nothing is kept, and this tab does not offer it again."
BACK: Final = "Take the last one back"
KEYS: Final = "Label by key"
KEYS_HELP: Final = "1, 2, 3 and 0 label, U takes back."
POST: Final = "The post"

WHICH: Final = "Which posts are offered"
TOPIC: Final = "Topic"
EVERY: Final = "All posts"
PERIOD: Final = "Posts of the last"
PERIODS: Final = {"1": "24 hours", "7": "7 days", "30": "30 days", "365": "year"}
DRAW: Final = "Offer"
DRAWS: Final = {"next": "what teaches most", "random": "a random sample"}
DRAW_HELP: Final = (
    "What teaches most: posts that the model doubts and that many others are like. A random sample: to measure the "
    "model, or to correct shares, fairly."
)

PROGRESS: Final = "{labelled} labelled, {left} suggested"
ROUND: Final = "Of the posts suggested"

NOTHING: Final = "Nothing to label"
NOTHING_HELP: Final = (
    "Every post of this choice is labelled or skipped, or none is there that the model has scored. Choose a longer "
    "time or another topic above, or let more posts come in:"
)
NOTHING_COMMAND: Final = "voxpop run --source bluesky"
FAILED: Final = "Posts could not be offered: {why}"
AGAIN: Final = "Try again"

AGREED: Final = "You and the model"
AGREED_ON: Final = {"next": "On what teaches most", "random": "On a random sample"}
AGREED_HELP: Final = (
    "How often the model had said what you said. What teaches most is harder than most posts; a random sample tells "
    "fairly how good the model is to you, and the first command below has the intervals."
)
SIGNED: Final = "Signed"

USES: Final = "What labels are for"
USES_LIST: Final = (
    ("They measure the model, on your posts and by your judgement:", "voxpop evaluate --corrections --drawn random"),
    ("They correct the shares that it gets wrong:", "voxpop calibrate --corrections --out correction.json"),
    (
        "They teach the next model, with the posts it was made of:",
        "voxpop train --data train.tsv --add corrections.tsv",
    ),
)
USES_HELP: Final = "All of it: docs/corrections.md."
EXPORT: Final = "Take them along"
EXPORT_HELP: Final = (
    "Texts are strangers'. A spreadsheet might run one, so the first file puts an apostrophe before such."
)
EXPORTS: Final = (
    ("For a spreadsheet (TSV)", "/v1/corrections?format=tsv"),
    ("For voxpop train --add (TSV)", "/v1/corrections?format=tsv&guard=false"),
    ("As JSON", "/v1/corrections"),
)

NO_LABEL: Final = (
    "You can look, but not label: your key lacks the scope label. voxpop keys create --scope read --scope label makes "
    "one that has it."
)
NO_KEEPER: Final = (
    "Labels cannot be kept here, as this service only reads; start it with voxpop serve, without --read-only."
)

SCRIPT: Final = {
    "progress": PROGRESS,
    "looking": "Looking for posts to label\N{HORIZONTAL ELLIPSIS}",
    "same": "You said {mine}, and so did the model.",
    "other": "You said {mine}. The model had said {its}, {share}\N{NARROW NO-BREAK SPACE}% sure.",
    "skipped": "Skipped. Nothing was kept.",
    "back": "Taken back. Here it is again.",
    "failed": FAILED,
    "kept": "Not kept: {why}",
    "held": "Not taken back: {why}",
    "away": "the server does not answer",
    "notopic": "on no topic",
    "agreed": "{agreed} of {n} ({share}\N{NARROW NO-BREAK SPACE}%)",
}
"""What the page's script says; words in braces are filled in there."""


def agreed(agreed: int, n: int) -> str:
    """How often both said the same.

    >>> agreed(8, 12).replace("\N{NARROW NO-BREAK SPACE}", " "), agreed(0, 0)
    ('8 of 12 (67 %)', 'none labelled yet')
    """
    if not n:
        return "none labelled yet"
    return SCRIPT["agreed"].format(agreed=agreed, n=n, share=round(100 * agreed / n))
