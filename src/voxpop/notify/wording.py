"""A notice as a chat and a mail have it: escaped, for words in it are strangers'."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from voxpop.insight.telling import why

_SUBJECT = 150


def lines(body: dict[str, Any]) -> list[str]:
    """What a notice says, plain: the sentence first, then why."""
    over = "Over: " if body["type"] == "alert.closed" else ""
    return [over + body["text"], *why(body["alert"]["why"])]


def slack(body: dict[str, Any]) -> dict[str, Any]:
    r"""The payload of an incoming webhook of Slack, which Mattermost and others take, too.

    `&`, `<` and `>` are escaped as Slack asks for (https://docs.slack.dev/messaging/formatting-message-text), so that
    no word is a link or calls anybody; after each `@` stands a zero-width space, for servers that call by plain text.

    >>> slack({"type": "alert.opened", "text": "<!channel> & @all", "alert": {"why": None}})["text"]
    '&lt;!channel&gt; &amp; @\u200ball'
    """
    text = "\n".join(lines(body))
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u200b")):
        text = text.replace(mark, instead)
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def mail(body: dict[str, Any], message_id: str, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The message of a notice, as plain text. Its Message-ID is the same however often it is sent."""
    message = EmailMessage()
    first = lines(body)[0]
    message["Subject"] = "".join(letter if letter.isprintable() else " " for letter in f"Voxpop: {first}")[:_SUBJECT]
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{message_id}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(lines(body)) + "\n")
    return message
