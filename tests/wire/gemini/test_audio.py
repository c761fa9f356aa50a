"""MIME types as Gemini says them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import ProtocolError
from modeldeck.providers.gemini.wire.audio import audio_format
from modeldeck.tts.response import AudioFormat


@pytest.mark.parametrize(
    ("mime", "form"),
    [
        ("audio/L16;codec=pcm;rate=24000", AudioFormat("pcm_s16le", 24000)),
        ("audio/l16; rate=24000; channels=1", AudioFormat("pcm_s16le", 24000)),
        ("AUDIO/L16 ; Channels = 2 ; RATE=16000", AudioFormat("pcm_s16le", 16000, 2)),
        ('audio/pcm;rate="48000"', AudioFormat("pcm_s16le", 48000)),
        ("audio/L16", AudioFormat("pcm_s16le", 24000)),
        ("audio/wav", AudioFormat("wav", 24000)),
        ("audio/x-wav", AudioFormat("wav", 24000)),
        ("audio/mulaw", AudioFormat("mulaw", 8000)),
        ("audio/mulaw;rate=16000", AudioFormat("mulaw", 16000)),
        ("audio/PCMU", AudioFormat("mulaw", 8000)),
        ("audio/alaw", AudioFormat("alaw", 8000)),
        ("audio/mpeg", AudioFormat("mp3", 24000)),
        ("audio/ogg; codecs=opus", AudioFormat("opus", 24000)),
        ("audio/flac;rate=24000", AudioFormat("flac", 24000)),
        ("image/png", None),
        ("", None),
    ],
)
def test_types(mime: str, form: AudioFormat | None) -> None:
    assert audio_format(mime) == form


@pytest.mark.parametrize(
    "mime", ["audio/l16;rate=fast", "audio/l16;rate=0", "audio/l16;rate=-1", "audio/l16;channels="]
)
def test_a_rate_that_is_none_is_not_guessed(mime: str) -> None:
    with pytest.raises(ProtocolError):
        audio_format(mime)


def test_another_codec_under_the_same_type() -> None:
    with pytest.raises(ProtocolError, match="another codec"):
        audio_format("audio/L16;codec=opus;rate=24000")


@given(st.text())
def test_anything_is_a_format_or_a_refusal(mime: str) -> None:
    try:
        audio_format(mime)
    except ProtocolError:
        pass
