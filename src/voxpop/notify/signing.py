"""Signatures of notices, so that a receiver knows who sent them and when."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from pydantic import SecretStr

_PREFIX: Final = "whsec_"


def headers(secret: SecretStr | None, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that identify and sign a body, as Standard Webhooks has them (https://www.standardwebhooks.com).

    The signature is HMAC-SHA256 over `id.timestamp.body`, base64 after `v1,`. The id is the same however often a notice
    is sent, so receivers drop what came twice by it; the timestamp is that of the try, so they can refuse what is old.
    A secret that begins with `whsec_` is base64 after that, as the standard writes it; another is taken as it is.

    >>> signed = headers(SecretStr("whsec_c2VjcmV0"), "a.opened", 1700000000, b"{}")
    >>> signed["webhook-signature"]
    'v1,I+eF9w36cLPi7jyp9pOPZOcmPC8h5pgPnX+KvTQusNQ='
    """
    given = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if secret is None:
        return given
    signed = hmac.new(_key(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {**given, "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


def _key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    if text.startswith(_PREFIX):
        try:
            return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return text.encode()
