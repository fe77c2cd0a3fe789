from __future__ import annotations

import pytest

from voxpop.sources.formats.html import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br />three</p>", "one\n\ntwo\nthree"),
        (
            '<p><a href="https://a.example/long/path"><span class="invisible">https://</span>'
            '<span class="ellipsis">a.example/lo</span><span class="invisible">ng/path</span></a></p>',
            "https://a.example/long/path",
        ),
        ('<a class="mention hashtag">#<span>gta6</span></a> &lt;3 &#39;&amp;amp;', "#gta6 <3 '&amp;"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<script>alert(1)</script>safe<img src=x onerror=alert(1)>", "safe"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>never closed <b>bold", "never closed bold"),
        ("&xyzentity; &#xffffffff; {x} %s \\u0000", "&xyzentity; \ufffd {x} %s \\u0000"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "html", ["<![", "<!DOCTYPE [<!ENTITY", "<" * 10_000, "<a " * 5_000, "<div>" * 50_000, "</p" * 9]
)
def test_broken_html_is_only_text(html: str) -> None:
    assert isinstance(plain(html), str)
