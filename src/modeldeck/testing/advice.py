"""What is checked of speech, each failure in words that say what the provider did, what is expected and where to
change it."""

from __future__ import annotations

import pickle
from array import array
from base64 import b64decode
from collections.abc import Iterable, Sequence
from sys import byteorder
from typing import Any

from modeldeck.errors import ModelDeckError
from modeldeck.sandbox.voice import numbered
from modeldeck.testing.expectations import ANY, Fails
from modeldeck.testing.rows import Row
from modeldeck.tts import TTSResponse

_LAP = 65536
_OPEN = 0x7FFFFFFF - 44  # sizes from here on are read as "up to the end"
NO_AUDIO = "the provider ended without any audio"  # what the base says of a hook that gave nothing
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def expect(right: object, advice: str) -> None:
    """Fail with that advice unless `right`."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(advice)


def pcm(parts: Iterable[TTSResponse]) -> bytes:
    """Raw samples, WAV headers taken off."""
    return b"".join(part.audio[44:] if part.audio.startswith(b"RIFF") else part.audio for part in parts)


def numbers(parts: Iterable[TTSResponse]) -> list[int]:
    """The sandbox's numbered samples; an odd byte at the end is an error."""
    data = pcm(parts)
    expect(
        len(data) % 2 == 0,
        f"{len(data)} bytes are no whole number of 16-bit samples: yield `Audio` with all the bytes that came (the "
        "base puts split samples together), and the encoding that they really have",
    )
    return _numbers(data)


def _numbers(data: bytes) -> list[int]:
    found = array("H", data)
    if byteorder == "big":
        found.byteswap()
    return found.tolist()


def check_order(row: Row, found: list[int], units: Sequence[int], *, used: bool | None = False) -> None:
    """`found` is `units` (numbers of samples) one after the other, or their beginning.

    Each unit begins at 0 (on a connection of its own) or where the last one ended; `used`: or where an earlier call
    left off that had the connection before (None: perhaps).
    """
    __tracebackhide__ = True
    at, last = 0, -1
    for unit in units:
        part = found[at : at + unit]
        if not part:
            break
        begins = used is not False or part[0] in (0, (last + 1) % _LAP)
        expect(begins, _misplaced(row, at, part[0], last))
        expected = _numbers(numbered(part[0], len(part)))
        if part != expected:
            wrong = next(place for place, (one, other) in enumerate(zip(part, expected, strict=True)) if one != other)
            raise AssertionError(_misplaced(row, at + wrong, part[wrong], part[wrong - 1]))
        at, last = at + unit, part[-1]
    expect(len(found) <= sum(units), counted(row, len(found), sum(units)))


def _misplaced(row: Row, at: int, found: int, before: int) -> str:
    gap = (found - before - 1) % _LAP
    if before < 0:
        what = f"began its speech with sample {found} of the service's"
    elif gap < _LAP // 2:
        what = f"lost {gap} samples after sample {at}"
    else:
        what = f"delivered sample {found} after sample {before}: again, or out of order,"
    return (
        f"{row.name} {what} ({row.id}): the service numbers its samples. Yield each `Audio` once, as it arrives, in "
        "its order, and nothing of another call's"
    )


def counted(row: Row, found: int, expected: int) -> str:
    message = f"{row.name} delivered {found} samples ({row.id}), and {expected} were spoken at {row.rate} Hz"
    rate = round(row.rate * found / expected) if expected else 0
    if rate != row.rate and any(abs(rate - one) <= 1 for one in _RATES):
        return (
            f"{message}: that many are right for {rate} Hz. Let the card's `audio.sample_rate` and the `AudioFormat` "
            "that the class yields say the rate at which the service speaks (or the Row its `rate`)"
        )
    if found < expected:
        return f"{message}: the end is missing. Yield all audio up to the service's word that it is over"
    return f"{message}: some of it came twice, or another text's. Never yield again what was yielded before"


def check_offsets(row: Row, parts: Sequence[TTSResponse]) -> None:
    """`samples` and `offset` tell the truth of every increment."""
    __tracebackhide__ = True
    heard = 0
    for part in parts:
        if part.samples is not None:
            expect(
                len(pcm([part])) == 2 * part.samples,
                f"{row.name}: a response says {part.samples} samples and has {len(pcm([part]))} bytes of them "
                f"({row.id})",
            )
            expect(
                part.offset == heard or not part.audio,
                f"{row.name}: a response says offset {part.offset} where {heard} samples had come ({row.id})",
            )
            heard += part.samples


def check_last(row: Row, parts: Sequence[TTSResponse]) -> None:
    """Exactly one response is the last, and it comes last."""
    __tracebackhide__ = True
    found = [part.is_last for part in parts]
    expect(
        found == [False] * (len(parts) - 1) + [True],
        f"{row.name} gave {len(parts)} responses, of which {found.count(True)} say `is_last` ({row.id}): exactly the "
        "last one does. Fill the hook `_speak` (or `_converse`, ending each utterance with `UtteranceEnd`) and the "
        "base finds it; a class that overrides `synthesize` sets it itself",
    )


def check_rate(row: Row, parts: Sequence[TTSResponse]) -> None:
    """The rate that is said is the one of the card."""
    __tracebackhide__ = True
    rates = {part.format.sample_rate for part in parts if part.audio and part.format is not None}
    expect(
        rates <= {row.rate},
        f"{row.name} says that its audio has {', '.join(map(str, sorted(rates)))} Hz, its card (or Row) says "
        f"{row.rate} ({row.id}): whoever plays it at the wrong one hears a wrong voice. Yield `Audio` with the rate "
        "that the service sends, and let the card's `audio.sample_rate` say the same",
    )


def check_content(row: Row, parts: Sequence[TTSResponse]) -> None:
    """`content`, as AgentScope reads it, is the same bytes in base64, and its type says what they are."""
    __tracebackhide__ = True
    for part in parts:
        encoding = part.format.encoding if part.format is not None else ""
        expect(
            not part.audio.startswith(b"RIFF") or encoding.startswith("wav"),
            f"{row.name}: a response of {encoding or 'no format'} begins with the header of a WAV ({row.id}), which is "
            "heard as a click: yield `Audio` with the encoding `wav` where the service sends a header",
        )
        content = part.content
        source: Any = content.source if content is not None else None
        expect(
            (source is None) is (not part.audio),
            f"{row.name}: a response with {len(part.audio)} bytes of audio has {'no' if source is None else 'a'} "
            f"`content` ({row.id}): give `TTSResponse` its `audio` and `format`, and leave `content` to it",
        )
        if source is not None and part.format is not None:
            expect(
                b64decode(source.data, validate=True) == part.audio and source.media_type == part.format.media_type,
                f"{row.name}: `content` of a response is not its audio in base64 as {part.format.media_type} "
                f"({row.id}): give `TTSResponse` its `audio` and `format`, and leave `content` to it",
            )


def check_sizes(row: Row, parts: Sequence[TTSResponse]) -> None:
    """The header of a WAV says how much audio follows: what a whole one has, and nothing certain of a streamed one."""
    __tracebackhide__ = True
    data = b"".join(part.audio for part in parts)
    if not data.startswith(b"RIFF"):
        return
    said, true = int.from_bytes(data[40:44], "little"), len(data) - 44
    expect(
        said == true or (len(parts) > 1 and said >= _OPEN),
        f"{row.name}: the header of a WAV says {said} bytes of audio, and {true} follow ({row.id}): players stop there "
        "then. Yield `Audio` as it comes, header and all, with the encoding `wav`, or raw samples as `pcm_s16le`: "
        "sizes are the base's",
    )


def check_error(error: BaseException | None, row: Row, expected: Fails, what: str) -> None:
    """The right error of the tree, with what the service said about it. `what`: went wrong."""
    __tracebackhide__ = True
    kinds = expected.error if isinstance(expected.error, tuple) else (expected.error,)
    wanted = " or ".join(kind.__name__ for kind in kinds)
    expect(
        error is not None,
        f"{row.name} swallowed an error: the service's fault was {what!r}, and the call ended as if all was well "
        f"({row.id}). Raise {wanted}; never catch and go on, and read on to the frame that ends the speech",
    )
    expect(
        NO_AUDIO not in str(error),
        f"{row.name} swallowed an error: the service's fault was {what!r}, and the hook ended without audio and "
        f"without an error ({row.id}); the base found nothing to deliver. Raise {wanted}, with what the service said",
    )
    expect(
        isinstance(error, kinds),
        f"{row.name} raised {error!r} where {what!r} must end in {wanted} ({row.id}): map it where the answer is read "
        "(`Service` of modeldeck.kit does it by status and code)",
    )
    assert isinstance(error, ModelDeckError)
    for part in (*expected.says, expected.waits):
        expect(part in str(error), f"{row.name}: {what!r} is to say {part!r}, and says: {error} ({row.id})")
    _check_details(error, row, expected, what)
    if expected.audio:
        expect(
            "of audio had come" in str(error),
            f"{row.name}: {what!r} after audio is to say how much had come, and says: {error} ({row.id}): let the "
            "hook raise, the base adds it",
        )
    check_error_pickles(error, row)


_TODO = {
    "provider": "leave it to the base, or give the class's `provider`",
    "retryable": "say in the error whether the same call may work a moment later",
    "status": "give the error the `status` of the answer",
    "code": "give the error the service's own `code`",
    "retry_after": "give the error the seconds of the answer's Retry-After",
}


def _check_details(error: ModelDeckError, row: Row, expected: Fails, what: str) -> None:
    __tracebackhide__ = True
    for name, todo in _TODO.items():
        found = getattr(error, name)
        wanted = row.suite.provider if name == "provider" else getattr(expected, name)
        expect(
            wanted is ANY or found == wanted,
            f"{row.name}: the {type(error).__name__} of {what!r} has {name}={found!r}, not {wanted!r} ({row.id}): "
            f"{todo}",
        )
    if expected.request_id is not None:
        expect(
            expected.request_id == bool(error.request_id),
            f"{row.name}: the {type(error).__name__} of {what!r} has {'no' if expected.request_id else 'a'} request id "
            f"({row.id}): give the error the `request_id` of the answer's header, body or frame (yield `Identity` as "
            "soon as it is known); a service that has none is said with `request_ids = False` in the suite",
        )


def check_error_pickles(error: ModelDeckError, row: Row) -> None:
    __tracebackhide__ = True
    try:
        copy: Any = pickle.loads(pickle.dumps(error))
    except Exception as problem:
        raise AssertionError(
            f"{row.name}: a {type(error).__name__} cannot be pickled ({problem}): its attributes are to be plain "
            "values; a class of your own takes its message first"
        ) from None
    same = (type(copy), str(copy), copy.status) == (type(error), str(error), error.status)
    expect(same, f"{row.name}: a pickled {type(error).__name__} comes back as {copy!r}")


def check_count(row: Row, parts: Iterable[TTSResponse], wanted: int, what: str) -> None:
    """So many samples, whatever their numbers."""
    __tracebackhide__ = True
    found = len(numbers(parts))
    expect(found == wanted, f"{what}: {counted(row, found, wanted)}")


def check_utterances(row: Row, parts: Iterable[TTSResponse], wanted: int) -> None:
    """Each utterance has one response that ends it."""
    __tracebackhide__ = True
    found = [part.is_last for part in parts].count(True)
    expect(
        found == wanted,
        f"{row.name} ended {found} utterances of {wanted} ({row.id}): answer every `Flush` of the inbox with one "
        "`UtteranceEnd`, when all audio of the text before it has been yielded, also where there was none",
    )


def check_sent(row: Row, found: str | None, wanted: str) -> None:
    """The text reached the service as it is. `found` None: nobody looked."""
    __tracebackhide__ = True
    expect(
        found is None or found == wanted,
        f"{row.name} sent the text {found!r}, and was given {wanted!r} ({row.id}): send every character as it came, "
        "encoded by a library (json, xml), and let `texts` of the suite find what was sent",
    )


def check_untouched(row: Row, requests: Sequence[Any], what: str) -> None:
    """Nothing went to the service."""
    __tracebackhide__ = True
    expect(
        not requests,
        f"{row.name} asked the service about what is refused before any traffic: {what} ({row.id}). Leave "
        "`synthesize`, `session` and the constructor to the base, which check first",
    )


def unanswered(row: Row, error: BaseException) -> str:
    """A conversation that waits for something that never comes."""
    return (
        f"{row.name} waits for ever in a conversation ({row.id}; {type(error).__name__} {error}): every item of the "
        "inbox is answered. `Flush`: speak what is left, then yield `UtteranceEnd`, also where there was nothing; "
        "`Commit`: have what is there spoken now; `Clear`: yield `Cleared`"
    )
