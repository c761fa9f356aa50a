"""Spans and metrics of real calls, as an OpenTelemetry SDK hands them on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from modeldeck import Transport
from modeldeck._transport.limits import without_pauses
from modeldeck.credential import DashScopeCredential
from modeldeck.errors import ModelDeckError
from modeldeck.integrations import OpenTelemetryObserver
from modeldeck.sandbox import Sandbox
from modeldeck.tts import DashScopeRealtimeTTSModel, DashScopeTTSModel

KEY = "sk-canary-1234"
TEXT = "Canary, say hello."
ABOUT = {
    "gen_ai.operation.name": "text_to_speech",
    "gen_ai.provider.name": "dashscope",
    "gen_ai.request.model": "qwen3-tts-flash",
}
FIRST_AUDIO = "gen_ai.client.operation.time_to_first_chunk"
DURATION = "gen_ai.client.operation.duration"


class Watched:
    """An observer with an SDK of its own behind it."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._metrics = InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        meters = MeterProvider([self._metrics], shutdown_on_exit=False)
        self.tracer = tracers.get_tracer("an application")
        self.observer = OpenTelemetryObserver(tracer_provider=tracers, meter_provider=meters)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def metrics(self) -> dict[str, list[Any]]:
        """Data points by name."""
        data = self._metrics.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else []) for scope in resource.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    def told(self) -> str:
        """All that leaves the process."""
        data = self._metrics.get_metrics_data()
        return "".join(span.to_json() for span in self.spans) + (data.to_json() if data else "")


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
def watched() -> Watched:
    return Watched()


def credential(box: Sandbox, key: str = KEY) -> DashScopeCredential:
    return DashScopeCredential(api_key=key, base_url=box.url)


def events(span: ReadableSpan) -> list[str]:
    return [event.name.removeprefix("modeldeck.") for event in span.events]


async def test_a_call_is_a_span_below_the_application_s(box: Sandbox, watched: Watched) -> None:
    async with Transport(observer=watched.observer) as transport:
        model = DashScopeTTSModel(credential(box), stream=False, transport=transport)
        with watched.tracer.start_as_current_span("turn") as turn:
            first = [part.first_audio async for part in model.synthesize(TEXT)][-1]
        await model.prewarm()
        await model.synthesize(TEXT)
    span, again = (one for one in watched.spans if one.name != "turn")
    assert (span.name, span.kind) == ("text_to_speech qwen3-tts-flash", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert span.parent is not None
    assert span.parent.span_id == turn.get_span_context().span_id
    assert dict(span.attributes or {}) == {
        **ABOUT,
        "gen_ai.output.type": "speech",
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": first,
        "modeldeck.call.kind": "synthesize",
        "modeldeck.characters": len(TEXT),
    }
    assert events(span) == ["connected", "first_audio"]
    assert [(one.events[0].attributes or {})["modeldeck.connection.reused"] for one in (span, again)] == [False, True]
    metrics = watched.metrics()
    assert set(metrics) == {FIRST_AUDIO, DURATION}
    for name in metrics:
        (point,) = metrics[name]
        assert (dict(point.attributes), point.count) == (ABOUT, 2)
        assert (point.explicit_bounds[0], point.explicit_bounds[-1]) == (0.01, 81.92)


async def test_retries_and_the_error(box: Sandbox, watched: Watched) -> None:
    async with Transport(observer=watched.observer, headers={"x-modeldeck-fault": "status=429"}) as transport:
        with without_pauses(), pytest.raises(ModelDeckError) as caught:
            await DashScopeTTSModel(credential(box), stream=False, transport=transport).synthesize(TEXT)
    (span,) = watched.spans
    failed = {"error.type": type(caught.value).__name__, "http.response.status_code": 429}
    assert failed["error.type"] == "RateLimitError"
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert failed.items() <= dict(span.attributes or {}).items()
    assert events(span) == ["connected", "retry", "connected", "retry", "connected"]
    assert failed.items() <= dict(span.events[1].attributes or {}).items()
    metrics = watched.metrics()
    (retries,), (duration,) = metrics["modeldeck.client.retries"], metrics[DURATION]
    assert (retries.value, dict(retries.attributes)) == (2, {**ABOUT, **failed})
    assert dict(duration.attributes) == {**ABOUT, **failed}
    assert FIRST_AUDIO not in metrics


async def test_a_conversation_is_one_span(box: Sandbox, watched: Watched) -> None:
    async with Transport(observer=watched.observer) as transport:
        model = DashScopeRealtimeTTSModel(credential(box), transport=transport)
        async with model.session() as talk:
            for _ in range(2):
                await talk.send(TEXT)
                await talk.flush()
                await anext(talk)
                await talk.interrupt(0.25)
    (span,) = watched.spans
    assert (span.attributes or {})["modeldeck.call.kind"] == "session"
    assert events(span) == ["connected", "first_audio", "interrupted"] * 2
    assert dict(span.events[2].attributes or {}) == {"modeldeck.played": 0.25}
    metrics = watched.metrics()
    assert [point.count for point in metrics[FIRST_AUDIO]] == [2]
    assert DURATION not in metrics


async def test_a_check_is_told_apart_from_speech(box: Sandbox, watched: Watched) -> None:
    async with Transport(observer=watched.observer) as transport:
        found = await credential(box).check(transport=transport)
    assert found.ok
    (span,) = watched.spans
    assert span.name == "check"
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "check",
        "gen_ai.provider.name": "dashscope",
        "modeldeck.call.kind": "check",
    }


async def test_neither_key_nor_text_is_told(box: Sandbox, watched: Watched) -> None:
    key = "sk-invalid-canary-1234"
    async with Transport(observer=watched.observer) as transport:
        for one in (KEY, key):
            model = DashScopeRealtimeTTSModel(credential(box, one), stream=False, transport=transport)
            try:
                await model.synthesize(TEXT)
            except ModelDeckError:
                pass
    assert [span.status.is_unset for span in watched.spans] == [True, False]
    told = watched.told()
    assert "text_to_speech" in told
    assert not [word for word in (KEY, key, "anary") if word in told]


async def test_without_an_sdk_nothing_happens(box: Sandbox) -> None:
    async with Transport(observer=OpenTelemetryObserver()) as transport:
        response = await DashScopeTTSModel(credential(box), stream=False, transport=transport).synthesize(TEXT)
    assert response.audio


def test_the_missing_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from modeldeck.errors import MissingExtraError\n"
        "try:\n    from modeldeck.integrations import OpenTelemetryObserver\n"
        "except MissingExtraError as error:\n    print(error.extra, error)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.startswith("otel ")
    assert 'pip install "modeldeck[otel]"' in said
