"""OpenTelemetry traces: off, until the standard variables of the environment name where they go."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from fastapi.telemetry import TelemetryConfig

from voxpop.errors import Terminal
from voxpop.observability.logs import SECRET

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def telemetry(environment: Mapping[str, str] = os.environ) -> TelemetryConfig:
    """How FastAPI traces requests: to the OTLP collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, or to none.

    Spans alone: metrics are Prometheus', and FastAPI's log records hold what exceptions say. The SDK reads
    `OTEL_SDK_DISABLED` and the other variables. A request whose address holds what looks like a key is not traced.

    Raises:
        Terminal: an endpoint is named, and the SDK is not installed.
    """
    wanted = any(environment.get(name) for name in _ENDPOINTS)
    if wanted and importlib.util.find_spec("opentelemetry.sdk") is None:
        raise Terminal("an OTLP endpoint is set, and its SDK is not installed; run pip install 'voxpop[otel]'")
    return {"tracing": True, "metrics": False, "logs": False, "auto_configure": wanted, "exclude": _tells_a_key}


def _tells_a_key(scope: MutableMapping[str, Any]) -> bool:
    asked = scope.get("raw_path", b"") + scope.get("query_string", b"")
    return SECRET.search(asked.decode("latin-1")) is not None
