"""English words of the page of sources."""

from __future__ import annotations

from typing import Final

HEADING: Final = "Sources"
LEAD: Final = "Where posts come from, whether they come, and what became of each."
NOW: Final = "Now"
READERS: Final = "What is read"
NETWORKS: Final = "Posts by network"
ACCOUNT: Final = "What became of what was read"
QUARANTINE: Final = "Set aside"
GAPS: Final = "When a source was not heard"
SPEND: Final = "What X costs"
HELP: Final = "When a feed is lost"

NO_READERS: Final = (
    "This process reads nothing: it serves what was read before, or what another process reads. To read, stop it "
    "and start, for example:"
)
NO_READERS_COMMAND: Final = "voxpop run --source bluesky"
NO_POSTS: Final = "No post has come yet."
NO_ACCOUNT: Final = "Nothing was read since this process began."
NO_RECORDS: Final = "Nothing is set aside: every record could be read."
NO_GAPS: Final = "No gap is known: no live source was ever lost here."
MORE_REASONS: Final = "and {n} records for other reasons"

STATES: Final = {"lost": "Not connected", "lagging": "Behind", "recovered": "Recovered", "missed": "Missed"}
HEARD: Final = "Reading"
ENDED_HELP: Final = "Nothing more comes of it: {time}."
STATE_HELP: Final = {
    "lost": "not connected, or not known yet to go on without a hole",
    "lagging": "no hole, but behind",
    "recovered": "everything in it has come since",
    "missed": "the other side no longer had it",
}
SOURCE: Final = "Source"
STATE: Final = "State"
NO_TROUBLE: Final = "No trouble known."
DETAIL: Final = "Detail"
NETWORK: Final = "Network"
LAST: Final = "Last post"
HOUR: Final = "Last hour"
DAY: Final = "Last 24 hours"
REASON: Final = "Reason"
RECORDS: Final = "Records"
NEWEST: Final = "Newest"
FROM: Final = "From"
TO: Final = "To"
LASTED: Final = "Lasted"
STILL: Final = "still"
UNKNOWN: Final = "–"
NETWORKS_HELP: Final = "By the minute of each post's own time; networks without a post in seven days are left out."
QUARANTINE_HELP: Final = (
    "Records that could not be read are kept whole, with the reason, in quarantine/ of the data directory."
)
GAPS_HELP: Final = "In the time of the posts, newest first. All of them: /v1/gaps."

LAG: Final = "Newest post received"
BEHIND: Final = "Waiting to be scored"
BACKFILL: Final = "Waiting to be counted for new topics"
LOADED: Final = "Posts loaded since the start"
ENGINE: Final = "Scored by"
ACCOUNTED: Final = {
    "read": ("Read", "records about posts"),
    "landed": ("Landed", "new posts, edits and deletions, in the log"),
    "duplicate": ("Duplicate", "there already"),
    "quarantined": ("Set aside", "could not be read"),
    "undated": ("Undated", "landed without a time of their own, or with one to come, so dated when read"),
}
IGNORED: Final = "Ignored"
IGNORED_HELP: Final = "not about a post, so not among what was read"
BALANCES: Final = "Read = landed + duplicate + set aside."
TODAY: Final = "Today"
MONTH: Final = "This month"
SPEND_HELP: Final = "UTC. Voxpop stops before a limit is crossed; usd_per_day and usd_per_month of the source set them."
FOREIGN: Final = "Rules of others on this X app: {n}. They are left alone, and what they bring is paid for as well."

LOST_STEPS: Final = (
    "Wait. A lost source is tried again for ever, with growing pauses, and goes on where it was: what came meanwhile "
    "is read then, as far back as the other side keeps it (Jetstream 36 hours; X seven days, within your limits).",
    "Look at the reason above. A name that cannot be resolved or a connection that is refused is a matter of this "
    "machine's network; a refused token is a matter of the settings.",
    "Let the doctor look. It asks every host of the settings, and says what to mend:",
    "Stop and start Voxpop at any time. Nothing that landed is lost, and the time in between becomes a gap that is "
    "read again.",
)
DOCTOR: Final = "voxpop doctor --network"


def segments(n: int) -> str:
    """A count of segments of the log.

    >>> segments(1), segments(0)
    ('1 segment', 'nothing')
    """
    return "nothing" if not n else f"{n:,} segment{'' if n == 1 else 's'}"


def missed(events: int | None) -> str:
    """About how many posts a gap has cost.

    >>> missed(1200), missed(None)
    ('about 1,200 posts', 'how many posts is not known')
    """
    return "how many posts is not known" if events is None else f"about {events:,} posts"


def lost_since(when: str, reason: str) -> str:
    """Since when a source is not heard, and why."""
    return f"Since {when}: {reason}"
