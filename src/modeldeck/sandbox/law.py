"""G.711, the telephone's 8 bits a sample."""

from __future__ import annotations

from array import array
from functools import cache
from sys import byteorder
from typing import Literal

_BIAS, _CLIP = 0x84, 32635


class Law:
    """Encodes 16-bit samples that may be cut anywhere."""

    def __init__(self, name: Literal["mulaw", "alaw"]) -> None:
        self._table = _mulaw() if name == "mulaw" else _alaw()
        self._half = b""

    def feed(self, data: bytes) -> bytes:
        pcm = self._half + data
        cut = len(pcm) - len(pcm) % 2
        self._half = pcm[cut:]
        samples = array("H", pcm[:cut])
        if byteorder == "big":
            samples.byteswap()
        return bytes([self._table[sample] for sample in samples])

    def finish(self) -> bytes:
        return b""


@cache
def _mulaw() -> bytes:
    """By sample, as 16 bits without a sign (ITU-T G.711)."""
    return bytes(_mulaw_of(sample - 65536 if sample > 32767 else sample) for sample in range(65536))


@cache
def _alaw() -> bytes:
    return bytes(_alaw_of(sample - 65536 if sample > 32767 else sample) for sample in range(65536))


def _mulaw_of(sample: int) -> int:
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = magnitude >> (exponent + 3) & 0x0F
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | mantissa) & 0xFF


def _alaw_of(sample: int) -> int:
    magnitude = (sample if sample >= 0 else -sample - 1) >> 3
    exponent = max(0, magnitude.bit_length() - 5)
    mantissa = magnitude >> max(1, exponent) & 0x0F
    return ((0x80 if sample >= 0 else 0) | exponent << 4 | mantissa) ^ 0x55
