"""What goes out: as the model gives it, or as the caller asked."""

from __future__ import annotations

from dataclasses import dataclass

from modeldeck.tts.response import AudioFormat


@dataclass(frozen=True, slots=True)
class Delivery:
    """`wav`: raw PCM leaves as a WAV stream. `target`: what was asked for, made of `source`, which the model gives."""

    wav: bool = True
    source: AudioFormat | None = None
    target: AudioFormat | None = None
