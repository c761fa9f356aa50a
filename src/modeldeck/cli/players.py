"""What can make sound on this machine: the package miniaudio, or a player found on PATH."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import queue
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modeldeck.errors import UnsupportedError

if TYPE_CHECKING:
    from modeldeck.tts import AudioFormat, TTSResponse

_AHEAD = 5.0  # seconds of audio that may wait for miniaudio's thread


class Player(Protocol):
    @property
    def name(self) -> str: ...

    async def play(self, increments: AsyncIterator[TTSResponse]) -> None:
        """Returns when the last sample was heard. Raises UnsupportedError."""
        ...


def find() -> Player:
    """The first that is there. Raises UnsupportedError."""
    if importlib.util.find_spec("miniaudio") is not None:
        return _Miniaudio()
    for name, arguments in _STREAMING.items():
        if path := shutil.which(name):
            return _Program(name, path, arguments)
    if path := shutil.which("afplay"):
        return _FilePlayer("afplay", path)
    names = ", ".join(_STREAMING)
    raise UnsupportedError(
        f"nothing here can play sound: `pip install miniaudio`, or install one of {names}; or write a file: -o"
    )


def _paplay(form: AudioFormat) -> list[str]:
    return ["--raw", "--format=s16le", f"--rate={form.sample_rate}", f"--channels={form.channels}"]


def _aplay(form: AudioFormat) -> list[str]:
    return ["-q", "-t", "raw", "-f", "S16_LE", "-r", str(form.sample_rate), "-c", str(form.channels), "-"]


def _ffplay(form: AudioFormat) -> list[str]:
    return ["-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"]


_STREAMING: dict[str, Callable[[AudioFormat], list[str]]] = {
    "paplay": _paplay,
    "aplay": _aplay,
    "ffplay": _ffplay,  # alone takes every encoding, header and all
}


async def _samples(increments: AsyncIterator[TTSResponse]) -> AsyncGenerator[tuple[AudioFormat, bytes], None]:
    """Raw samples. Raises UnsupportedError for compressed audio."""
    first = True
    async for increment in increments:
        if not increment.audio or increment.format is None:
            continue
        if increment.format.frame_bytes is None:
            message = f"this player takes no {increment.format.media_type}; install ffplay, or write a file: -o"
            raise UnsupportedError(message)
        header = _header(increment) if first and increment.format.encoding == "wav" else 0
        first = False
        yield increment.format, increment.audio[header:]


def _header(increment: TTSResponse) -> int:
    """Bytes before the samples of a WAV stream's first increment."""
    if increment.samples is not None and increment.format is not None:
        return len(increment.audio) - increment.samples * (increment.format.frame_bytes or 0)
    return increment.audio.find(b"data", 0, 4096) + 8  # a provider's own


@dataclass(frozen=True)
class _Program:
    """A program that plays what comes on its standard input."""

    name: str
    path: str
    arguments: Callable[[AudioFormat], list[str]]

    async def play(self, increments: AsyncIterator[TTSResponse]) -> None:
        if self.name == "ffplay":
            pieces = ((one.format, one.audio) async for one in increments if one.format is not None)
        else:
            pieces = _samples(increments)
        first = await anext(pieces, None)
        if first is None:
            return
        async with _running(self.name, [self.path, *self.arguments(first[0])]) as pipe:
            pipe.write(first[1])
            await pipe.drain()
            async for _, data in pieces:
                pipe.write(data)
                await pipe.drain()


@dataclass(frozen=True)
class _FilePlayer:
    """A program that plays files only: everything is spoken before it starts."""

    name: str
    path: str

    async def play(self, increments: AsyncIterator[TTSResponse]) -> None:
        from modeldeck.tts.save import save

        with tempfile.TemporaryDirectory(prefix="modeldeck-") as folder:
            saved = await save(increments, lambda suffix: Path(folder, f"speech{suffix}"))
            async with _running(self.name, [self.path, os.fspath(saved.path)]):
                pass


@asynccontextmanager
async def _running(name: str, command: list[str]) -> AsyncGenerator[asyncio.StreamWriter, None]:
    """The program's standard input. Waits for its end; kills it when we are interrupted."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=pipe,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=pipe,
        start_new_session=os.name == "posix",  # Ctrl-C is for us
    )
    assert process.stdin is not None
    assert process.stderr is not None
    complaints = asyncio.get_running_loop().create_task(process.stderr.read())
    try:
        try:
            yield process.stdin
            process.stdin.close()
            await process.stdin.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            pass  # its exit code and its own words say why
        code = await process.wait()
        said = (await complaints).decode(errors="replace").strip()
        if code:
            raise UnsupportedError(f"{name} could not play (exit code {code}){': ' + said if said else ''}")
    finally:
        complaints.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


class _Miniaudio:
    """Plays on a thread of miniaudio's, which asks for as many frames as it needs."""

    name = "miniaudio"

    def __init__(self) -> None:
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._put = self._taken = 0  # bytes; the one is the loop's, the other the thread's
        self._ended = False
        self._over = False
        self._changed = asyncio.Event()

    async def play(self, increments: AsyncIterator[TTSResponse]) -> None:
        library = import_module("miniaudio")
        self._loop = asyncio.get_running_loop()
        device: Any = None
        try:
            async for form, data in _samples(increments):
                self._put += len(data)
                self._pieces.put(data)
                if device is None:
                    device = self._start(library, form)
                bytes_per_second = form.sample_rate * (form.frame_bytes or 2)
                while self._put - self._taken > _AHEAD * bytes_per_second:
                    await self._change()
            self._ended = True
            while device is not None and not self._over:
                await self._change()
        except library.MiniaudioError as error:
            raise UnsupportedError(f"miniaudio could not play: {error.args[0]}") from None
        finally:
            if device is not None:
                device.close()

    def _start(self, library: Any, form: AudioFormat) -> Any:
        device = library.PlaybackDevice(
            output_format=library.SampleFormat.SIGNED16,
            nchannels=form.channels,
            sample_rate=form.sample_rate,
            app_name="modeldeck",
        )
        frame = 2 * form.channels
        tail = device.buffersize_msec * form.sample_rate // 1000 * frame
        frames = self._frames(frame, tail)
        next(frames)
        device.start(frames)
        return device

    def _frames(self, frame: int, tail: int) -> Generator[bytes, int, None]:
        """What the device asks for; silence where nothing is there yet, and `tail` bytes of it at the end."""
        held = bytearray()
        wanted = (yield b"") * frame
        while True:
            ended = self._ended  # before looking: what was put before the end is then found
            while len(held) < wanted and not self._pieces.empty():
                held += self._pieces.get()
            data = bytes(held[:wanted])
            del held[:wanted]
            self._taken += len(data)
            if ended and not data:
                tail -= wanted
                self._over = tail <= 0
            self._loop.call_soon_threadsafe(self._changed.set)
            wanted = (yield data.ljust(wanted, b"\0")) * frame

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
