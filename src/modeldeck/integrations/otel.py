"""Calls as OpenTelemetry's spans and metrics; needs the extra `otel`.

Names after its semantic conventions for generative AI, 1.41.1 (status Development), with the histograms' boundaries
of their successor github.com/open-telemetry/semantic-conventions-genai; both read on 2026-11-21. Neither knows speech
yet: `text_to_speech` is what pull request 390 there proposes. What has no name there begins with `modeldeck.`.
"""

from __future__ import annotations

from modeldeck import __version__
from modeldeck._transport.observe import Call, Observer
from modeldeck.errors import MissingExtraError, ModelDeckError

try:
    from opentelemetry.metrics import MeterProvider, get_meter
    from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, TracerProvider, get_tracer
except ImportError as error:
    raise MissingExtraError('watching calls needs its extra: pip install "modeldeck[otel]"', extra="otel") from error

_SCHEMA = "https://opentelemetry.io/schemas/1.41.1"
_OPERATIONS = {"tts": "text_to_speech"}
_BOUNDARIES = [0.01 * 2**step for step in range(14)]  # seconds


class OpenTelemetryObserver(Observer):
    """One span per call, for `Transport(observer=OpenTelemetryObserver())`; a conversation is one call.

    Tells no secret and no text; of an error its class (see `modeldeck.errors`) and HTTP status, not its message.
    """

    def __init__(
        self, *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        """Without a provider the process's own is taken, set before or later."""
        self._tracer = get_tracer("modeldeck", __version__, tracer_provider, _SCHEMA)
        meter = get_meter("modeldeck", __version__, meter_provider, _SCHEMA)
        self._first_chunk = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time to the first audio of an utterance.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="Duration of a call; conversations, which last as long as people talk, apart.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._retries = meter.create_counter(
            "modeldeck.client.retries", unit="{retry}", description="Attempts after the first."
        )
        self._spans: dict[str, Span] = {}  # of the calls that have not ended

    def request(self, call: Call) -> None:
        about = _about(call)
        name = " ".join(part for part in (about["gen_ai.operation.name"], call.model) if part)
        attributes: dict[str, str | int] = {**about, "modeldeck.call.kind": call.kind}
        if call.family == "tts":
            attributes |= {"gen_ai.output.type": "speech", "gen_ai.request.stream": True}
        if call.characters is not None:
            attributes["modeldeck.characters"] = call.characters
        self._spans[call.id] = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def connected(self, call: Call, seconds: float, reused: bool) -> None:
        attributes = {"modeldeck.connection.seconds": seconds, "modeldeck.connection.reused": reused}
        self._span(call).add_event("modeldeck.connected", attributes)

    def first_audio(self, call: Call, seconds: float) -> None:
        span = self._span(call)
        span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
        span.add_event("modeldeck.first_audio", {"modeldeck.first_audio.seconds": seconds})
        self._first_chunk.record(seconds, _about(call))

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None:
        told = _told(error)
        self._span(call).add_event("modeldeck.retry", {**told, "modeldeck.retry.pause": pause})
        self._retries.add(1, {**_about(call), **told})

    def fallback(self, call: Call, error: ModelDeckError) -> None:
        self._span(call).add_event("modeldeck.fallback", _told(error))

    def interrupted(self, call: Call, played: float | None) -> None:
        self._span(call).add_event("modeldeck.interrupted", {} if played is None else {"modeldeck.played": played})

    def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
        told = {} if error is None else _told(error)
        if call.kind == "synthesize":
            self._duration.record(seconds, {**_about(call), **told})
        span = self._spans.pop(call.id, INVALID_SPAN)
        if error is not None:
            span.set_attributes(told)
            if isinstance(error, Exception):  # else the caller dropped it
                span.set_status(StatusCode.ERROR)
        span.end()

    def _span(self, call: Call) -> Span:
        return self._spans.get(call.id, INVALID_SPAN)


def _about(call: Call) -> dict[str, str]:
    """What spans and metrics share."""
    model = {"gen_ai.request.model": call.model} if call.model else {}
    operation = _OPERATIONS.get(call.family, call.kind)
    return {"gen_ai.operation.name": operation, "gen_ai.provider.name": call.provider, **model}


def _told(error: BaseException) -> dict[str, str | int]:
    status: dict[str, str | int] = {}
    if isinstance(error, ModelDeckError) and error.status is not None:
        status = {"http.response.status_code": error.status}
    return {"error.type": type(error).__name__, **status}
