"""Speech over HTTP, formats, and what refusals mean."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest
import soundfile

from modeldeck.errors import (
    AuthenticationError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from modeldeck.providers.azure.wire import rest
from modeldeck.providers.azure.wire.errors import SERVICE
from modeldeck.providers.azure.wire.formats import FORMATS, encoding_of, format_of, gives
from modeldeck.providers.azure.wire.ssml import Spoken, document
from modeldeck.tts.response import AudioFormat
from modeldeck.tts.wav import wav_header

AVA = "en-US-AvaMultilingualNeural"
RAW = "raw-24khz-16bit-mono-pcm"
BODY = document("Hi <you>", {"voice": AVA}).encode()
SENT = {
    "content-type": "application/ssml+xml",
    "x-microsoft-outputformat": "riff-24khz-16bit-mono-pcm",
    "user-agent": "modeldeck/1",
}


def parsed(sent: Mapping[str, str] = SENT, body: bytes = BODY) -> rest.Asked | rest.Rejection:
    return rest.parse_request(body, {**SENT, **sent}, lambda name: name == AVA)


def test_a_request() -> None:
    assert parsed() == rest.Asked("riff-24khz-16bit-mono-pcm", Spoken(AVA, "Hi <you>"))
    names = {name.lower(): value for name, value in rest.headers(RAW).items()}
    assert parsed(names) == rest.Asked(RAW, Spoken(AVA, "Hi <you>"))
    assert isinstance(parsed({"content-type": "application/ssml+xml; charset=utf-8"}), rest.Asked)


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"content-type": "text/plain"}, 415, "Content-Type"),
        ({"user-agent": ""}, 400, "User-Agent"),
        ({"user-agent": "a" * 255}, 400, "User-Agent"),
        ({"x-microsoft-outputformat": "wav"}, 400, "'wav' is not supported"),
        ({"x-microsoft-outputformat": ""}, 400, "X-Microsoft-OutputFormat"),
    ],
)
def test_a_request_that_is_not_taken(changed: dict[str, str], status: int, says: str) -> None:
    found = parsed(changed)
    assert isinstance(found, rest.Rejection)
    assert found.status == status
    assert says in found.reason


@pytest.mark.parametrize("body", [b"", b"\xff", b"Hi", BODY.replace(b"Neural", b"")])
def test_a_document_that_is_not_taken(body: bytes) -> None:
    found = parsed(body=body)
    assert isinstance(found, rest.Rejection)
    assert found.status == 400


# -- formats

# "Audio outputs" of the REST documents, 2024-09-23: codec and rate as they describe them.
SAID = {
    "amr-wb-16000hz": ("amr_wb", 16000),
    "audio-16khz-16bit-32kbps-mono-opus": ("raw_opus", 16000),
    "audio-24khz-96kbitrate-mono-mp3": ("mp3", 24000),
    "g722-16khz-64kbps": ("g722", 16000),
    "ogg-48khz-16bit-mono-opus": ("opus", 48000),
    "raw-8khz-8bit-mono-alaw": ("alaw", 8000),
    "raw-8khz-8bit-mono-mulaw": ("mulaw", 8000),
    "raw-22050hz-16bit-mono-pcm": ("pcm_s16le", 22050),
    "raw-44100hz-16bit-mono-pcm": ("pcm_s16le", 44100),
    "raw-24khz-16bit-mono-truesilk": ("silk", 24000),
    "riff-8khz-8bit-mono-mulaw": ("wav_mulaw", 8000),
    "riff-48khz-16bit-mono-pcm": ("wav", 48000),
    "webm-24khz-16bit-24kbps-mono-opus": ("webm", 24000),
}


@pytest.mark.parametrize("name", SAID)
def test_a_format(name: str) -> None:
    assert FORMATS[name].audio == AudioFormat(*SAID[name])
    assert encoding_of({"format": name}) == SAID[name][0]


def test_riff_is_asked_for_raw_and_gets_its_header_here() -> None:
    files = {name: form for name, form in FORMATS.items() if name.startswith("riff")}
    assert len(files) == 8
    for name, form in files.items():
        assert form.name == name.replace("riff", "raw")
        assert FORMATS[form.name].head == b""
        head = form.head or wav_header(form.audio, None)
        sound = soundfile.SoundFile(io.BytesIO(head + bytes(16000)))
        assert (sound.samplerate, sound.channels) == (form.audio.sample_rate, 1)
        law = name.split("-")[-1]
        assert sound.subtype == {"pcm": "PCM_16", "mulaw": "ULAW", "alaw": "ALAW"}[law]
    assert all(form.name == name and not form.head for name, form in FORMATS.items() if name not in files)


@pytest.mark.parametrize(
    ("output", "name"),
    [
        (AudioFormat("pcm_s16le", 8000), "raw-8khz-16bit-mono-pcm"),
        (AudioFormat("wav", 22050), "raw-22050hz-16bit-mono-pcm"),
        (AudioFormat("mp3", 24000), "audio-24khz-160kbitrate-mono-mp3"),
        (AudioFormat("opus", 16000), "ogg-16khz-16bit-mono-opus"),
        (AudioFormat("mulaw", 8000), "raw-8khz-8bit-mono-mulaw"),
    ],
)
def test_an_output_that_the_service_has(output: AudioFormat, name: str) -> None:
    assert gives(output)
    assert format_of({}, output).name == name
    assert format_of({}, output).audio == output


def test_no_format_at_all_is_raw_audio() -> None:
    assert format_of({"format": None}, None).name == RAW
    assert encoding_of({}) == "pcm_s16le"


def test_an_output_that_it_has_not() -> None:
    assert not gives(AudioFormat("mp3", 44100))
    assert not gives(AudioFormat("pcm_s16le", 24000, 2))
    assert encoding_of({"format": "raw-96khz"}) is None


# -- refusals

GATEWAY = {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}}
FRONT = {"statusCode": 401, "message": "Unauthorized. Access token is missing."}


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, ProviderError, False),
        (401, AuthenticationError, False),
        (402, QuotaError, False),
        (403, PermissionDeniedError, False),
        (404, ModelNotFoundError, False),
        (408, ProviderError, True),
        (415, ProviderError, False),
        (429, RateLimitError, True),
        (500, ProviderError, True),
        (502, ProviderError, True),
        (503, ProviderError, True),
    ],
)
def test_what_a_status_means(status: int, kind: type[ModelDeckError], retryable: bool) -> None:
    error = SERVICE.http_error(status, b"", {"x-requestid": "r1", "retry-after": "2"})
    assert type(error) is kind
    assert (error.retryable, error.status, error.request_id, error.retry_after) == (retryable, status, "r1", 2.0)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (json.dumps(GATEWAY).encode(), "Access denied due to invalid subscription key."),
        (json.dumps(FRONT).encode(), "Access token is missing."),
        (b"Unsupported voice.", "Unsupported voice."),
        (b"<html>a proxy's page</html>", "region or base_url"),
        (b"[1]", "region or base_url"),
        (b"", "region or base_url"),
    ],
)
def test_what_a_body_says(body: bytes, says: str) -> None:
    error = SERVICE.http_error(401, body, {})
    assert says in str(error)
    assert "<html>" not in str(error)


def test_a_wrong_address_is_not_a_model_that_is_not_there() -> None:
    assert "base_url" in str(SERVICE.handshake_error(404, b"", {}))
    assert type(SERVICE.handshake_error(404, b"", {})) is ProviderError
