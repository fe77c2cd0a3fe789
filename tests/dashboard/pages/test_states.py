"""The further pages as the server writes them, in every state of what they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.served import Served, opened, recent
from voxpop.api.app import Service
from voxpop.api.caller import SCOPES, Caller, Scope, entered
from voxpop.catalogue import Catalogue
from voxpop.dashboard.pages import labelling, model, sources, topics
from voxpop.dashboard.pages.frame import whole
from voxpop.errors import Transient
from voxpop.gaps import Gap
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.seams import Rejected
from voxpop.topics import Topic

NOW = datetime.now(UTC)
STATUS: dict[str, Any] = {"sources": ["x", "bluesky"], "behind_segments": 0, "lag_seconds": 3.0, "account": None}


def may(*scopes: Scope) -> None:
    """Ask from here on with these scopes."""
    entered(Caller("key", scopes=frozenset(scopes)))


def shown(page: str) -> str:
    """What a reader sees of a page: its text without its elements."""
    return re.sub("<[^>]*>", "", page)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = opened(tmp_path / "store.duckdb")
    catalogue = Catalogue([Topic.read("apple", "Apple", "apple")], tmp_path)
    catalogue.followed_by(store.follow)
    parts = replace(Served(store, topics=catalogue).service(), status=lambda: STATUS, log=Log(tmp_path))
    may(*SCOPES)
    yield parts
    store.close()


def test_a_page_with_nothing_yet_says_what_to_do(service: Service, tmp_path: Path) -> None:
    told = whole(topics.page(replace(service, topics=Catalogue([], tmp_path / "other")), NOW), service)
    assert "There is no topic yet" in told
    told = shown(whole(sources.page(replace(service, status=lambda: {}), NOW), service))
    for words in ("voxpop run --source bluesky", "No post has come yet", "No gap is known", "Nothing is set aside"):
        assert words in told
    told = shown(whole(model.page(service, NOW), service))
    assert "voxpop evaluate --data labelled.tsv --keep" in told and "It has no card" in told


def test_a_service_that_keeps_no_labels_says_so_and_still_tells_what_they_are_for(service: Service) -> None:
    told = whole(labelling.page(service, NOW), service)
    assert 'id="choices"' not in told
    assert "without --read-only" in shown(told) and "voxpop calibrate --corrections" in shown(told)


@pytest.mark.parametrize("error", [Transient("away"), OSError("broken")])
def test_a_part_that_fails_says_so_and_leaves_the_others(
    service: Service, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> dict[str, Any]:
        raise error

    told = whole(sources.page(replace(service, status=failing), NOW), service)
    assert told.count('class="alert"') >= 3 and "No gap is known" in told
    assert ("could not be read" in told) == ("a part of a page" in caplog.text) == isinstance(error, OSError)


def test_a_lost_source_is_told_with_since_when_and_why(service: Service) -> None:
    gap = Gap(source="bluesky", noticed=NOW, start=NOW - timedelta(minutes=9), state="lost", reason="<i>refused</i>")
    told = whole(sources.page(replace(service, gaps=lambda: [gap]), NOW), service)
    assert "Not connected" in told and "(9 min ago): &lt;i&gt;refused&lt;/i&gt;" in told
    assert "still, 9 min" in told and "<i>" not in told


def test_what_x_costs_is_told_where_it_is_read(service: Service) -> None:
    day = {"date": "2026-11-29", "usd": 1.25, "posts": 80, "users": 80, "limit_usd": 5.0}
    told = {"spend": {"day": day, "month": {**day, "usd": 9.5, "limit_usd": 50.0}}, "foreign_rules": 2, "problem": "no"}
    parts = replace(service, status=lambda: {**STATUS, "source_status": {"x": told}})
    page = whole(sources.page(parts, NOW), parts)
    assert (
        "$1.25 of $5.00, 80 posts" in page and "$9.50 of $50.00" in page and "Rules of others on this X app: 2" in page
    )
    assert "Your limit of $5.00 a day lets in about 333." in whole(topics.page(parts, NOW), parts)
    assert "What X costs" not in whole(sources.page(service, NOW), service)


def test_reasons_of_the_quarantine_are_text_and_not_endless(service: Service, tmp_path: Path) -> None:
    Quarantine(tmp_path).add([Rejected("a", at, f"l{at}", f"<b>{at:03}</b>" + "w" * 500) for at in range(50)])
    told = whole(sources.page(service, NOW), service)
    assert "&lt;b&gt;000&lt;/b&gt;" in told and "<b>000" not in told
    assert "and 30 records for other reasons" in told


def test_counting_the_past_of_a_topic_is_told_by_segments(service: Service) -> None:
    assert isinstance(service.topics, Catalogue)
    Served(service.store, topics=service.topics).load([recent("a1")])  # type: ignore[arg-type]
    service.topics.add(Topic.read("late", "Late", "late"))
    told = whole(topics.page(service, NOW), service)
    assert "counting its past: 0 of 1 segments" in told and '<progress value="0" max="1"' in told
    assert 'data-do="edit"' in told and told.count("settings</span>") == 1


@pytest.mark.parametrize(
    ("scopes", "there", "absent"),
    [
        (("read",), "lacks the scope admin", "<form"),
        (("read", "score"), 'id="try"', 'id="save"'),
        (("read", "admin"), 'id="save"', 'id="try"'),
        (SCOPES, 'id="save"', "lacks the scope"),
    ],
)
def test_a_caller_is_offered_what_its_scopes_allow(
    service: Service, scopes: tuple[Scope, ...], there: str, absent: str
) -> None:
    may(*scopes)
    told = whole(topics.page(service, NOW), service)
    assert there in told and absent not in told
    assert ("textarea" in whole(model.page(service, NOW), service)) == ("score" in scopes)
