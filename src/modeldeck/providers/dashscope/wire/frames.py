"""What the three protocols share: JSON, base64, audio formats, usage."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, cast

from modeldeck.providers.dashscope.wire.errors import unreadable
from modeldeck.tts.response import AudioFormat, TTSUsage


def encoded(frame: Mapping[str, Any]) -> str:
    """As JSON, every character as itself."""
    return json.dumps(frame, ensure_ascii=False)


def decoded(frame: str | bytes) -> dict[str, Any]:
    """The object that `frame` holds. Raises ProtocolError."""
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        raise unreadable(f"{_sample(frame)}, which is no JSON") from None
    if not isinstance(value, dict):
        raise unreadable(f"{_sample(frame)}, which is no JSON object")
    return cast("dict[str, Any]", value)


def _sample(frame: str | bytes) -> str:
    return repr(frame) if len(frame) <= 60 else f"{frame[:60]!r}..."


def merged(sent: dict[str, dict[str, Any]], extra: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """`sent` with `extra` put in: its maps of the same name are merged, the rest goes into `parameters`."""
    for name, value in (extra or {}).items():
        if name in sent and isinstance(value, Mapping):
            sent[name].update(cast("Mapping[str, Any]", value))
        else:
            sent["parameters"][name] = value
    return sent


def part(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The object at that path; empty when there is none."""
    found: Any = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def audio_bytes(data: Any) -> bytes:
    """The bytes of one base64 text. Raises ProtocolError when it is not whole."""
    try:
        return b64decode(data, validate=True)
    except (ValueError, TypeError):
        raise unreadable("audio that is no whole base64") from None


def audio_format(name: str, sample_rate: int) -> AudioFormat:
    """The service's `pcm`, `wav`, `mp3` or `opus` as ours; always mono."""
    return AudioFormat("pcm_s16le" if name == "pcm" else name, sample_rate)


def text_of(value: Any) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


class Bill:
    """Adds up the `usage` objects of one utterance."""

    def __init__(self) -> None:
        self._counts = {"characters": 0, "input_tokens": 0, "output_tokens": 0}

    def add(self, usage: Mapping[str, Any]) -> None:
        for name in self._counts:
            self._counts[name] += _count(usage.get(name))

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


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
