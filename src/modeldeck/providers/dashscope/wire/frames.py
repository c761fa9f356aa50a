"""What the three protocols share: extra settings, audio formats, usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from modeldeck._wire.frames import count_of
from modeldeck.tts.response import AudioFormat, TTSUsage


def merged(sent: dict[str, dict[str, Any]], extra: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """`sent` with `extra` put in: its maps of the same name are merged, the rest goes into `parameters`."""
    for name, value in (extra or {}).items():
        if name in sent and isinstance(value, Mapping):
            sent[name].update(cast("Mapping[str, Any]", value))
        else:
            sent["parameters"][name] = value
    return sent


def audio_format(name: str, sample_rate: int) -> AudioFormat:
    """The service's `pcm`, `wav`, `mp3` or `opus` as ours; always mono."""
    return AudioFormat("pcm_s16le" if name == "pcm" else name, sample_rate)


class Bill:
    """Adds up the `usage` objects of one utterance."""

    def __init__(self) -> None:
        self._counts = {"characters": 0, "input_tokens": 0, "output_tokens": 0}

    def add(self, usage: Mapping[str, Any]) -> None:
        for name in self._counts:
            self._counts[name] += count_of(usage.get(name))

    def total(self) -> TTSUsage | None:
        """None while nothing was billed. Older models count tokens and say 0 characters."""
        if not any(self._counts.values()):
            return None
        characters, tokens_in, tokens_out = self._counts.values()
        return TTSUsage(input_tokens=tokens_in, output_tokens=tokens_out, characters=characters or None)


def usage_of(usage: Mapping[str, Any]) -> TTSUsage | None:
    """One `usage` object; None when it bills nothing."""
    bill = Bill()
    bill.add(usage)
    return bill.total()
