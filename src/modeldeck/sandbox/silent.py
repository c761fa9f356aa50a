"""Files of silence, for where no encoder is installed: MP3 (ISO/IEC 11172-3, 13818-3) and Ogg Opus (RFC 7845)."""

from __future__ import annotations

import struct
from functools import cache

# Header bits of the version, kbit/s, bytes of side information, samples of a frame; layer III, mono.
_MPEG_RATES = (44100, 48000, 32000)
_OPUS_SILENCE = b"\xf8\xff\xfe"  # 20 ms, CELT, full band, mono


class SilentMp3:
    """As long as the PCM that is fed: frames of 32 kbit/s without any sound in them."""

    def __init__(self, sample_rate: int) -> None:
        version = next(shift for shift in (0, 1, 2) if sample_rate << shift in _MPEG_RATES)
        index = _MPEG_RATES.index(sample_rate << version)
        bits = (0b11, 0b10, 0b00)[version]
        bitrate = 0b0001 if version == 0 else 0b0100  # 32 kbit/s in both tables
        size = (144 if version == 0 else 72) * 32000 // sample_rate
        head = struct.pack(
            ">I", 0x7FF << 21 | bits << 19 | 0b01 << 17 | 1 << 16 | bitrate << 12 | index << 10 | 0b11 << 6
        )
        self._frame = head.ljust(size, b"\0")
        self._samples = 1152 if version == 0 else 576
        self._waiting = 0

    def feed(self, data: bytes) -> bytes:
        frames, self._waiting = divmod(self._waiting + len(data) // 2, self._samples)
        return self._frame * frames

    def finish(self) -> bytes:
        return self._frame if self._waiting else b""


class SilentOpus:
    """As long as the PCM that is fed, in pages of 20 ms."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._samples = 0
        self._pages = 0
        self._granule = 0

    def feed(self, data: bytes) -> bytes:
        pages = [] if self._pages else self._opening()
        self._samples += len(data) // 2
        while (self._granule + 960) * self._rate < self._samples * 48000:  # the last one waits for finish()
            pages.append(self._audio(0))
        return b"".join(pages)

    def finish(self) -> bytes:
        return self._audio(4) if self._pages else b""

    def _audio(self, flags: int) -> bytes:
        self._granule += 960
        return self._page(_OPUS_SILENCE, flags)

    def _opening(self) -> list[bytes]:
        head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, self._rate, 0, 0)
        return [self._page(head, 2), self._page(struct.pack("<8sI9sI", b"OpusTags", 9, b"modeldeck", 0), 0)]

    def _page(self, packet: bytes, flags: int) -> bytes:
        fields = (b"OggS", 0, flags, self._granule, 1, self._pages, 0, 1, len(packet))
        page = struct.pack("<4sBBqIIIBB", *fields) + packet
        self._pages += 1
        return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    """CRC-32 as RFC 3533 has it: polynomial 0x04c11db7, nothing reflected, from 0."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _table()[value >> 24 ^ byte]
    return value


@cache
def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        value <<= 24
        for _ in range(8):
            value = value << 1 ^ (0x104C11DB7 if value & 0x80000000 else 0)
        table.append(value)
    return tuple(table)
