from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.api.doors import Shut, shut
from tests.api.test_app import connected, problem
from tests.api.test_topics import PLUM
from tests.stores.scored import TOPICS
from voxpop.api.app import Service
from voxpop.api.door import Door
from voxpop.api.login import own
from voxpop.api.sessions import COOKIE, CSRF_COOKIE, CSRF_HEADER
from voxpop.catalogue import Catalogue

PAGE = {"accept": "text/html,*/*"}


@pytest.fixture
def closed(tmp_path: Path) -> Shut:
    return shut(tmp_path)


def browser(service: Service, door: Door, base_url: str = "http://voxpop.example") -> httpx.AsyncClient:
    """A client that keeps cookies, over a service whose topics can be changed."""
    assert door.keys is not None
    catalogue = Catalogue(TOPICS.topics, door.keys.path.parent)
    return connected(replace(service, door=door, topics=catalogue), base_url)


@pytest.fixture
async def client(service: Service, closed: Shut) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(service, closed.door) as client:
        yield client


def token(page: str) -> str:
    """The form's own token."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


async def sign_in(client: httpx.AsyncClient, key: str, next: str = "/") -> httpx.Response:
    """Fill in the form."""
    page = await client.get("/login", params={"next": next})
    assert page.status_code == 200
    return await client.post("/login", data={"key": key, "token": token(page.text), "next": next})


def cookies(response: httpx.Response) -> dict[str, str]:
    """The cookies an answer sets, whole."""
    return {line.split("=", 1)[0]: line for line in response.headers.get_list("set-cookie")}


async def test_a_reader_without_a_session_is_led_to_the_form_and_back(client: httpx.AsyncClient, closed: Shut) -> None:
    led = await client.get("/?topic=apple", headers=PAGE)
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2F%3Ftopic%3Dapple")
    problem(await client.get("/v1/status", headers=PAGE), 401)
    problem(await client.get("/"), 401)
    opened = await sign_in(client, closed.key(), "/?topic=apple")
    assert (opened.status_code, opened.headers["location"]) == (303, "/?topic=apple")
    assert (await client.get("/v1/status")).status_code == 200
    assert closed.acts() == [("ana", "login", "ana")]


async def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(service: Service, closed: Shut) -> None:
    key = closed.key()
    for base_url, is_secure in (("http://voxpop.example", False), ("https://voxpop.example", True)):
        async with browser(service, closed.door, base_url) as client:
            answer = await sign_in(client, key)
            set_cookies = cookies(answer)
            assert all(("Secure" in line) == is_secure and "SameSite=lax" in line for line in (
                set_cookies[COOKIE], set_cookies[CSRF_COOKIE]))  # fmt: skip
            assert "HttpOnly" in set_cookies[COOKIE] and "Max-Age=43200" in set_cookies[COOKIE]
            assert key not in str(answer.headers) + answer.text
            hsts = "strict-transport-security" in answer.headers
            assert hsts == is_secure


@pytest.mark.parametrize("wrong", ["", "vp_no", "é", "x" * 100_000])
async def test_a_wrong_key_is_refused_on_the_page_without_telling_it(
    wrong: str, client: httpx.AsyncClient, closed: Shut
) -> None:
    refused = await sign_in(client, wrong)
    assert refused.status_code == 401 and 'role="alert"' in refused.text
    assert COOKIE not in cookies(refused)
    assert closed.acts() == [("nobody", "login failed", "")]
    assert len(wrong) < 3 or wrong not in refused.text


async def test_a_key_that_may_not_read_opens_no_dashboard(client: httpx.AsyncClient, closed: Shut) -> None:
    assert (await sign_in(client, closed.key("robot", ["score"]))).status_code == 401
    assert closed.acts() == [("nobody", "login failed", "robot")]


async def test_the_eleventh_wrong_key_in_a_minute_is_not_looked_at(client: httpx.AsyncClient, closed: Shut) -> None:
    assert [(await sign_in(client, "vp_no")).status_code for _ in range(10)] == [401] * 10
    limited = await sign_in(client, closed.key())
    assert problem(limited, 429) and int(limited.headers["retry-after"]) >= 1
    assert len(closed.acts()) == 10


async def test_a_form_of_another_site_signs_nobody_in(
    service: Service, client: httpx.AsyncClient, closed: Shut
) -> None:
    key = closed.key()
    stolen = token((await client.get("/login")).text)
    async with browser(service, closed.door) as victim:
        for data in ({"key": key}, {"key": key, "token": stolen}, {"key": key, "token": ""}):
            assert (await victim.post("/login", data=data)).status_code == 403
        victim.cookies.set("voxpop-login", "made-up", path="/login")
        assert (await victim.post("/login", data={"key": key, "token": "made-up"})).status_code == 403
        problem(await victim.get("/v1/status"), 401)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 100, b"", b"key"])
async def test_a_form_that_is_none_is_refused(body: bytes, client: httpx.AsyncClient) -> None:
    assert (await client.post("/login", content=body)).status_code == 403


async def test_a_cookie_that_was_changed_or_made_up_opens_nothing(client: httpx.AsyncClient, closed: Shut) -> None:
    await sign_in(client, closed.key())
    genuine = client.cookies[COOKIE]
    (ana,) = (key for key in closed.keys.keys() if key.name == "ana")
    forged = [
        URLSafeTimedSerializer(secret, "voxpop session").dumps([ana.id, "x"]) for secret in ("", "secret", ana.digest)
    ]
    form = token((await client.get("/login")).text)
    for cookie in [genuine[:-1], genuine[1:], genuine.swapcase(), form, "é", "a.b.c", *map(str, forged)]:
        client.cookies.clear()
        answer = await client.get("/v1/status", headers={b"cookie": f"{COOKIE}={cookie}".encode()})
        problem(answer, 401)
    assert (await client.get("/v1/status", headers={"cookie": f"{COOKIE}={genuine}"})).status_code == 200


async def test_a_session_ends_with_its_time(service: Service, closed: Shut) -> None:
    key = closed.key()
    for hours, status in ((1.0, 200), (-1 / 3600, 401)):
        async with browser(service, replace(closed.door, session_hours=hours)) as client:
            line = cookies(await sign_in(client, key))[COOKIE]
            # A browser would have dropped it; who kept it sends it all the same.
            cookie = {"cookie": line.split(";")[0]}
            assert (await client.get("/v1/status", headers=cookie)).status_code == status


async def test_a_session_ends_with_its_key(client: httpx.AsyncClient, closed: Shut) -> None:
    await sign_in(client, closed.key())
    assert (await client.get("/v1/status")).status_code == 200
    closed.keys.revoke("ana")
    problem(await client.get("/v1/status"), 401)
    assert (await client.get("/", headers=PAGE)).headers["location"].startswith("/login")


async def test_a_session_changes_nothing_without_token_and_scope(client: httpx.AsyncClient, closed: Shut) -> None:
    await sign_in(client, closed.key("ana", ["read", "admin"]))
    csrf = client.cookies[CSRF_COOKIE]
    for headers in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: csrf[:-1]}, {CSRF_HEADER: "x"}):
        assert "page of the service" in problem(await client.post("/v1/topics", json=PLUM, headers=headers), 403)
    foreign = {CSRF_HEADER: csrf, "origin": "http://evil.example"}
    assert "own pages" in problem(await client.post("/v1/topics", json=PLUM, headers=foreign), 403)
    own_page = {CSRF_HEADER: csrf, "origin": "http://voxpop.example"}
    assert (await client.post("/v1/topics", json=PLUM, headers=own_page)).status_code == 201
    answer = await client.post("/v1/score", json={"texts": ["good"]}, headers=own_page)
    assert "scope score" in problem(answer, 403)
    assert closed.acts()[-1] == ("ana", "topic added", "plum")


async def test_signing_out_needs_the_token_and_ends_the_session(client: httpx.AsyncClient, closed: Shut) -> None:
    assert (await client.get("/logout")).headers["location"] == "/login"
    assert (await client.post("/logout")).headers["location"] == "/login"
    await sign_in(client, closed.key())
    stolen = {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    assert (await client.post("/logout", data={"token": "x"})).status_code == 403
    assert (await client.get("/v1/status")).status_code == 200
    page = await client.get("/logout")
    assert "<strong>ana</strong>" in page.text
    left = await client.post("/logout", data={"token": token(page.text)})
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert COOKIE not in client.cookies
    problem(await client.get("/v1/status", headers=stolen), 401)
    assert [what for _, what, _ in closed.acts()] == ["login", "logout"]


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/\r\nset-cookie: a=b", "/\t/evil", "/é"],
)
async def test_a_sign_in_leads_to_no_other_site(target: str, client: httpx.AsyncClient, closed: Shut) -> None:
    assert own(target) == "/"
    assert (await sign_in(client, closed.key(), target)).headers["location"] == "/"


async def test_the_pages_allow_no_script_and_no_frame(client: httpx.AsyncClient) -> None:
    page = await client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


async def test_where_no_key_is_needed_there_is_no_form(service: Service) -> None:
    async with connected(service) as client:
        for method, path in (("GET", "/login"), ("POST", "/login"), ("POST", "/logout")):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
