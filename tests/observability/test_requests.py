from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.api.conftest import service  # noqa: F401
from tests.api.doors import shut
from tests.api.test_app import connected, problem
from voxpop.api.app import Service
from voxpop.observability import logs

SANE = "a1-B2_c3.d4"


@contextmanager
def logged(format: str = "json", level: str = "info") -> Iterator[list[str]]:
    """The lines that the process logs in the block, once it has ended."""
    names = (None, "voxpop", "uvicorn")
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    root = logging.getLogger()
    handlers, sink = root.handlers, io.StringIO()
    lines: list[str] = []
    try:
        logs.configure("json" if format == "json" else "console", level)
        (handler,) = root.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(sink)
        yield lines
    finally:
        root.handlers = handlers
        for logger, was in before:
            logger.setLevel(was)
        lines += sink.getvalue().splitlines()


def events(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


async def test_a_request_is_one_line_with_its_template_and_who_asked(service: Service, tmp_path: Any) -> None:  # noqa: F811
    closed = shut(tmp_path)
    key = closed.key("ana")
    with logged() as lines:
        async with connected(replace(service, door=closed.door)) as client:
            headers = {"x-api-key": key, "x-request-id": SANE}
            answer = await client.get("/v1/topics/apple", params={"q": "a-word", "key": key}, headers=headers)
            assert answer.headers["x-request-id"] == SANE
    (line,) = events(lines)
    assert line["ms"] >= 0 and line.pop("ms") is not None and line.pop("timestamp")
    assert line == {
        "event": "request", "level": "info", "logger": "voxpop.access", "request_id": SANE, "method": "GET",
        "route": "/v1/topics/{name}", "status": 200, "caller": "ana", "address": "127.0.0.1",
    }  # fmt: skip


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "é", "<b>", 'a"b', "a\\nb"])
async def test_an_id_that_could_confuse_a_log_is_replaced(given: str, service: Service) -> None:  # noqa: F811
    async with connected(service) as client:
        answer = await client.get("/v1/nothing", headers={b"x-request-id": given.encode()})
        problem(answer, 404)
        made = answer.headers["x-request-id"]
        assert len(made) == 32 and made != given and answer.json()["request_id"] == made


async def test_a_fault_is_answered_and_logged_with_the_requests_id(service: Service) -> None:  # noqa: F811
    def broken() -> dict[str, Any]:
        raise RuntimeError("the reason")

    with logged() as lines:
        async with connected(replace(service, status=broken)) as client:
            answer = await client.get("/v1/status", headers={"x-request-id": SANE})
    assert "reason" not in problem(answer, 500)
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == (SANE, SANE)
    assert answer.headers["x-content-type-options"] == "nosniff"
    fault, request = events(lines)
    assert fault["request_id"] == request["request_id"] == SANE
    assert "RuntimeError: the reason" in fault["exception"] and request["status"] == 500


@pytest.mark.parametrize("format", ["json", "console"])
async def test_no_key_and_no_text_is_in_a_log_whatever_goes_wrong(format: str, service: Service, tmp_path: Any) -> None:  # noqa: F811
    closed = shut(tmp_path)
    key, text = closed.key("ana"), "a text that nobody may read"

    def broken() -> dict[str, Any]:
        raise RuntimeError(f"somebody put {key} into an error")

    with logged(format, "debug") as lines:
        async with connected(replace(service, door=closed.door, status=broken)) as client:
            for headers in ({"authorization": f"Bearer {key}"}, {"authorization": key}, {"x-api-key": key + "x"}):
                await client.get("/v1/status", params={"key": key}, headers=headers)
                await client.get(f"/v1/{key}", headers=headers)
                await client.post("/v1/score", json={"texts": [text, 5]}, headers=headers)
                await client.post("/login", data={"key": key})
        logging.getLogger("voxpop.test").warning("what is %s?", key)
    said = "\n".join(lines)
    assert said.count("request") >= 12 and "vp_…" in said
    assert key not in said and key[3:] not in said and text not in said


async def test_lines_below_the_level_are_not_written_and_libraries_are_heard_from_warning_on(service: Service) -> None:  # noqa: F811
    with logged("console", "warning") as quiet:
        async with connected(service) as client:
            await client.get("/v1/status")
    assert quiet == []
    with logged("json", "debug") as lines:
        logging.getLogger("httpx").info("a library's line")
        logging.getLogger("httpx").warning("a library's warning")
    assert [line["event"] for line in events(lines)] == ["a library's warning"]
