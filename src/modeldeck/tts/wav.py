"""The 44 bytes before PCM that make it a WAV file."""

from __future__ import annotations

import struct

from modeldeck.tts.response import AudioFormat

HEADER_BYTES = 44
_OPEN = 0xFFFFFFFF  # what streaming writers put where the size is not known yet


def wav_header(format: AudioFormat, data_bytes: int | None) -> bytes:
    """The header for 16-bit PCM; `data_bytes=None` leaves the sizes open, as a stream must."""
    size = _OPEN if data_bytes is None or data_bytes > _OPEN - 36 else data_bytes
    riff = size if size == _OPEN else size + 36
    frame = 2 * format.channels
    rate = format.sample_rate
    fields = (b"RIFF", riff, b"WAVEfmt ", 16, 1, format.channels, rate, rate * frame, frame, 16, b"data", size)
    return struct.pack("<4sI8sIHHIIHH4sI", *fields)
