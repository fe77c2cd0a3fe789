"""Choices and addresses: what is written is read again, and what is wrong is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.dashboard.choice import LENGTHS, ORDERS, Choice, ranged, read
from voxpop.stores.counts import COUNTS

TOPICS = {"gta6", "tesla"}
MINUTES = st.integers(0, 120_000_000).map(lambda minutes: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes))


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, max_size=4, unique=True).map(tuple)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    ends = draw(st.none() | st.lists(MINUTES, min_size=2, max_size=2, unique=True).map(sorted))
    words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
    return Choice(
        topic=draw(st.sampled_from(["*", "gta6", "gta6,tesla"])),
        range=draw(st.sampled_from([*LENGTHS, "all"])),
        start=ends[0] if ends else None,
        end=ends[1] if ends else None,
        countries=draw(several(st.from_regex("[A-Z]{2}|", fullmatch=True))),
        langs=draw(several(st.from_regex("[a-z]{2,3}|", fullmatch=True))),
        sources=draw(several(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9))),
        labels=draw(several(st.sampled_from(list(COUNTS.values())))),
        reposts=draw(st.booleans()),
        copies=draw(st.booleans()),
        one_voice=draw(st.booleans()),
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])),
        corrected=draw(st.booleans()),
        layer=draw(st.sampled_from(["net", "volume"])),
        words=" ".join(draw(words).split()[:16]),
        order=draw(st.sampled_from(ORDERS)),
    )


@given(choices())
def test_an_address_is_read_as_the_choice_that_wrote_it(choice: Choice) -> None:
    assert read(choice.address(), TOPICS, "6h") == choice


@given(st.text(max_size=200))
def test_any_address_is_a_choice(search: str) -> None:
    choice = read("?" + search, TOPICS, "6h")
    assert read(choice.address(), TOPICS, "6h") == choice


@pytest.mark.parametrize(
    "bad",
    [
        "topic=<script>",
        "range=9y",
        "start=2026-01-01T00:00Z",
        "start=2026-01-02T00:00Z&end=2026-01-01T00:00Z",
        "start=x&end=2026-01-01T00:00Z",
        "start=0001-01-01T00:00%2B23:59&end=9999-12-31T23:59-23:59",
        "country=de&country=DEU&lang=EN&label=odd&source=%00",
        "tz=Mars/Olympus&tz=Europe/Berlin",
        "reposts=no&net=x&map=x&order=x",
        "&".join(f"a{number}=1" for number in range(400)),
    ],
)
def test_what_is_wrong_in_an_address_is_left_out(bad: str) -> None:
    assert read(f"?{bad}", TOPICS, "6h") == Choice(range="6h")


def test_a_time_without_a_zone_is_utc_and_seconds_are_cut() -> None:
    choice = read("?start=2026-01-01T10:00:59&end=2026-01-01T12:00%2B01:00", TOPICS, "1h")
    assert (choice.start, choice.end) == (datetime(2026, 1, 1, 10, tzinfo=UTC), datetime(2026, 1, 1, 11, tzinfo=UTC))


def test_a_reset_keeps_how_things_are_shown_and_nothing_of_what_is_filtered() -> None:
    given = "?topic=gta6&range=24h&country=DE&reposts=0&net=corrected&order=strong&tz=Asia%2FTokyo&q=late"
    choice = read(given, TOPICS, "1h")
    assert choice.reset() == "?range=24h&net=corrected&order=strong&tz=Asia%2FTokyo"
    assert read(choice.reset(), TOPICS, "1h").filtered is False
    assert choice.filtered is True


def test_an_address_without_a_range_is_told_apart_from_one_with_a_wrong_one() -> None:
    assert (ranged("?topic=gta6"), ranged("?range=9y"), ranged(None)) == (False, True, False)
