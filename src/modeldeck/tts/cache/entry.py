"""One utterance when it is kept: the provider's audio and timings, as bytes that tell whether they are whole."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from modeldeck.tts.hook import Audio, Identity, SentenceBegin, SpeechEvent, Told, Transcript
from modeldeck.tts.response import AudioFormat, SentenceTiming, TTSUsage, WordTiming

_MAGIC = b"modeldeck speech 1\n"
_SIZES = struct.Struct(">IQ")  # of the description and of the audio, in bytes
_DIGEST = 32
_PIECE = 1 << 15  # bytes: pieces of audio that came smaller are put together up to here


class Broken(ValueError):
    """These bytes are no whole entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`events` as the provider's hook gave them, without what was billed and whose request it was.

    `created`: seconds since 1970. `size`: bytes of audio.
    """

    events: tuple[SpeechEvent, ...]
    created: float
    size: int


def entry_of(events: Iterable[SpeechEvent], created: float) -> Entry:
    """What of `events` is kept."""
    kept = tuple(_kept(events))
    return Entry(kept, created, sum(len(one.data) for one in kept if isinstance(one, Audio)))


def _kept(events: Iterable[SpeechEvent]) -> Iterator[SpeechEvent]:
    waiting: list[Audio] = []
    for event in events:
        match event:
            case Audio():
                if waiting and (event.format != waiting[0].format or sum(len(one.data) for one in waiting) >= _PIECE):
                    yield _joined(waiting)
                    waiting = []
                waiting.append(event)
            case WordTiming() | SentenceTiming() | SentenceBegin() | Transcript():
                if waiting:
                    yield _joined(waiting)
                    waiting = []
                yield event
            case TTSUsage() | Identity() | Told():
                pass
            case _:
                assert_never(event)
    if waiting:
        yield _joined(waiting)


def _joined(pieces: list[Audio]) -> Audio:
    return pieces[0] if len(pieces) == 1 else Audio(b"".join(one.data for one in pieces), pieces[0].format)


def encoded(entry: Entry, key: str) -> bytes:
    """The entry of `key` as bytes: a description in JSON, the audio, and the digest of both."""
    description = {"key": key, "created": entry.created, "events": [_described(event) for event in entry.events]}
    about = json.dumps(description, separators=(",", ":")).encode()
    audio = b"".join(one.data for one in entry.events if isinstance(one, Audio))
    head = _MAGIC + _SIZES.pack(len(about), len(audio))
    return b"".join((head, hashlib.sha256(about + audio).digest(), about, audio))


def decoded(data: bytes, key: str) -> Entry:
    """Raises Broken for what is not whole, or not the entry of `key`."""
    begin = len(_MAGIC) + _SIZES.size + _DIGEST
    if len(data) < begin or not data.startswith(_MAGIC):
        raise Broken("no entry")
    length, size = _SIZES.unpack_from(data, len(_MAGIC))
    content = memoryview(data)[begin:]
    if len(content) != length + size or hashlib.sha256(content).digest() != data[begin - _DIGEST : begin]:
        raise Broken("torn")
    try:
        description = json.loads(bytes(content[:length]))
        if description["key"] != key:
            raise Broken("another's")
        events = tuple(_restored(description["events"], content[length:]))
        return Entry(events, float(description["created"]), size)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise Broken(f"not understood: {error}") from None


def _described(event: SpeechEvent) -> list[Any]:
    match event:
        case Audio(data=data, format=form):
            return ["audio", len(data), form.encoding, form.sample_rate, form.channels]
        case WordTiming():
            return ["word", event.text, event.start, event.end, event.begin_index, event.end_index]
        case SentenceTiming():
            return ["timed sentence", event.text, event.start, event.end, event.begin_index, event.end_index]
        case SentenceBegin():
            return ["sentence"]
        case Transcript():
            return ["transcript", event.text]
        case _:
            raise TypeError(f"{type(event).__name__} is not kept")


def _restored(described: list[list[Any]], audio: memoryview) -> Iterator[SpeechEvent]:
    at = 0
    for kind, *details in described:
        match kind:
            case "audio":
                size, encoding, sample_rate, channels = details
                yield Audio(bytes(audio[at : at + size]), AudioFormat(encoding, sample_rate, channels))
                at += size
            case "word":
                yield WordTiming(*details)
            case "timed sentence":
                yield SentenceTiming(*details)
            case "sentence":
                yield SentenceBegin()
            case _:
                yield Transcript(*details)
