"""Settings of who is told of alerts: webhooks, chats, mail."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class ChannelSettings(BaseModel):
    """A `[[channels]]` table: where alerts are told, and of which topics."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["webhook", "slack", "email"]
    name: str = Field("", max_length=64)
    """Defaults to the kind. Two channels need two names; one that is renamed is a new one."""
    topics: tuple[str, ...] = ()
    """Names of topics, `*` for every post; empty is all of them."""
    url: SecretStr | None = None
    """For `webhook` and `slack`: where to post; that of Slack is a secret."""
    url_file: Path | None = None
    """A file that holds the URL; for `slack`, `VOXPOP_SLACK_URL` in the environment does, too."""
    secret_file: Path | None = None
    """For `webhook`: a file that holds the key that notices are signed with; or `VOXPOP_WEBHOOK_SECRET`."""
    host: str = ""
    """For `email`: the mail server."""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to the mail server is made secret; a password is never sent without."""
    user: str = ""
    password_file: Path | None = None
    """For `email`: a file that holds the password; or `VOXPOP_SMTP_PASSWORD`."""
    sender: str = ""
    to: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _http(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value()) if url else None
        if parts and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("url is no address; write it as in https://hooks.example/voxpop")
        return url

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in [given] if isinstance(given, str) else given:
            if address and (address.count("@") != 1 or not address.isprintable() or set(address) & set(' ,;<>"')):
                raise ValueError("it is no address of mail; write it alone, as in alerts@voxpop.example")
        return given

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        mail = {"host": self.host, "sender": self.sender, "to": self.to}
        absent = [name for name, value in mail.items() if not value]
        if self.kind == "email" and absent:
            raise ValueError(f"a channel of kind email needs {', '.join(absent)}")
        if self.kind == "email" and self.user and self.security == "none":
            raise ValueError("a password is not sent in the clear; set security to starttls or tls, or leave user out")
        if self.kind != "email" and any(mail.values()):
            raise ValueError("host, sender and to are for channels of kind email; leave them out")
        if self.kind == "webhook" and not (self.url or self.url_file):
            raise ValueError("a channel of kind webhook needs url or url_file")
        return self
