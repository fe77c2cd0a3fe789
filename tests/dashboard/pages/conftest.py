"""A Voxpop that reads a file, with records that cannot be read and a gap of before, for tests of the further pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from playwright.sync_api import Dialog, Page

from tests.dashboard.pages.asking import got
from tests.running import Running, running, until
from voxpop.gaps import Gap, GapLedger

GOOD = 40
BROKEN = 3


def post(number: int) -> str:
    """A line of an export: every fourth post is on apples, the rest on pears."""
    at = datetime.now(UTC) - timedelta(seconds=10 * number)
    text = f"An APPLE, number {number}, and what a lovely one" if number % 4 == 0 else f"a pear {number}, awful"
    return json.dumps({"id": str(number), "text": text, "created_at": at.isoformat(), "author_id": f"reader{number}"})


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("pages")
    export = root / "posts.jsonl"
    lines = [*map(post, range(GOOD)), "{ this is torn", '{"id": 1}', "[]"]
    export.write_text("\n".join(lines) + "\n")
    then = datetime.now(UTC) - timedelta(hours=2)
    gap = Gap(
        source="bluesky", noticed=then, start=then, state="missed", reason="the host was <b>away</b>", events=1200
    )
    GapLedger(root / "data").note(msgspec.structs.replace(gap, end=then + timedelta(minutes=5)))
    with running("run", "--source", export, "--data", root / "data") as served:
        until(lambda: got(served.url, "v1/status")["posts"] == GOOD)
        yield served


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page whose console has to stay empty, which shows no dialog and asks nobody but its server."""
    said: list[str] = []
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))] == []
