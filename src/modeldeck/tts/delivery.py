"""What goes out: as the model gives it, or as the caller asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldeck.errors import ParameterError
from modeldeck.tts.response import AudioFormat

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard


@dataclass(frozen=True, slots=True)
class Delivery:
    """`wav`: raw PCM leaves as a WAV stream. `target`: what was asked for, made of `source`, which the model gives."""

    wav: bool = True
    source: AudioFormat | None = None
    target: AudioFormat | None = None


def delivery_of(model: str, card: TTSModelCard | None, output: Any) -> Delivery:
    """As `output` asks, else raw PCM as WAV unless the card says otherwise. Raises ParameterError."""
    if output is None:
        types = card.output_types if card is not None else ["audio/wav"]
        return Delivery(wav=not types[0].startswith("audio/pcm"))
    if not isinstance(output, AudioFormat):
        message = f"output must be an AudioFormat, like AudioFormat('pcm_s16le', 24000), not {output!r}"
        raise ParameterError(message, parameter="output")
    from modeldeck.tts import convert

    if card is None:
        return convert.planned(model, None, output)
    rates = card.parameter_schema.get("properties", {}).get("sample_rate", {}).get("enum", ())
    return convert.planned(model, card.audio, output, rates)
