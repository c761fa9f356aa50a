"""Raw samples out of what may begin with a WAV header."""

from __future__ import annotations

import struct

from modeldeck.providers.dashscope.wire.errors import unreadable
from modeldeck.tts.response import AudioFormat

_LONGEST = 65536  # bytes of chunks before the samples
_PCM, _EXTENSIBLE = 1, 0xFFFE


class Samples:
    """Takes bytes cut anywhere, gives 16-bit PCM; `format` is the header's where there is one."""

    def __init__(self, format: AudioFormat) -> None:
        self.format = format
        self._held: bytes | None = b""  # None: the samples have begun

    def feed(self, data: bytes) -> bytes:
        """The samples in `data`. Raises ProtocolError for a WAV of anything but 16-bit PCM."""
        if self._held is None:
            return data
        self._held += data
        if not b"RIFF".startswith(self._held[:4]):
            return self.rest()
        if len(self._held) < 12:
            return b""
        if self._held[8:12] != b"WAVE":
            return self.rest()
        begin = self._header(self._held)
        if begin is None:
            if len(self._held) > _LONGEST:
                raise unreadable("a WAV file without samples")
            return b""
        return self.rest()[begin:]

    def rest(self) -> bytes:
        """What was held back because a header might have come."""
        held, self._held = self._held or b"", None
        return held

    def _header(self, data: bytes) -> int | None:
        """Where the samples begin; None when more is needed."""
        at = 12
        while len(data) >= at + 8:
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"data":
                return at + 8
            if name == b"fmt " and len(data) >= at + 24:
                kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
                if kind not in (_PCM, _EXTENSIBLE) or bits != 16 or not channels or not rate:
                    raise unreadable(f"a WAV file of format {kind} with {bits} bits; 16-bit PCM was expected")
                self.format = AudioFormat("pcm_s16le", rate, channels)
            at += 8 + size + size % 2
        return None
