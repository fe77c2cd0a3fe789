from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from voxpop.observability.tracing import telemetry

ROOT = Path(__file__).parents[2]
ASKING = """
import asyncio, httpx
from docs.generate import describable
from voxpop.api.app import create_api

async def ask():
    api = create_api(describable())
    async with api.router.lifespan_context(api): pass
    sent = []
    async def receive(): return {"type": "lifespan.startup"} if not sent else {"type": "lifespan.shutdown"}
    async def send(message): sent.append(message)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://127.0.0.1") as client:
        await api({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/v1/topics", params={"q": "vp_" + "s" * 43})).status_code == 500

asyncio.run(ask())
"""


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """An OTLP receiver on loopback: its address, and the spans it was sent."""
    spans: list[Span] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(**environment: str) -> None:
    """Ask a service for something, in a process of its own: what OpenTelemetry sets up stays for a process's life."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ran = subprocess.run(
        [sys.executable, "-c", ASKING], env={**clean, **environment}, cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def test_a_collector_that_the_environment_names_gets_a_span_for_a_request_and_none_for_one_that_tells_a_key() -> None:
    with collector() as (address, spans):
        ask(OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert "GET /healthz" in {span.name for span in spans}
    assert not [span for span in spans if "topics" in span.name]
    assert re.search("vp_s", str(spans)) is None


def test_nothing_is_traced_by_default() -> None:
    assert telemetry({})["auto_configure"] is False
    with collector() as (address, spans):
        ask(OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_SDK_DISABLED="true")
        ask()
    assert spans == []


def test_an_endpoint_without_the_sdk_says_what_to_install() -> None:
    code = "import sys; sys.modules['opentelemetry.sdk'] = None; from voxpop.observability.tracing import telemetry"
    asking = f"{code}; telemetry({{'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:4318'}})"
    ran = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True)
    assert "errors.Terminal" in ran.stderr and "pip install 'voxpop[otel]'" in ran.stderr
