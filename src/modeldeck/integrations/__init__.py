"""modeldeck inside other frameworks; each needs an extra of its name."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.integrations.livekit import LiveKitTTS as LiveKitTTS
    from modeldeck.integrations.otel import OpenTelemetryObserver as OpenTelemetryObserver
    from modeldeck.integrations.pipecat import PipecatTTSService as PipecatTTSService
