"""English words of the page of topics."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from voxpop.dashboard.pages.text import dollars
from voxpop.dashboard.text import count, moment

HEADING: Final = "Topics"
LEAD: Final = (
    "What Voxpop listens for. A topic is a query; a new one is counted from now on and back over all that was kept."
)
KNOWN: Final = "All topics"
NONE: Final = "There is no topic yet. Write a query beside this, try it, and add it."
POSTS: Final = "Posts in the last hour"
SHARE: Final = "Of all posts"
FIXED: Final = "settings"
FIXED_HELP: Final = "A preset, or a topic of the settings file; it is changed there."
EDIT: Final = "Edit"
REMOVE: Final = "Delete"
PROGRESS: Final = "Counting its past"

NEW: Final = "New topic"
TRY_ONLY: Final = "Try a query"
TITLE: Final = "Title"
TITLE_HELP: Final = "What people see, such as Espresso machines."
NAME: Final = "Name"
NAME_HELP: Final = "Its key in addresses and the API: lower-case letters, digits and hyphens. It stays."
QUERY: Final = "Query"
QUERY_HELP: Final = "It is tried on the newest posts while you write."
GRAMMAR: Final = "How to write a query"
ADD: Final = "Add topic"
TRY: Final = "Try query"
CANCEL: Final = "Cancel"
OPERATORS: Final = (
    ("espresso grinder", "posts with both words, whole, in any case"),
    ("espresso OR latte", "posts with one or the other; OR is upper case"),
    ('"coffee machine"', "the words in this sequence"),
    ("#espresso @ana $TSLA", "a hashtag, somebody named, a stock's symbol"),
    ("espresso -decaf", "the first without the second"),
    ("(latte OR mocha) lang:en", "grouped, and in English"),
    ("country:DE from:ana", "from Germany, by this author"),
    ("is:reply -is:repost", "kinds: original, reply, repost, quote"),
    ("source:bluesky", "of one network"),
)

PREVIEW: Final = "What the query catches"
UNTRIED: Final = "Write a query to see which of the newest posts it catches, before anything is kept."
FOUND: Final = "Caught posts, newest first"
ON_X: Final = "On X"
COUNTS: Final = "For how many posts a day that would be, X is asked, for half a cent a rule: "

ASK: Final = "Delete "
ASK_HELP: Final = "Its counts go. The posts stay, and their other topics; added again, it is counted again."
KEEP: Final = "Keep it"

NO_CATALOGUE: Final = "The topics of this service cannot be changed; start it with voxpop serve or voxpop run."
NO_ADMIN: Final = (
    "You can look, but not change topics: your key lacks the scope admin. voxpop keys create --scope admin makes one "
    "that has it."
)
NO_SCORE: Final = "Queries cannot be tried with your key: it lacks the scope score."
NO_LOG: Final = "Queries cannot be tried here, as this service has no log to look in; start it with voxpop serve."

SCRIPT: Final = {
    "new": NEW,
    "change": "Change",
    "add": ADD,
    "save": "Save changes",
    "added": "Added. New posts are matched already; its past is being counted.",
    "saved": "Saved. Where the query changed, its past is counted anew.",
    "removed": "Deleted.",
    "trying": "Looking through the newest posts\N{HORIZONTAL ELLIPSIS}",
    "untried": UNTRIED,
    "unreadable": "It could not be tried; what is wrong stands below the query.",
    "caught": "{caught} of the newest {looked} posts match ({share}). The newest of them:",
    "none": "None of the newest {looked} posts matches. If that is too few, look for other words or an OR.",
    "empty": "There are no posts yet to try the query on. It can be added all the same.",
    "norule": "X has no rule for it: {refused}",
    "place": "Column {column}: {message}",
    "title": "Give it a title.",
    "name": "Give it a name of lower-case letters, digits and hyphens.",
    "query": "Write a query.",
}
"""What the page's script says; words in braces are filled in there."""


def period(end: datetime | None) -> str:
    """Which hour the counts are of.

    >>> period(None)
    'There are no posts yet, so there is nothing to count.'
    """
    if end is None:
        return "There are no posts yet, so there is nothing to count."
    return f"Counts are of the hour before {moment(end)}."


def query_of(title: str) -> str:
    """What a long query is called where it scrolls."""
    return f"Query of {title}"


def progress(done: int, of: int) -> str:
    """How far the past of a topic is counted.

    >>> progress(3, 12)
    'counting its past: 3 of 12 segments'
    """
    return f"counting its past: {count(done)} of {count(of)} segments"


def cost(thousand: float, post: float, user: float) -> str:
    """What X asks for posts."""
    return (
        f"X charges for what it sends: about {dollars(thousand)} for 1,000 posts with their authors "
        f"(${post:.3f} a post, ${user:.3f} an author)."
    )


def limit(usd: float, posts: int) -> str:
    """How many posts a day's limit lets in."""
    return f"Your limit of {dollars(usd)} a day lets in about {count(posts)}."
