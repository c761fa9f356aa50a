"""What the service's audio formats are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from modeldeck.errors import ParameterError
from modeldeck.providers.azure.parameters import FormatName
from modeldeck.tts.response import AudioFormat
from modeldeck.tts.wav import wav_header

PCM = "pcm_s16le"
_RATES = {"8khz": 8000, "16khz": 16000, "24khz": 24000, "48khz": 48000}
_CODECS = {"pcm": PCM, "mulaw": "mulaw", "alaw": "alaw", "truesilk": "silk", "mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class Format:
    """`name`: what is asked of the service; `audio`: what leaves; `head`: what we put before what comes.

    `byte_rate`: of a second, where all seconds have as many.

    A WAV file's header is ours: the WebSocket has none to give (the SDK asks for raw audio too), and HTTP would hold
    the whole file back to fill it in. That of G.711 is made where the audio leaves.
    """

    name: str
    audio: AudioFormat
    head: bytes = b""
    byte_rate: int | None = None

    def seconds(self, received: int) -> float | None:
        """Of so many bytes from the service; None: they do not tell."""
        return received / self.byte_rate if self.byte_rate else None


def _read(name: str) -> Format:
    """`opus` is in Ogg; `webm` is Opus in WebM; `raw_opus` is packets without a container, as the SDK calls it."""
    first, *parts = name.split("-")
    if first in ("amr", "g722"):
        return Format(name, AudioFormat("amr_wb" if first == "amr" else first, 16000))
    rate = _RATES.get(parts[0]) or int(parts[0].removesuffix("hz"))
    codec = parts[-1]
    if codec == "opus":
        return Format(name, AudioFormat({"ogg": "opus", "webm": "webm"}.get(first, "raw_opus"), rate))
    byte_rate = _byte_rate(codec, rate, parts[1])
    if first != "riff":
        return Format(name, AudioFormat(_CODECS[codec], rate), byte_rate=byte_rate)
    asked = name.replace("riff", "raw", 1)
    if codec != "pcm":
        return Format(asked, AudioFormat(f"wav_{codec}", rate), byte_rate=byte_rate)
    wav = AudioFormat("wav", rate)
    return Format(asked, wav, wav_header(wav, None), byte_rate)


def _byte_rate(codec: str, rate: int, detail: str) -> int | None:
    """`detail`: the name's second part, which has the bit rate of MP3."""
    if codec == "mp3":
        return int(detail.removesuffix("kbitrate")) * 125
    return {"pcm": 2 * rate, "mulaw": rate, "alaw": rate}.get(codec)


FORMATS: Mapping[str, Format] = {name: _read(name) for name in get_args(FormatName)}
_DEFAULT = get_args(FormatName)[0]  # where not even the parameters' own default is left
_BEST: dict[AudioFormat, Format] = {}
for _format in FORMATS.values():  # of one codec and rate, the first is the one of the highest bit rate
    _BEST.setdefault(_format.audio, _format)


def gives(target: AudioFormat) -> bool:
    """Whether the service has a format that is this."""
    return target in _BEST


def encoding_of(parameters: Mapping[str, Any]) -> str | None:
    """What leaves when nothing but these parameters says it."""
    found = FORMATS.get(str(parameters.get("format") or _DEFAULT))
    return None if found is None else found.audio.encoding


def format_of(parameters: Mapping[str, Any], output: AudioFormat | None) -> Format:
    """What to ask for: `output` if it is given, else what the parameters say. Raises ParameterError."""
    if output is None:
        name = parameters.get("format") or _DEFAULT
        found = FORMATS.get(str(name))
        if found is None:  # newer than this table, and the caller insists on it
            raise ParameterError(f"format {name!r} is none that is known here", parameter="format", value=name)
        return found
    if output not in _BEST:
        raise ParameterError(f"Azure Speech has no format that is {output}", parameter="output", value=output)
    return _BEST[output]
