"""`voxpop serve` where others can reach it: real sockets, real processes, real TLS."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import stat
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.command import answer, voxpop
from tests.running import running, until

pytestmark = pytest.mark.slow
BEGUN = b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{"


def settings(directory: Path, text: str) -> list[object]:
    """The options that name a settings file and a data directory."""
    path = directory / "voxpop.toml"
    path.write_text(f'model = "lexicon"\ndata = "{directory / "data"}"\n{text}')
    return ["--config", path]


def asked(url: str, headers: dict[str, str] | None = None, **more: Any) -> tuple[int, Any, str]:
    """Status, headers and body of an answer."""
    request = urllib.request.Request(url, headers=headers or {}, data=more.pop("data", None))
    try:
        with urllib.request.urlopen(request, timeout=30, **more) as found:
            return found.status, found.headers, found.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read().decode()


def requests_in(said: str, *routes: str) -> list[dict[str, Any]]:
    """What a log in JSON says of requests, to some routes or to all."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{") and line.endswith("}")]
    requests = [line for line in lines if line["event"] == "request"]
    return [line for line in requests if not routes or line["route"] in routes]


@pytest.mark.parametrize("opening", ['host = "0.0.0.0"', 'host = "::"', 'hosts = ["voxpop.example"]'])
def test_a_service_that_others_can_reach_does_not_start_without_a_key(opening: str, tmp_path: Path) -> None:
    refused = voxpop("serve", *settings(tmp_path, opening), "--port", "0")
    assert refused.returncode == 1
    assert "voxpop keys create" in refused.stderr and "Traceback" not in refused.stderr


def test_keys_open_a_service_until_they_are_revoked_and_no_log_tells_them(tmp_path: Path) -> None:
    given = settings(tmp_path, 'host = "0.0.0.0"\nlog_format = "json"\nlog_level = "info"\n')
    made = answer("keys", "create", "ana", "--scope", "read", "--days", "2", *given)
    key, data = made["key"], tmp_path / "data"
    with running("serve", *given) as served:
        status = served.url + "v1/status"
        assert asked(served.url + "healthz")[0] == 200
        code, headers, body = asked(status)
        assert (code, headers["www-authenticate"], headers["content-type"]) == (
            401, 'Bearer realm="voxpop"', "application/problem+json",
        )  # fmt: skip
        assert json.loads(body)["request_id"] == headers["x-request-id"] and "server" not in headers
        assert asked(status, {"X-API-Key": key})[0] == 200
        assert asked(f"{status}?key={key}")[0] == 401
        forged = urllib.parse.urlencode({"key": key}).encode()
        assert asked(served.url + "login", {"x-forwarded-for": "6.6.6.6"}, data=forged)[0] == 403
        assert asked(served.url + "readyz")[0] == 200
        metrics = asked(served.url + "metrics", {"Authorization": f"Bearer {key}"})[2]
        assert 'voxpop_http_request_duration_seconds_count{method="GET",route="none",status="401"} 2.0' in metrics
        assert asked(served.url + "v1/topics", {"X-API-Key": key}, data=b"{}")[0] == 403
        assert answer("keys", "revoke", "ana", *given) == {"revoked": "ana"}
        assert asked(status, {"X-API-Key": key})[0] == 401
        # A request is noted when it has been answered.
        until(lambda: len(requests_in(served.said(), "/v1/status", "none")) >= 4)
        said = served.said()
    requests = requests_in(said)
    assert [line["status"] for line in requests_in(said, "/v1/status", "none")] == [401, 200, 401, 401]
    assert {line.get("caller") for line in requests} == {"nobody", "ana"}
    assert {line["address"] for line in requests} == {"127.0.0.1"}, "nobody believes X-Forwarded-For unasked"
    assert key not in said and key[3:] not in said
    for name in ("keys.json", "audit.jsonl"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
        assert key[3:] not in (data / name).read_text()
    acts = answer("audit", *given)["acts"]
    assert [(one["what"], one["target"]) for one in acts] == [("key created", "ana (read)"), ("key revoked", "ana")]
    assert all(one["who"].endswith("@command line") for one in acts)
    assert answer("keys", "list", *given)["keys"] == []


def test_loopback_needs_no_key_and_who_changes_topics_is_noted(tmp_path: Path) -> None:
    given = settings(tmp_path, "")
    with running("serve", *given) as served:
        assert asked(served.url + "v1/status")[0] == asked(served.url)[0] == asked(served.url + "metrics")[0] == 200
        assert asked(served.url + "v1/status", {"host": "evil.example"})[0] == 421
        plum = json.dumps({"name": "plum", "query": "plum"}).encode()
        assert asked(served.url + "v1/topics", {"content-type": "application/json"}, data=plum)[0] == 201
    answer("topics", "remove", "plum", *given)
    acts = [(one["who"].split("@")[-1], one["what"], one["address"]) for one in answer("audit", *given)["acts"]]
    assert acts == [("local", "topic added", "127.0.0.1"), ("command line", "topic removed", "")]


def test_slow_clients_hold_nobody_up(tmp_path: Path) -> None:
    with running("serve", *settings(tmp_path, "")) as served:
        where = urllib.parse.urlsplit(served.url)
        assert where.hostname and where.port
        slow = [socket.create_connection((where.hostname, where.port)) for _ in range(50)]
        for number, connection in enumerate(slow):
            begin = (
                b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{"
                if number % 2
                else b"GET /v1"
            )
            connection.sendall(begin)
        assert [asked(served.url + "v1/status")[0] for _ in range(5)] == [200] * 5
        for connection in slow:
            connection.close()
        assert asked(served.url + "readyz")[0] == 200


def test_https_is_served_with_a_certificate_and_asked_for_from_then_on(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate; install it: apt-get install openssl")
    cert, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(private), "-out", str(cert)]
    subprocess.run([openssl, *made.split(), *files], check=True, capture_output=True)
    given = settings(tmp_path, f'tls_cert = "{cert}"\ntls_key = "{private}"\nhosts = ["localhost"]\n')
    key = answer("keys", "create", "ana", *given)["key"]
    trusted = ssl.create_default_context(cafile=str(cert))
    with running("serve", *given) as served:
        assert served.url.startswith("https://127.0.0.1:")
        code, headers, _ = asked(served.url + "v1/status", {"X-API-Key": key}, context=trusted)
        assert (code, headers["strict-transport-security"]) == (200, "max-age=63072000")
        form = asked(served.url + "login", context=trusted)[1]["set-cookie"]
        assert "Secure" in form and "HttpOnly" in form and "SameSite=strict" in form


def test_half_a_certificate_and_an_origin_that_is_none_are_refused(tmp_path: Path) -> None:
    wrong = 'tls_cert = "x.pem"\n', 'cors_origins = ["charts.example"]', 'hosts = ["https://a"]', "rate_texts = 5"
    for text, fix in zip(wrong, ("give both", "no origin", "bare host", "at least as many"), strict=True):
        refused = voxpop("serve", *settings(tmp_path, text))
        assert refused.returncode == 1 and fix in refused.stderr
