from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import ssl
import subprocess
from datetime import timedelta
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.notify.receivers import mailbox, web
from voxpop.notify.channel import ATTEMPTS, FIRST, LONGEST, Mail, Server, Web
from voxpop.stores.alerts import Due, Notice, Outcome

HOSTILE = "<https://evil.example|click> @all\x1b[2J\r\nBcc: you@evil.example"
SECRET = SecretStr("whsec_" + base64.b64encode(b"a key of some length").decode())


def body() -> dict[str, Any]:
    driver = {"kind": "word", "name": HOSTILE, "also": [], "beside": "before", "share": 0.5, "share_beside": 0, "z": 9}
    why = {"net_change": None, "drivers": [driver], "mixes": []}
    return {"type": "alert.opened", "text": "apple: 90 posts", "alert": {"id": "a1", "why": why}}


def due(attempts: int = 1) -> Due:
    return Due(Notice("a1", "opened", "ops", json.dumps(body())), attempts)


def hook(url: str, kind: Any = "webhook") -> Web:
    return Web("ops", (), kind, SecretStr(url), SECRET if kind == "webhook" else None)


def test_a_webhook_is_signed_over_id_time_and_body() -> None:
    with web() as server:
        assert hook(server.url).send(due()) == Outcome()
    ((headers, sent),) = server.posts
    assert json.loads(sent) == body()
    assert headers["webhook-id"] == "a1.opened"
    signed = f"a1.opened.{headers['webhook-timestamp']}.".encode() + sent
    expected = base64.b64encode(hmac.new(b"a key of some length", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_what_may_pass_is_tried_again_later_each_time(status: int) -> None:
    with web(status, status, status) as server:
        waits = [hook(server.url).send(due(attempts)).again for attempts in (1, 2, 11)]
        assert waits == [FIRST, 2 * FIRST, LONGEST]
        server.statuses = [status]
        assert hook(server.url).send(due(ATTEMPTS)) == Outcome(f"it answered {status}")


def test_a_server_that_says_when_is_asked_then() -> None:
    with web(429, retry_after="33") as server:
        assert hook(server.url).send(due()).again == timedelta(seconds=33)


@pytest.mark.parametrize("status", [301, 400, 404, 410])
def test_what_will_not_pass_is_given_up(status: int) -> None:
    with web(status, location="http://127.0.0.1:9/elsewhere") as server:
        assert hook(server.url).send(due()) == Outcome(f"it answered {status}")
        assert len(server.posts) == 1


def test_one_that_is_away_is_tried_again_and_its_address_is_not_told() -> None:
    outcome = hook("http://127.0.0.1:9/T000/secret").send(due())
    assert outcome == Outcome("it does not answer (ConnectError)", FIRST)


def test_a_chat_gets_strangers_words_escaped() -> None:
    with web() as server:
        assert hook(server.url, "slack").send(due()) == Outcome()
    ((headers, sent),) = server.posts
    text = json.loads(sent)["text"]
    assert "webhook-signature" not in headers
    assert "&lt;https://evil.example|click&gt; @\u200ball" in text
    assert "<" not in text and "\x1b" not in text and text.count("\n") == 1


def mail(port: int, **given: Any) -> Mail:
    server = Server("localhost", port, **({"security": "none"} | given))
    return Mail("post", (), server, "voxpop@voxpop.example", ("you@voxpop.example", "me@voxpop.example"))


def test_a_mail_is_plain_text_that_a_word_cannot_add_headers_to() -> None:
    with mailbox() as box:
        assert mail(box.port).send(due()) == Outcome()
    (text,) = box.messages
    message = message_from_string(text, policy=policy.default)
    assert message["Subject"] == "Voxpop: apple: 90 posts"
    assert message["Bcc"] is None and message["Message-ID"] == "<a1.opened.post@voxpop.example>"
    assert "you@evil.example" in message.get_content()
    assert [line for line in box.said if line.startswith("rcpt")] == [
        "rcpt TO:<you@voxpop.example>", "rcpt TO:<me@voxpop.example>",
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "again"), [("451", FIRST), ("550", None)])
def test_a_mail_server_that_refuses_for_now_is_asked_again(code: str, again: timedelta | None) -> None:
    with mailbox(refuse=code) as box:
        assert mail(box.port).send(due()) == Outcome(f"it answered {code}", again)


def test_a_mail_server_without_tls_gets_no_password() -> None:
    with mailbox() as box:
        outcome = mail(box.port, security="starttls", user="voxpop", password=SecretStr("quince")).send(due())
    assert outcome == Outcome("it does not do STARTTLS or AUTH; set security")
    assert not any(line.startswith("AUTH") for line in box.said)


def test_the_password_goes_through_tls_to_a_certificate_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate; install it: apt-get install openssl")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    files = ["-keyout", key, "-out", cert, "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *made.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    given = {"security": "starttls", "user": "voxpop", "password": SecretStr("quince")}
    with mailbox(context) as box:
        assert mail(box.port, **given).send(due()) == Outcome("it does not answer (SSLCertVerificationError)", FIRST)
        monkeypatch.setenv("SSL_CERT_FILE", cert)
        assert mail(box.port, **given).send(due()) == Outcome()
    login = next(line for line in box.said if line.startswith("AUTH PLAIN"))
    assert base64.b64decode(login.split()[2]) == b"\0voxpop\0quince"
    assert box.said.index("(TLS)") < box.said.index(login)
