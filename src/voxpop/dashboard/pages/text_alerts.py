"""English words of the page of alerts."""

from __future__ import annotations

from typing import Final

HEADING: Final = "Alerts"
LEAD: Final = "What moved beyond chance, since when, and why."
ONGOING: Final = "Going on"
OVER: Final = "Over"
HOW: Final = "How alerts come about"
NONE_ONGOING: Final = "Nothing is out of the ordinary."
NONE_OVER: Final = "Nothing was out of the ordinary."
NEVER: Final = (
    "Alerts were not looked for yet. They are while voxpop run or voxpop serve goes, every five minutes of posts."
)
UNTIL: Final = "Looked for up to {time}."
OFTEN: Final = "At most one false alert a topic and week is to be expected; docs/alerts.md has how that was measured."
TELL: Final = "To be told by webhook, Slack or mail, name channels in voxpop.toml and try them with:"
TELL_COMMAND: Final = "voxpop alerts --test"
MEASURES: Final = {"volume": "Posts", "net": "Net sentiment"}
SIGNS: Final = {"up": "\N{BLACK UP-POINTING TRIANGLE}", "down": "\N{BLACK DOWN-POINTING TRIANGLE}"}
WAYS: Final = {"up": "rose", "down": "fell"}
WHY: Final = "More of these than before, or on the other side:"
LOOK: Final = "See it in the overview"
EVERYTHING: Final = "All posts"
