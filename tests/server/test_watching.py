"""OpenTelemetry, where it is installed: calls to providers are watched, and no span tells a secret."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from modeldeck.integrations import OpenTelemetryObserver
from modeldeck.server.run import Running

PROGRAM = """
import asyncio, os, sys
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)

from modeldeck.sandbox import Sandbox
from modeldeck.server import Settings
from modeldeck.server.run import served

async def main():
    settings = Settings(port=0, store=f"sqlite+aiosqlite:///{sys.argv[1]}/deck.db")
    async with Sandbox() as box, served(settings) as running:
        headers = {"Authorization": f"Bearer {running.token}"}
        async with httpx.AsyncClient(base_url=running.url, headers=headers, trust_env=False) as client:
            data = {"type": "dashscope_credential", "api_key": "sk-canary", "base_url": box.url}
            answer = await client.post("/api/v1/credentials/check", json={"data": data})
            assert answer.json()["ok"], answer.text
            await client.post("/api/v1/credentials/check", json={"data": "sk-canary"})

asyncio.run(main())
told = spans.get_finished_spans()
print(" ".join(sorted({span.name for span in told})))
assert not any("sk-canary" in span.to_json() for span in told)
"""


def test_calls_to_providers_are_watched(running: Running) -> None:
    assert isinstance(running.server.transport.observer, OpenTelemetryObserver)


def test_a_check_is_a_span_without_a_secret(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout.split()
