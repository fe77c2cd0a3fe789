"""Settings of the web service: where it listens, who may reach it, how much it gives, and what it logs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class KeySettings(BaseModel):
    """A `[[keys]]` table: an API key that was made elsewhere, in a file, which a server takes in when it starts.

    It replaces the key of its name. To take the table away does not revoke the key; `voxpop keys revoke` does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    file: Path
    scopes: tuple[Literal["read", "score", "admin"], ...] = ("read",)


class WebSettings(BaseSettings):
    """What `voxpop.config.Settings` has about the service; safe as it is, and each key opens one thing."""

    host: str = "127.0.0.1"
    """Address to listen on. Any but loopback needs an API key, see `voxpop keys create`."""
    port: int = Field(8050, ge=0, le=65535)
    hosts: tuple[str, ...] = ()
    """Public names of the service, as browsers send them in `Host`; with one, keys are needed on loopback, too."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, such as `127.0.0.1`."""
    keys: tuple[KeySettings, ...] = ()
    """API keys that come as files, as orchestrators have them; `voxpop keys create` makes others."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may read the API with a key, such as `https://charts.example`; none by default."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    """PEM files, for HTTPS without a proxy."""
    rate_requests: int | None = Field(None, ge=0)
    """Requests a minute for each key, or each address without keys; 0 for no limit. None is 1,200 where keys are
    needed, and no limit on loopback."""
    rate_texts: int | None = Field(None, ge=0)
    """Texts scored a minute, likewise; None is 20,000 where keys are needed. At least 10,000, which one request has."""
    live_connections: int = Field(32, ge=0)
    """Live streams (`/v1/live`) that one key or address may hold open at once; 0 for no limit."""
    session_hours: float = Field(12, gt=0, le=24 * 30)
    """Hours after which the dashboard asks for a key again."""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """Requests are logged at `info`."""

    @property
    def needs_keys(self) -> bool:
        """Whether others can reach the service: it is bound to more than loopback, or has a public name."""
        return self.host not in LOOPBACK or bool(self.hosts)

    @field_validator("hosts")
    @classmethod
    def _bare(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [host for host in hosts if not host or any(mark in host for mark in "/:* \t")]
        if wrong:
            raise ValueError(f"{', '.join(map(repr, wrong))} is no bare host name; write it as in voxpop.example")
        return tuple(host.lower() for host in hosts)

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or not parts.hostname
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(f"{origin!r} is no origin; write it as in https://charts.example")
        return origins

    @field_validator("rate_texts")
    @classmethod
    def _enough(cls, texts: int | None) -> int | None:
        if texts and texts < 10_000:
            raise ValueError("one request may bring 10,000 texts; allow at least as many a minute, or 0 for no limit")
        return texts

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together; give both, or none")
        return self
