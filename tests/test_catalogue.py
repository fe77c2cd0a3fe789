from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from voxpop.catalogue import FILE, Catalogue
from voxpop.errors import Terminal, Transient
from voxpop.topics import PRESETS, Matcher, Topic

TESLA = PRESETS["tesla"]
PLUM = Topic.read("plum", 'Plum "the" \\ fruit \x7f', '"a \\"plum\\"" OR #plum -is:repost')


def test_what_is_added_is_there_after_a_restart(tmp_path: Path) -> None:
    Catalogue([TESLA], tmp_path / "new").add(PLUM)
    again = Catalogue([TESLA], tmp_path / "new")
    assert again.topics == (TESLA, PLUM)
    assert again.is_added("plum") and not again.is_added("tesla")


def test_each_change_is_followed_and_a_refused_one_is_not(tmp_path: Path) -> None:
    followed: list[Matcher] = []
    catalogue = Catalogue([TESLA], tmp_path)
    catalogue.followed_by(followed.append)
    catalogue.add(PLUM)
    with pytest.raises(Terminal, match="already"):
        catalogue.add(PLUM)
    catalogue.replace(Topic.read("plum", "Plum", "plums"))
    catalogue.remove("plum")
    assert [[str(topic.query) for topic in matcher.topics[1:]] for matcher in followed] == [
        [str(PLUM.query)],
        ["plums"],
        [],
    ]


def test_a_name_of_the_settings_is_refused_with_the_fix(tmp_path: Path) -> None:
    catalogue = Catalogue([TESLA], tmp_path)
    for change in (catalogue.add, catalogue.replace):
        with pytest.raises(Terminal, match="change it there, or choose another name"):
            change(TESLA)
    with pytest.raises(Terminal, match="change it there"):
        catalogue.remove("tesla")
    with pytest.raises(Terminal, match="there is no topic 'plum'"):
        catalogue.remove("plum")


def test_a_name_that_the_settings_took_later_can_be_removed(tmp_path: Path) -> None:
    Catalogue([], tmp_path).add(Topic.read("tesla", "Tesla", "nikola"))
    clashing = Catalogue([TESLA], tmp_path)
    with pytest.raises(Terminal, match="voxpop topics remove tesla"):
        _ = clashing.matcher
    clashing.remove("tesla")
    assert clashing.topics == (TESLA,)


def test_a_change_by_another_process_is_seen_by_refresh(tmp_path: Path) -> None:
    catalogue = Catalogue([], tmp_path)
    assert not catalogue.topics
    code = (
        "from pathlib import Path; from voxpop.catalogue import Catalogue; from voxpop.topics import Topic; "
        f"Catalogue([], Path({str(tmp_path)!r})).add(Topic.read('plum', 'Plum', 'plum'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert catalogue.refresh() and not catalogue.refresh()
    assert [topic.name for topic in catalogue.topics] == ["plum"]


@pytest.mark.parametrize(
    "text", ["topics = 3", "[[topics]]\nname = 'a'", "[[topics]]\nname = 'a'\nquery = 'a OR'", "= 3", "topics = [1]"]
)
def test_a_file_that_cannot_be_read_is_said_and_changes_nothing(tmp_path: Path, text: str) -> None:
    catalogue = Catalogue([], tmp_path)
    catalogue.add(PLUM)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Terminal, match=FILE):
        catalogue.refresh()
    assert catalogue.topics == (PLUM,)
    with pytest.raises(Terminal, match=FILE):
        catalogue.remove("plum")
    assert (tmp_path / FILE).read_text() == text


def test_topics_that_could_not_be_followed_are_followed_by_the_next_refresh(tmp_path: Path) -> None:
    catalogue, followed, is_away = Catalogue([], tmp_path), list[tuple[str, ...]](), [True]

    def follow(matcher: Matcher) -> None:
        if is_away[0]:
            raise Transient("the store is away")
        followed.append(tuple(topic.name for topic in matcher.topics))

    assert catalogue.topics == ()
    catalogue.followed_by(follow)
    with pytest.raises(Transient):
        catalogue.add(Topic.read("plum", "Plum", "plum"))
    with pytest.raises(Transient):
        catalogue.refresh()
    is_away[0] = False
    assert catalogue.refresh() and not catalogue.refresh()
    assert followed == [("plum",)]
