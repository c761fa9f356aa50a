"""WAV files of 16-bit PCM, written and read as streams; of G.711, written."""

from __future__ import annotations

import struct

from modeldeck.errors import ProtocolError
from modeldeck.tts.response import AudioFormat

HEADER_BYTES = 44
_OPEN = 0xFFFFFFFF  # what streaming writers put where the size is not known yet
_LONGEST = 65536  # bytes of chunks before the samples
_PCM, _EXTENSIBLE = 1, 0xFFFE
_FOREIGN = -1
# Tag and bits of a sample; 6 and 7 are WAVE_FORMAT_ALAW and WAVE_FORMAT_MULAW of mmreg.h.
_KINDS = {"wav": (_PCM, 16), "pcm_s16le": (_PCM, 16), "wav_alaw": (6, 8), "wav_mulaw": (7, 8)}
_AFTER = (b"LIST", b"id3 ", b"ID3 ", b"fact", b"cue ", b"bext", b"iXML", b"smpl", b"_PMX")  # chunks behind samples


def wav_header(format: AudioFormat, data_bytes: int | None) -> bytes:
    """The header for `wav`, `wav_mulaw` or `wav_alaw`; `data_bytes=None` leaves the sizes open, as a stream must."""
    size = _OPEN if data_bytes is None or data_bytes > _OPEN - 36 else data_bytes
    riff = size if size == _OPEN else size + 36
    kind, bits = _KINDS[format.encoding]
    frame = bits // 8 * format.channels
    rate = format.sample_rate
    fields = (b"RIFF", riff, b"WAVEfmt ", 16, kind, format.channels, rate, rate * frame, frame, bits, b"data", size)
    return struct.pack("<4sI8sIHHIIHH4sI", *fields)


class Samples:
    """Takes a WAV cut anywhere, or several in a row, gives whole samples; what is no WAV passes as it is.

    `format`: the header's, once it was read. Another file begins where a piece begins with its header, or where the
    one before ends by its size; a size that turns out too small is taken for open.
    """

    def __init__(self, format: AudioFormat, *, others: bool = False) -> None:
        """`format`: until a header says otherwise. `others`: a WAV of anything but 16-bit PCM passes as it is, too."""
        self.format = format
        self._others = others
        self._held = b""  # the beginning of a header, or what may be one
        self._half = b""
        self._reading = False  # a header was read
        self._through = False
        self._left: int | None = None  # bytes of samples to the end of the file; None: open
        self._skip = 0  # bytes of a chunk that is none of ours

    def feed(self, data: bytes) -> bytes:
        """The samples in `data`. Raises ProtocolError for a WAV of anything but 16-bit PCM, unless `others`."""
        if self._through:
            return data
        data, self._held = self._held + data, b""
        found: list[bytes] = []
        while data:
            if self._skip:
                cut = min(self._skip, len(data))
                self._skip -= cut
                data = data[cut:]
            elif _may_begin(data):
                begin = self._begin(data)
                if begin is None:
                    break
                if begin == _FOREIGN:
                    return data
                data = data[begin:]
            elif not self._reading:
                self._through = True
                return data
            elif self._left == 0:
                if not self._behind(data):
                    break
            else:
                cut = len(data) if self._left is None else min(self._left, len(data))
                self._left = None if self._left is None else self._left - cut
                found.append(self._whole(data[:cut]))
                data = data[cut:]
        return b"".join(found)

    def rest(self) -> bytes:
        """What was held back because a header might have come."""
        held, self._held = self._held, b""
        if not self._reading:
            self._through = True
            return held
        return b"" if self._left == 0 or len(held) >= 12 else self._whole(held)

    def _whole(self, data: bytes) -> bytes:
        frame = self.format.frame_bytes or 1
        data = self._half + data
        cut = len(data) - len(data) % frame
        self._half = data[cut:]
        return data[:cut]

    def _begin(self, data: bytes) -> int | None:
        """Where the samples of the file at the start of `data` begin, or _FOREIGN; None when more is needed."""
        begin = self._header(data) if len(data) >= 12 else None
        if begin is None and len(data) <= _LONGEST:
            self._held = data
        elif begin is None:
            return self._foreign("a WAV file without samples")
        return begin

    def _header(self, data: bytes) -> int | None:
        at, form = 12, None
        while len(data) >= at + 8:
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"data":
                return self._opened(form, size, at + 8)
            if name == b"fmt " and len(data) >= at + 8 + size and size >= 16:
                kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
                if kind == _EXTENSIBLE and size >= 26:
                    (kind,) = struct.unpack_from("<H", data, at + 32)
                if kind != _PCM or bits != 16 or not channels or not rate:
                    return self._foreign(f"a WAV file of format {kind} with {bits} bits; 16-bit PCM was expected")
                form = AudioFormat("pcm_s16le", rate, channels)
            at += 8 + size + size % 2
        return None

    def _opened(self, form: AudioFormat | None, size: int, begin: int) -> int:
        if form is None:
            return self._foreign("a WAV file that does not say what its samples are")
        if self._reading and form != self.format:
            raise ProtocolError(f"the audio changed from {self.format} to {form} in mid-stream")
        self.format, self._reading = form, True
        self._half = b""
        self._left = size if 0 < size < _OPEN else None
        return begin

    def _foreign(self, what: str) -> int:
        """Nothing is taken off a file that is not ours to read."""
        if self._reading or not self._others:
            raise ProtocolError(f"the provider sent {what}")
        self._through = True
        return _FOREIGN

    def _behind(self, data: bytes) -> bool:
        """Settle what `data`, behind the end that the header told, is; False when more is needed."""
        if len(data) < 12:
            self._held = data
            return False
        name, size = struct.unpack_from("<4sI", data)
        if name in _AFTER:
            self._skip = 8 + size + size % 2
        else:
            self._left = None
        return True


def _may_begin(data: bytes) -> bool:
    """`data` begins with the header of a WAV, or with the beginning of one."""
    return b"RIFF".startswith(data[:4]) and b"WAVE".startswith(data[8:12])
