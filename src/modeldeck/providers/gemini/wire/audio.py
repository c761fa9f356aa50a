"""What the service says of its audio: MIME types as they were seen, and what is asked for.

2.5: `audio/L16;codec=pcm;rate=24000`; 3.1: `audio/l16; rate=24000; channels=1` (google-genai and Home Assistant
issues, 2025 and 2026); 3.8 sends `audio/wav` unless asked otherwise or streamed. L16 is little-endian here, whatever
RFC 2586 says.
"""

from __future__ import annotations

from typing import Any

from modeldeck.providers.gemini.wire.errors import SERVICE
from modeldeck.tts.response import AudioFormat

PCM = AudioFormat("pcm_s16le", 24000)
TELEPHONE = {name: AudioFormat(name, 8000) for name in ("mulaw", "alaw")}  # 8 kHz whatever rate is asked for
# What `responseFormat.audio.mimeType` takes, by the parameter `format`.
ASKED = {"pcm": "AUDIO_L16", "wav": "AUDIO_WAV", "mulaw": "AUDIO_MULAW", "alaw": "AUDIO_ALAW"}
_RATE = 24000  # Hz, documented for all but the telephone's encodings
_ENCODINGS = {
    "l16": "pcm_s16le",
    "pcm": "pcm_s16le",
    "x-l16": "pcm_s16le",
    "wav": "wav",
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "mulaw": "mulaw",
    "x-mulaw": "mulaw",
    "pcmu": "mulaw",
    "basic": "mulaw",
    "alaw": "alaw",
    "x-alaw": "alaw",
    "pcma": "alaw",
    "mpeg": "mp3",
    "mp3": "mp3",
    "ogg": "opus",
    "opus": "opus",
}


def asked(format: Any) -> str:
    """What to ask for; one that is not known here by its own name."""
    return ASKED.get(str(format)) or f"AUDIO_{format}".upper()


def audio_format(mime: str) -> AudioFormat | None:
    """The format that a MIME type names, parameters in any order and case; None when it is no audio.

    Raises ProtocolError where it says something that cannot be.
    """
    kind, *rest = (part.strip().lower() for part in mime.split(";"))
    family, _, name = kind.partition("/")
    if family != "audio":
        return None
    told = {key.strip(): value.strip().strip('"') for key, _, value in (part.partition("=") for part in rest)}
    encoding = _ENCODINGS.get(name, name)
    if encoding == "pcm_s16le" and told.get("codec", "pcm") not in ("pcm", "l16", "pcm_s16le"):
        raise SERVICE.unreadable(f"audio of the type {mime!r}: another codec than raw PCM")
    default = TELEPHONE[encoding].sample_rate if encoding in TELEPHONE else _RATE
    return AudioFormat(encoding, _number(mime, told.get("rate"), default), _number(mime, told.get("channels"), 1))


def _number(mime: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1_000_000:
        raise SERVICE.unreadable(f"audio of the type {mime[:80]!r}")
    return int(text)
