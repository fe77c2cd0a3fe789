from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from tests.api.doors import Shut, shut
from tests.api.test_app import connected, get, problem
from tests.api.test_topics import PLUM
from tests.stores.scored import TOPICS
from voxpop.api.access import declared, needs, refuse_undeclared
from voxpop.api.app import Service, create_api
from voxpop.api.audit import Audit
from voxpop.api.caller import SCOPES
from voxpop.api.door import OPEN, Doorman
from voxpop.catalogue import Catalogue
from voxpop.dashboard.app import mount
from voxpop.errors import Transient

INTERFACE = re.compile(r"/(v1|metrics|predict|docs|redoc)")


@pytest.fixture
def closed(tmp_path: Path) -> Shut:
    return shut(tmp_path)


@pytest.fixture
async def client(service: Service, closed: Shut) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(replace(service, door=closed.door)) as client:
        yield client


def filled(path: str) -> str:
    """A path template with something in its places."""
    return re.sub(r"\{[^}]*\}", "plum", path)


def everything(service: Service) -> FastAPI:
    """API and dashboard, as they are served."""
    api = create_api(service)
    mount(api, service)
    return api


def served(api: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that the server has, described or not."""
    found: list[tuple[str, str]] = []
    for context in iter_route_contexts(api.routes):
        route: BaseRoute = context.original_route
        methods = context.methods if isinstance(route, APIRoute) else {"GET"}
        found += [(method, filled(context.path or "/")) for method in sorted(methods or {"GET"})]
    return found


def test_every_route_of_the_api_needs_one_scope(service: Service) -> None:
    scopes = {
        name: needed for name, needed in declared(everything(service)).items() if INTERFACE.match(name.split(" ")[1])
    }
    assert len(scopes) > 20
    assert all(len(needed) == 1 and needed[0] in SCOPES for needed in scopes.values())
    assert scopes["GET /v1/posts"] == ["read"]
    assert scopes["GET /docs"] == scopes["GET /redoc"] == scopes["GET /v1/export/posts"] == ["read"]
    scoring = ("/v1/score", "/v1/explain", "/v1/topics/test", "/predict")
    assert {scopes[f"POST {path}"][0] for path in scoring} == {"score"}
    assert {scopes[name][0] for name in ("POST /v1/topics", "PUT /v1/topics/{name}", "DELETE /v1/topics/{name}")} == {
        "admin"
    }


@pytest.mark.parametrize("dependencies", [[], [needs("read"), needs("admin")]])
def test_a_route_without_a_scope_of_its_own_does_not_start(dependencies: list[object]) -> None:
    api = FastAPI()
    api.add_api_route("/predict", lambda: None, dependencies=dependencies)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="GET /predict"):
        refuse_undeclared(api)


async def test_without_a_key_nothing_is_open_but_health_and_the_login(service: Service, closed: Shut) -> None:
    api = everything(replace(service, door=closed.door))
    routes = served(api)
    assert {("GET", "/"), ("GET", "/overview/board"), ("GET", "/overview/places"), ("GET", "/overview/posts")} <= set(
        routes
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://voxpop.example") as client:
        for method, path in [
            *routes,
            ("GET", "/assets/overview-board.js"),
            ("GET", "/openapi.json"),
            ("TRACE", "/v1/posts"),
        ]:
            answer = await client.request(method, path)
            if path in OPEN:
                assert answer.status_code in (200, 303, 403, 404, 405), (method, path)
                continue
            assert (answer.status_code, method, path) == (401, method, path)
            assert answer.headers["www-authenticate"] == 'Bearer realm="voxpop"'
            if method != "HEAD":
                assert "voxpop keys create" in problem(answer, 401)


async def test_a_key_without_the_scope_is_told_which(service: Service, closed: Shut) -> None:
    api = everything(replace(service, door=closed.door))
    keys = {scope: closed.bearer(scope, [scope]) for scope in SCOPES}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://voxpop.example") as client:
        for name, needs_these in declared(api).items():
            method, path = name.split(" ")
            if not INTERFACE.match(path) or path == "/v1/live":
                continue
            (needed,) = needs_these
            for scope in SCOPES:
                answer = await client.request(method, filled(path), headers=keys[scope])
                if scope == needed:
                    assert answer.status_code not in (401, 403), (name, scope)
                else:
                    assert (answer.status_code, name, scope) == (403, name, scope)
                    assert f'scope="{needed}"' in answer.headers["www-authenticate"]


async def test_a_key_that_may_not_read_sees_nothing_of_the_dashboard(service: Service, closed: Shut) -> None:
    api = everything(replace(service, door=closed.door))
    headers = closed.bearer("robot", ["score", "admin"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://voxpop.example") as client:
        for path in (
            "/",
            "/overview/board",
            "/overview/places",
            "/overview/posts",
            "/assets/overview-board.js",
            "/openapi.json",
            "/v2",
            "/nothing",
        ):
            answer = await client.get(path, headers=headers)
            assert "scope read" in problem(answer, 403), path
        assert (await client.post("/v1/score", json={"texts": ["good"]}, headers=headers)).status_code == 200


async def test_a_key_goes_in_either_header_and_never_in_the_address(client: httpx.AsyncClient, closed: Shut) -> None:
    key, other = closed.key(), closed.key("other")
    for headers in ({"authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"x-api-key": key}):
        answer = await client.get("/v1/status", headers=headers)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    both = {"authorization": f"Bearer {key}", "x-api-key": key}
    assert (await client.get("/v1/status", headers=both)).status_code == 200
    for refused in ({"authorization": f"Bearer {key}", "x-api-key": other}, {"authorization": f"Basic {key}"}):
        problem(await client.get("/v1/status", headers=refused), 401)
    for name in ("key", "api_key", "access_token", "X-API-Key", "authorization"):
        answer = await client.get("/v1/status", params={name: key})
        assert key not in problem(answer, 401) + str(answer.headers)


async def test_a_wrong_key_is_told_apart_and_shown_ten_times_a_minute(client: httpx.AsyncClient, closed: Shut) -> None:
    wrong = {"x-api-key": "vp_wrong"}
    for _ in range(10):
        answer = await client.get("/v1/status", headers=wrong)
        assert "no key that opens" in problem(answer, 401)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    limited = await client.get("/v1/status", headers=wrong)
    assert "vp_wrong" not in problem(limited, 429) and int(limited.headers["retry-after"]) >= 1
    assert (await client.get("/v1/status", headers=closed.bearer())).status_code == 200


async def test_a_revoked_key_is_refused_at_its_next_request(client: httpx.AsyncClient, closed: Shut) -> None:
    headers = closed.bearer("ana", ["read"])
    assert (await client.get("/v1/status", headers=headers)).status_code == 200
    closed.keys.revoke("ana")
    problem(await client.get("/v1/status", headers=headers), 401)


async def test_keys_that_cannot_be_read_let_nobody_in_and_tell_no_path(client: httpx.AsyncClient, closed: Shut) -> None:
    headers = closed.bearer()
    closed.keys.path.write_text("{")
    assert str(closed.directory) not in problem(await client.get("/v1/status", headers=headers), 503)


async def test_what_a_client_may_keep_it_asks_about_and_only_with_a_key(
    client: httpx.AsyncClient, closed: Shut
) -> None:
    headers = closed.bearer("ana", ["read"])
    answer = await client.get("/v1/topics", headers=headers)
    assert answer.headers["cache-control"] == "private, no-cache"
    known = {"if-none-match": answer.headers["etag"]}
    assert (await client.get("/v1/topics", headers={**headers, **known})).status_code == 304
    problem(await client.get("/v1/topics", headers=known), 401)
    problem(await client.get("/v1/topics", headers={**closed.bearer("robot", ["score"]), **known}), 403)


async def test_a_stream_that_is_cut_off_gets_no_end(service: Service, closed: Shut) -> None:
    sent: list[str] = []

    async def cut_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b": ping\n\n", "more_body": True})

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message["type"])

    header = (b"authorization", closed.bearer()["authorization"].encode())
    scope: Scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/v1/live", "query_string": b"",
        "headers": [header, (b"host", b"localhost")], "app": create_api(service),
    }  # fmt: skip
    await asyncio.wait_for(Doorman(cut_off, closed.door)(scope, receive, send), 30)
    assert sent == ["http.response.start", "http.response.body"], "the server closes what has no end"


async def test_a_public_name_is_known_when_it_is_configured(service: Service, tmp_path: Path) -> None:
    named = shut(tmp_path, hosts=("voxpop.example",))
    headers = named.bearer()
    async with connected(replace(service, door=named.door)) as client:
        for host, status in (
            ("voxpop.example", 200), ("VOXPOP.example:8443", 200), ("127.0.0.1:8050", 200), ("[::1]:8050", 200),
            ("evil.example", 421), ("voxpop.example.evil", 421), ("", 421), ("[", 421), ("a/b", 421),
            ("u@localhost", 421),
        ):  # fmt: skip
            answer = await client.get("/v1/status", headers={**headers, "host": host})
            assert (host, answer.status_code) == (host, status)


async def test_no_page_of_another_site_reads_unless_its_origin_is_named(service: Service, tmp_path: Path) -> None:
    asked = {"origin": "https://charts.example", "access-control-request-method": "GET"}
    closed = shut(tmp_path)
    headers = closed.bearer()
    async with connected(replace(service, door=closed.door)) as client:
        assert "access-control-allow-origin" not in (await client.options("/v1/status", headers=asked)).headers
        answer = await client.get("/v1/status", headers={**headers, **asked})
        assert "access-control-allow-origin" not in answer.headers
    opened = replace(closed.door, origins=("https://charts.example",))
    async with connected(replace(service, door=opened)) as client:
        preflight = await client.options("/v1/status", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "https://charts.example"
        assert "access-control-allow-credentials" not in preflight.headers
        foreign = await client.options("/v1/status", headers={**asked, "origin": "https://evil.example"})
        assert "access-control-allow-origin" not in foreign.headers
        problem(await client.get("/v1/status", headers=asked), 401)
        changed = await client.put("/v1/topics/plum", json={"query": "plum"}, headers={**headers, **asked})
        assert "own pages" not in problem(changed, 409)


async def test_changes_are_noted_with_who_and_what(service: Service, closed: Shut) -> None:
    catalogue = Catalogue(TOPICS.topics, closed.directory)
    ana, ben = closed.bearer("ana"), closed.bearer("ben", ["admin"])
    async with connected(replace(service, door=closed.door, topics=catalogue)) as client:
        assert (await client.post("/v1/topics", json=PLUM, headers=ana)).status_code == 201
        problem(await client.post("/v1/topics", json=PLUM, headers=ana), 409)
        stale = {**ben, "if-match": '"other"'}
        problem(await client.put("/v1/topics/plum", json={"query": "plums"}, headers=stale), 412)
        problem(await client.delete("/v1/topics/plum", headers=stale), 412)
        assert (await client.put("/v1/topics/plum", json={"query": "plums"}, headers=ben)).status_code == 200
        assert (await client.delete("/v1/topics/plum", headers=ben)).status_code == 204
    assert closed.acts() == [
        ("ana", "topic added", "plum"), ("ben", "topic changed", "plum"), ("ben", "topic removed", "plum"),
    ]  # fmt: skip
    assert {one.address for one in Audit(closed.directory).entries(9)} == {"127.0.0.1"}


async def test_the_description_names_the_schemes_and_the_scope_of_each_operation(service: Service) -> None:
    async with connected(service) as client:
        described = await get(client, "/openapi.json")
    schemes = described["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["header"]["name"]) == ("bearer", "X-API-Key")
    operations = {
        f"{method} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert operations["post /v1/score"]["security"] == [{"bearer": ["score"]}, {"header": ["score"]}]
    for name, operation in operations.items():
        if INTERFACE.match(name.split(" ")[1]):
            assert {"401", "403", "429"} <= set(operation["responses"]) and operation["security"]
    assert "security" not in operations["get /healthz"]


async def test_what_may_help_later_says_when(service: Service) -> None:
    def busy() -> dict[str, object]:
        raise Transient("the store is away; ask again", 2.5)

    async with connected(replace(service, status=busy)) as client:
        answer = await client.get("/v1/status")
        assert "away" in problem(answer, 503) and answer.headers["retry-after"] == "3"
