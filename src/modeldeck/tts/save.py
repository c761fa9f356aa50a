"""Speech into a file, however long it is."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from modeldeck.errors import UnsupportedError
from modeldeck.tts.assemble import true_head
from modeldeck.tts.response import AudioFormat, TTSResponse, TTSUsage


@dataclass(frozen=True, slots=True)
class SavedSpeech:
    """What was written. `duration` in seconds, None where the encoding does not tell."""

    path: Path
    bytes: int
    format: AudioFormat | None
    duration: float | None
    first_audio: float | None
    usage: TTSUsage | None


async def save(increments: AsyncIterable[TTSResponse], path: str | os.PathLike[str]) -> SavedSpeech:
    """Write the increments to `path`; a WAV, MP3 or FLAC gets its true sizes. The file appears when it is complete.

    OSError when it cannot be written, UnsupportedError when there is no audio; what stood at `path` before is then
    still there.
    """
    target = Path(path)
    size, samples, last = 0, 0, TTSResponse()
    timed = True
    with _replacing(target) as file:
        async for increment in increments:
            if increment.audio:
                file.write(increment.audio)
                size += len(increment.audio)
                timed = timed and increment.samples is not None
                samples += increment.samples or 0
            last = increment
        if not size:
            raise UnsupportedError("the text gave no audio; nothing was written")
        form = last.format
        if (head := true_head(last, size)) and file.seekable():
            file.seek(0)
            file.write(head)
    duration = samples / form.sample_rate if form and timed else None
    return SavedSpeech(target, size, form, duration, last.first_audio, last.usage)


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
