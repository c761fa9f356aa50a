"""Speech into a file, however long it is."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from modeldeck.errors import ParameterError, UnsupportedError
from modeldeck.tts.assemble import true_head
from modeldeck.tts.delivery import suffix
from modeldeck.tts.response import AudioFormat, TTSResponse, TTSUsage
from modeldeck.tts.speech import Speech
from modeldeck.tts.wav import HEADER_BYTES, wav_header

_PCM = "pcm_s16le"


@dataclass(frozen=True, slots=True)
class SavedSpeech:
    """What was written. `duration` in seconds, None where the encoding does not tell."""

    path: Path
    bytes: int
    format: AudioFormat | None
    duration: float | None
    first_audio: float | None
    usage: TTSUsage | None


# What a file's name says is in it, best first. Raw PCM and WAV are each other's with the header put on or taken off.
_WAVE = ("wav", _PCM, "wav_mulaw", "wav_alaw", "mulaw", "alaw")
_NAMES: dict[str, tuple[str, ...]] = {
    ".wav": _WAVE,
    ".wave": _WAVE,
    ".pcm": (_PCM, "wav"),
    ".raw": (_PCM, "wav"),
    ".ogg": ("ogg", "opus"),
    ".oga": ("ogg", "opus"),
    **{
        f".{name}": (name,) for name in ("mp3", "opus", "flac", "aac", "m4a", "aiff", "aif", "amr", "au", "webm", "wma")
    },
}


def encodings_of(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Encodings that may stand in a file of that name, best first; empty where the name says nothing of audio."""
    return _NAMES.get(Path(path).suffix.lower(), ())


async def save(
    increments: AsyncIterable[TTSResponse], path: str | os.PathLike[str] | Callable[[str], Path]
) -> SavedSpeech:
    """Write the increments to `path`; a WAV, MP3 or FLAC gets its true sizes. The file appears when it is complete.

    `path`: of what kind the file is, its suffix says; or what makes a path of the suffix that suits the audio
    (`.wav`, `.mp3` ...). OSError when it cannot be written, UnsupportedError when there is no audio, ParameterError
    when the audio cannot be what the suffix says; what stood at `path` before is then still there.
    """
    if callable(path):
        first, increments = await _peeked(increments)
        form = first.format if first is not None else None
        path = path(f".{suffix(form.encoding)}" if form is not None else ".wav")
    target = Path(path)
    if isinstance(increments, Speech):
        increments.into(encodings_of(target))
    content = _Content(target)
    with _replacing(target) as file:
        async for increment in increments:
            file.write(content.of(increment))
        if not content.size:
            raise UnsupportedError("the text gave no audio; nothing was written")
        if (head := content.head()) and file.seekable():
            file.seek(0)
            file.write(head)
    last = content.last
    return SavedSpeech(target, content.size, content.format, content.duration, last.first_audio, last.usage)


class _Content:
    """What goes into the file, and what is known of it: `size` in bytes, `format`, the `last` increment."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self.format: AudioFormat | None = None
        self.last = TTSResponse()
        self._path = path
        self._native: AudioFormat | None = None
        self._samples: int | None = 0

    @property
    def duration(self) -> float | None:
        """Seconds; None where the encoding does not tell."""
        return self._samples / self.format.sample_rate if self.format and self._samples is not None else None

    def of(self, increment: TTSResponse) -> bytes:
        """The bytes for the file. Raises ParameterError."""
        self.last = increment
        if not (data := increment.audio):
            return b""
        if increment.samples is None or self._samples is None:
            self._samples = None
        else:
            self._samples += increment.samples
        if self._native is None and increment.format is not None:
            self._native, self.format = increment.format, self._kind(increment.format, increment.samples is not None)
        if self._native != self.format and self.format is not None and increment.samples is not None:
            samples = data[len(data) - increment.samples * (self.format.frame_bytes or 0) :]
            wanted = self.format.encoding.startswith("wav") and not self.size
            data = (wav_header(self.format, None) if wanted else b"") + samples
        self.size += len(data)
        return data

    def head(self) -> bytes:
        """What belongs at the start of the complete file."""
        if self._native == self.format:
            return true_head(self.last, self.size)
        wrapped = self.format is not None and self.format.encoding.startswith("wav")
        return wav_header(self.format, self.size - HEADER_BYTES) if self.format and wrapped else b""

    def _kind(self, native: AudioFormat, counted: bool) -> AudioFormat:
        names = encodings_of(self._path)
        if not names or native.encoding == names[0]:
            return native
        if counted and names[0] in ("wav", _PCM) and native.encoding in ("wav", _PCM):
            return replace(native, encoding=names[0])
        if native.encoding in ("mulaw", "alaw") and native.encoding in names:
            return replace(native, encoding=f"wav_{native.encoding}")
        if native.encoding in names and names[0] != _PCM:
            return native
        message = (
            f"{self._path.name}: the audio is {native.encoding}; name the file .{suffix(native.encoding)}, or ask the "
            f"model for {names[0]}: output=AudioFormat({names[0]!r}, {native.sample_rate})"
        )
        raise ParameterError(message, parameter="path", value=self._path.suffix)


async def _peeked(increments: AsyncIterable[TTSResponse]) -> tuple[TTSResponse | None, AsyncIterable[TTSResponse]]:
    """The first increment, and all of them."""
    rest = aiter(increments)
    first = await anext(rest, None)

    async def everything() -> AsyncIterator[TTSResponse]:
        if first is not None:
            yield first
        async for increment in rest:
            yield increment

    return first, everything()


@contextlib.contextmanager
def _replacing(target: Path) -> Generator[BinaryIO]:
    """A file that takes the place of `target` at the end, or leaves no trace; a pipe or device as it is."""
    if target.exists() and not target.is_file():
        with open(target, "wb") as file:
            yield file
        return
    place = target.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part")
    except OSError as error:  # it names the part
        raise type(error)(error.errno, error.strerror, os.fspath(target)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
        os.chmod(name, place.stat().st_mode if place.exists() else 0o666 & ~_umask())
        os.replace(name, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
