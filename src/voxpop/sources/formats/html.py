"""The text of a post that comes as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = {"script", "style", "template", "title", "noscript", "iframe", "textarea"}
_BREAKS = {
    "p": "\n\n",
    "br": "\n",
    "li": "\n",
    "blockquote": "\n\n",
    "pre": "\n\n",
    "ul": "\n",
    "ol": "\n",
    "div": "\n",
}


class _Text(HTMLParser):
    """Gathers what a reader sees; tags give line breaks or nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        self.parts.append(_BREAKS.get(tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(_BREAKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag != "br":
            self.parts.append(_BREAKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain(html: str) -> str:
    r"""What a reader sees of HTML. Total: broken or hostile HTML is only text.

    Paragraphs and breaks become line breaks, links and mentions their text, entities their characters. Mastodon
    wraps the hidden ends of links in spans; they are kept, so that a link is whole.

    >>> plain('<p>Hi <a href="https://a.example/@bo">@<span>bo</span></a> &amp; all<br>:blobcat:</p><p>Bye</p>')
    'Hi @bo & all\n:blobcat:\n\nBye'
    """
    parser = _Text()
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError, RecursionError):
        # The parser gives up on a few kinds of broken declarations; what it had not read stays as it is.
        parser.parts.append(parser.rawdata)
    text = "".join(parser.parts)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
