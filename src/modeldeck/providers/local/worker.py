"""The speech engine's own process: frames in on stdin, audio frames out on stdout.

Runs as `python -I -S -u worker.py <library> <data folder>`, without anything of modeldeck and with modules
that start in a millisecond (hence `_thread` and `_signal`). A frame is length, job, kind and payload. One job
is spoken at a time, first come first served; a second thread reads, so that CANCEL reaches a job at work.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from _thread import allocate_lock, start_new_thread

_signal = __import__("_signal")  # `import signal` costs 5 ms (enum); type stubs do not know this one

FRAME = struct.Struct("<IIB")  # payload length, job, kind
# rate, pitch, volume, word gap, flags, size of the voice; voice and text follow
SAY = struct.Struct("<hhhhBH")
AS_SSML, ALONE = 1, 2  # flags; alone: no other stream uses this worker, so it may speak for any time
WORD = struct.Struct("<iiI")  # position (1-based code point), length, milliseconds
SPEAK, CANCEL, LIST = 1, 2, 3
READY, BEGIN, CHUNK, WORDS, DONE, UNKNOWN_VOICE, FAILED, VOICES = 10, 11, 12, 13, 14, 15, 16, 17

SAMPLE_RATE = 22050
CHUNK_MS = 100
MAX_SECONDS = 1200  # of a piece that others wait behind: plain text stays far below, SSML pauses may not
SYNCHRONOUS, DONT_EXIT = 2, 0x8000  # espeak_AUDIO_OUTPUT, espeakINITIALIZE_…: speak_lib.h of 1.52
UTF8, SSML, END_PAUSE = 1, 0x10, 0x1000  # espeakCHARS_UTF8, espeakSSML, espeakENDPAUSE
RATE, VOLUME, PITCH, WORD_GAP = 1, 2, 3, 7  # espeak_PARAMETER
WORD_EVENT = 1


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("id", _Id),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


Row = tuple[str, str, str, list[str], int, list[str], bool]
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Inbox:
    """The jobs that wait, in order, and the numbers of those that were called off."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.jobs: dict[int, tuple[int, bytes]] = {}
        self.current = 0
        self.cancelled: set[int] = set()
        self._filled = allocate_lock()
        self._filled.acquire()

    def read(self) -> None:
        """Take frames until the input closes, then end the process."""
        try:
            while True:
                length, job, kind = FRAME.unpack(self._exactly(FRAME.size))
                payload = self._exactly(length)
                if kind == CANCEL:
                    self._cancel(job)
                else:
                    self.jobs[job] = (kind, payload)
                    if self._filled.locked():
                        self._filled.release()
        finally:
            os._exit(0)

    def next(self) -> tuple[int, bytes]:
        """The oldest job: its kind and payload; its number is `current` from now on."""
        while not self.jobs:
            self._filled.acquire()
        self.cancelled.discard(self.current)
        self.current = next(iter(self.jobs))
        return self.jobs.pop(self.current)

    def _cancel(self, job: int) -> None:
        if len(self.cancelled) > 100:  # numbers only grow: what is past needs no mark
            self.cancelled = {number for number in self.cancelled if number >= self.current}
        self.cancelled.add(job)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = os.read(self.fd, min(size - len(parts), 1 << 20))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)


def listed(library: ctypes.CDLL, data: str) -> list[Row]:
    """The engine's voices and variants: (id, file, name, codes, gender, aliases, is variant).

    An id is the voice's first language code in lower case, its file name where an earlier voice has the code.
    Voices whose dictionary is not in the data folder are left out: they are silent.
    """
    files = set(os.listdir(data))
    voices = [entry for entry in _list(library, None) if _has_dictionary(data, files, entry[1])]
    ids: list[str] = []
    taken: set[str] = set()
    for _, path, codes, _ in voices:
        first = codes[0][1].lower()
        ids.append(path.rsplit("/", 1)[-1].lower() if first in taken else first)
        taken.add(ids[-1])
    claims: list[tuple[int, int, str]] = []
    for index, (_, path, codes, _) in enumerate(voices):
        claims += [(priority, index, code.lower()) for priority, code in codes]
        claims.append((255, index, path.rsplit("/", 1)[-1].lower()))
    aliases: list[list[str]] = [[] for _ in voices]
    for _, index, code in sorted(claims):
        if code not in taken:
            taken.add(code)
            aliases[index].append(code)
    table: list[Row] = [
        (ids[i], path, name, [code for _, code in codes], gender, aliases[i], False)
        for i, (name, path, codes, gender) in enumerate(voices)
    ]
    wanted = _Voice(languages=ctypes.cast(ctypes.c_char_p(b"variant"), ctypes.c_void_p))
    for name, path, _, gender in _list(library, ctypes.byref(wanted)):
        file = path.split("/", 1)[1]  # "!v/f3"
        table.append((file, file, name, [], gender, [], True))
    return table


def _list(library: ctypes.CDLL, wanted: object) -> list[tuple[str, str, list[tuple[int, str]], int]]:
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    entries = library.espeak_ListVoices(wanted)
    found: list[tuple[str, str, list[tuple[int, str]], int]] = []
    for index in range(10_000):
        if not entries[index]:
            break
        voice = entries[index].contents
        name = voice.name.decode("utf-8", "replace").strip()
        path = voice.identifier.decode("utf-8", "replace")
        found.append((name, path, _codes(voice.languages), voice.gender))
    return found


def _codes(address: int | None) -> list[tuple[int, str]]:
    """(priority, code) pairs: a priority byte and a string, repeated, then a zero byte."""
    codes: list[tuple[int, str]] = []
    while address and (priority := ctypes.string_at(address, 1)[0]):
        code = ctypes.string_at(address + 1)
        codes.append((priority, code.decode("ascii", "replace")))
        address += len(code) + 2
    return codes


def _has_dictionary(data: str, files: set[str], path: str) -> bool:
    base = path.rsplit("/", 1)[-1].split("-")[0].lower()
    if base + "_dict" in files:
        return True
    with open(os.path.join(data, "lang", *path.split("/")), encoding="utf-8", errors="replace") as lines:
        named = [line.split()[1] for line in lines if line.startswith("dictionary ")]
    return any(name + "_dict" in files for name in named)


class Speaker:
    """The engine itself: speaks one job after the other and writes what it says."""

    def __init__(self, library: ctypes.CDLL, data: str, inbox: Inbox, out: int) -> None:
        self.library, self.inbox, self.out = library, inbox, out
        self.samples = 0
        self.most = 0
        rate = library.espeak_Initialize(SYNCHRONOUS, CHUNK_MS, os.fsencode(data), DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise OSError(f"espeak_Initialize returned {rate}")
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        self.callback = _Callback(self.heard)  # the engine keeps only its address
        library.espeak_SetSynthCallback(self.callback)
        self.table = listed(library, data)
        self.languages: dict[str, str] = {}
        self.variants: set[str] = set()
        for name, path, _, _, _, aliases, variant in self.table:
            if variant:
                self.variants.add(name)
            else:
                self.languages.update(dict.fromkeys([name, *aliases], path))

    def frame(self, kind: int, payload: bytes = b"") -> None:
        rest = memoryview(FRAME.pack(len(payload), self.inbox.current, kind) + payload)
        while rest:
            rest = rest[os.write(self.out, rest) :]

    def heard(self, audio: int | None, count: int, events: ctypes.Array[_Event]) -> int:
        """The engine's callback: passes audio and words on; 1 stops the engine."""
        try:
            words, index = b"", 0
            while events[index].type:
                event = events[index]
                if event.type == WORD_EVENT:
                    words += WORD.pack(event.position, event.length, max(event.milliseconds, 0))
                index += 1
            if words:
                self.frame(WORDS, words)
            if audio and count > 0:
                self.samples += count
                self.frame(CHUNK, ctypes.string_at(audio, 2 * count))
            return int(self.stopped() or self.samples > self.most)
        except BaseException:  # nobody listens any more
            os._exit(0)

    def stopped(self) -> bool:
        return self.inbox.current in self.inbox.cancelled

    def file_of(self, voice: str) -> str | None:
        """The name that the engine understands, None when its lists do not have it (it would ignore that)."""
        language, plus, variant = voice.partition("+")
        if language not in self.languages or (plus and variant not in self.variants):
            return None
        return self.languages[language] + plus + variant

    def say(self, payload: bytes) -> None:
        rate, pitch, volume, gap, asked, size = SAY.unpack_from(payload)
        text = payload[SAY.size + size :] + b"\0"
        name = self.file_of(payload[SAY.size : SAY.size + size].decode("utf-8", "replace"))
        if name is None:
            return self.frame(UNKNOWN_VOICE)
        self.frame(BEGIN)
        problem = self.library.espeak_SetVoiceByName(name.encode())
        for parameter, value in ((RATE, rate), (PITCH, pitch), (VOLUME, volume), (WORD_GAP, gap)):
            self.library.espeak_SetParameter(parameter, value, 0)
        flags = UTF8 | END_PAUSE | (SSML if asked & AS_SSML else 0)
        self.samples = 0
        self.most = sys.maxsize if asked & ALONE else MAX_SECONDS * SAMPLE_RATE
        if not problem:
            problem = self.library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, flags, None, None)
        if self.samples > self.most:
            return self.frame(FAILED, f"it speaks longer than {MAX_SECONDS} s".encode())
        if problem and not self.stopped():
            return self.frame(FAILED, f"espeak-ng error {problem}".encode())
        return self.frame(DONE)

    def voices(self) -> None:
        lines: list[str] = []
        for name, _, label, codes, gender, aliases, variant in self.table:
            kind = "variant" if variant else "voice"
            lines.append("\t".join((name, label, ",".join(codes), str(gender), ",".join(aliases), kind)))
        self.frame(VOICES, "\n".join(lines).encode())
        self.frame(DONE)

    def run(self) -> None:
        self.frame(READY)
        while True:
            kind, payload = self.inbox.next()
            if self.stopped():
                self.frame(DONE)
            elif kind == SPEAK:
                self.say(payload)
            else:
                self.voices()


def main() -> None:
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    out = os.dup(1)
    os.dup2(2, 1)  # what the engine prints must not land between frames
    inbox = Inbox(0)
    start_new_thread(inbox.read, ())
    try:
        Speaker(ctypes.CDLL(sys.argv[1]), sys.argv[2], inbox, out).run()
    except BaseException as error:
        message = f"{type(error).__name__}: {error}".encode("utf-8", "replace")
        try:
            os.write(out, FRAME.pack(len(message), 0, FAILED) + message)
        except OSError:
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
