"""Channels from settings, with their secrets from files and the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr, ValidationError

from voxpop import secret
from voxpop.channels import ChannelSettings
from voxpop.config import Settings
from voxpop.errors import Terminal
from voxpop.notify.channel import Channel, Mail, Server, Web


def channels_of(settings: Settings) -> list[Channel]:
    """The channels of the settings.

    Raises:
        Terminal: a secret is not there or cannot be read; never repeats one.
    """
    return [_channel(table, settings) for table in settings.channels]


def _channel(table: ChannelSettings, settings: Settings) -> Channel:
    name = table.name or table.kind
    if table.kind == "email":
        password = _secret(table.password_file, "password_file") or settings.smtp_password
        if table.user and password is None:
            raise Terminal(f"channel {name!r} has a user and no password; set VOXPOP_SMTP_PASSWORD or password_file")
        server = Server(table.host, table.port, table.security, table.user, password)
        return Mail(name, table.topics, server, table.sender, table.to)
    url = table.url or _secret(table.url_file, "url_file") or (settings.slack_url if table.kind == "slack" else None)
    if url is None:
        raise Terminal(f"channel {name!r} has no address; set VOXPOP_SLACK_URL, url_file or url")
    try:
        # An address out of a file or the environment is held to what one in the settings is.
        ChannelSettings(kind="webhook", url=url)
    except ValidationError:
        raise Terminal(f"channel {name!r}: its url is no address; write it as in https://hooks.example/…") from None
    key = (_secret(table.secret_file, "secret_file") or settings.webhook_secret) if table.kind == "webhook" else None
    return Web(name, table.topics, table.kind, url, key)


def _secret(path: Path | None, setting: str) -> SecretStr | None:
    return secret.read(path, setting) if path else None
