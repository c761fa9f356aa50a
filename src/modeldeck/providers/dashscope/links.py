"""What the realtime classes send of a request."""

from __future__ import annotations

from typing import Any

from modeldeck.tts.hook import SpeechRequest

_ENCODINGS = {"pcm_s16le": "pcm", "wav": "pcm"}  # a WAV's header is the base's to write


def parameters(request: SpeechRequest) -> dict[str, Any]:
    """As the wire sends them: what `output` asks for natively has the last word on format and rate."""
    given = dict(request.parameters)
    if request.output is not None:
        given["format"] = _ENCODINGS.get(request.output.encoding, request.output.encoding)
        given["sample_rate"] = request.output.sample_rate
    return given
