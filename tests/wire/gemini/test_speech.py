"""Gemini's answers: whole, streamed, cut anywhere, early ends, both sides."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    ConnectionFailedError,
    ContentRefusedError,
    ModelDeckError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.gemini.wire import speech
from modeldeck.tts.hook import Audio, Identity
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.wav import wav_header
from tests.wire.gemini import golden

PCM = AudioFormat("pcm_s16le", 24000)
SAMPLES = bytes([0, 0, 1, 0, 2, 0])


def read(*pieces: bytes) -> list[Any]:
    answer = speech.SpeechAnswer()
    return [event for piece in pieces for event in answer.feed(piece)] + answer.end()


def heard(events: list[Any]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Audio))


def event(data: bytes = SAMPLES, mime: str | None = "audio/l16", finish: str | None = "STOP", **more: Any) -> bytes:
    inline = {"data": base64.b64encode(data).decode(), **({"mimeType": mime} if mime else {})}
    candidate = {"content": {"parts": [{"inlineData": inline}]}, **({"finishReason": finish} if finish else {})}
    return f"data: {json.dumps({'candidates': [candidate], **more})}\n\n".encode()


def test_golden_answers() -> None:
    assert read(golden.ANSWER_25.encode()) == [Identity(response_id="qL3f"), Audio(SAMPLES, PCM), TTSUsage(5, 40)]
    assert read(golden.STREAM_31.encode()) == [
        Identity(response_id="qL3f"),
        Audio(SAMPLES, PCM),
        Audio(b"\x03\x00\x04\x00", PCM),
        TTSUsage(5, 40),
    ]


@given(st.sets(st.integers(1, len(golden.STREAM_31) - 1), max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_stream_cut_anywhere(cuts: set[int], newline: str) -> None:
    data = golden.STREAM_31.replace("\r\n", newline).encode()
    places = [0, *sorted(cuts), len(data)]
    assert heard(read(*(data[begin:end] for begin, end in pairwise(places)))) == bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0])


@given(st.sets(st.integers(1, len(golden.ANSWER_25) - 1), max_size=20), st.sampled_from(["", "\n", "\ufeff"]))
def test_a_whole_answer_cut_anywhere(cuts: set[int], before: str) -> None:
    data = (before + golden.ANSWER_25).encode()
    places = [0, *sorted(cuts), len(data)]
    assert heard(read(*(data[begin:end] for begin, end in pairwise(places)))) == SAMPLES


def test_a_list_of_answers_is_a_stream_too() -> None:
    """What the service sends when nobody asks for `alt=sse`."""
    answers = [json.loads(line.removeprefix("data: ")) for line in golden.STREAM_31.split("\r\n\r\n") if line]
    assert heard(read(json.dumps(answers, indent=2).encode())) == bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0])


@given(st.binary(min_size=1, max_size=300))
def test_garbage_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(ModelDeckError):
        read(data)


def test_the_last_event_needs_no_blank_line() -> None:
    assert heard(read(event().rstrip())) == SAMPLES


def test_both_alphabets_of_base64() -> None:
    data = bytes([0xFB, 0xFF, 0xBF, 0xFE])
    sent = event(data)
    assert b"+/+/" in sent
    assert heard(read(sent)) == heard(read(sent.replace(b"+/+/", b"-_-_"))) == data


def test_half_a_base64_is_no_audio() -> None:
    with pytest.raises(ProtocolError, match="base64"):
        read(event().replace(b"AAABAAIA", b"AAABAAI"))


@pytest.mark.parametrize("mime", ["audio/wav", "AUDIO/WAV", "audio/l16", None])
def test_the_header_of_a_file_is_taken_off(mime: str | None) -> None:
    file = wav_header(AudioFormat("wav", 16000), len(SAMPLES)) + SAMPLES
    (audio,) = read(event(file, mime))
    assert audio == Audio(SAMPLES, AudioFormat("pcm_s16le", 16000))


def test_a_header_in_pieces() -> None:
    file = wav_header(AudioFormat("wav", 24000), None) + SAMPLES
    pieces = [event(file[at : at + 7], "audio/wav", None) for at in range(0, len(file), 7)]
    assert heard(read(*pieces, event(b"", "audio/wav"))) == SAMPLES


def test_the_telephones_encodings_pass_as_they_are() -> None:
    assert read(event(b"RIFF\x7f\xff", "audio/mulaw")) == [Audio(b"RIFF\x7f\xff", AudioFormat("mulaw", 8000))]


def test_what_is_no_audio_is_counted() -> None:
    answer = speech.SpeechAnswer()
    assert answer.feed(event(b"png", "image/png", None) + b"data: {}\n\n" + event(finish=None)) == [Audio(SAMPLES, PCM)]
    assert answer.ignored == 1


def test_another_format_in_mid_stream_is_refused() -> None:
    with pytest.raises(ProtocolError, match="8000"):
        read(event(finish=None), event(mime="audio/l16;rate=8000"))


def test_usage_is_the_last_that_was_told() -> None:
    first, last = {"promptTokenCount": 5}, {"promptTokenCount": 5, "candidatesTokenCount": 9}
    events = read(event(finish=None, usageMetadata=first), event(usageMetadata=last))
    assert [one for one in events if isinstance(one, TTSUsage)] == [TTSUsage(5, 9)]


# -- ends


def test_no_finish_reason_is_a_broken_connection() -> None:
    with pytest.raises(ConnectionFailedError, match="broke off") as raised:
        read(event(finish=None, responseId="r1"))
    assert raised.value.request_id == "r1"
    with pytest.raises(ConnectionFailedError):
        read()


def test_audio_after_the_end_is_out_of_its_place() -> None:
    answer = speech.SpeechAnswer()
    assert heard(answer.feed(event())) == SAMPLES
    with pytest.raises(ProtocolError, match="after its end"):
        answer.feed(event(finish=None))


@pytest.mark.parametrize("content", [{}, {"role": "model"}, {"parts": []}, {"parts": [{"text": "Hello!"}]}])
def test_stop_may_come_without_audio_of_its_own(content: dict[str, Any]) -> None:
    end = json.dumps({"candidates": [{"content": content, "finishReason": "STOP"}]})
    assert heard(read(event(finish=None), f"data: {end}\n\n".encode())) == SAMPLES
    with pytest.raises(ProviderError, match="without any audio"):
        read(f"data: {end}\n\n".encode())


@pytest.mark.parametrize(
    ("reason", "kind", "says"),
    [
        ("OTHER", ProviderError, "Split the text, or set delivery to whole"),
        ("MAX_TOKENS", ProviderError, "raise max_output_tokens"),
        ("RECITATION", ProviderError, "recite"),
        ("LANGUAGE", ProviderError, "language"),
        ("MALFORMED_RESPONSE", ProviderError, "Try again"),
        ("SAFETY", ContentRefusedError, "Change the text"),
        ("PROHIBITED_CONTENT", ContentRefusedError, "Change the text"),
        ("BLOCKLIST", ContentRefusedError, "Change the text"),
        ("SPII", ContentRefusedError, "Change the text"),
        ("PUP_LIMITED_DISABLED", PermissionDeniedError, "key"),
        ("SOMETHING_NEW", ProviderError, "before the end"),
    ],
)
def test_an_early_end_is_an_error_behind_its_audio(reason: str, kind: type[ModelDeckError], says: str) -> None:
    answer = speech.SpeechAnswer()
    events = answer.feed(event(finish=None, responseId="r1") + event(finish=reason))
    assert heard(events) == SAMPLES * 2
    with pytest.raises(kind, match=says) as raised:
        answer.end()
    assert (raised.value.code, raised.value.request_id) == (f"finishReason.{reason}", "r1")


def test_an_end_with_its_own_words() -> None:
    candidate = {"finishReason": "SAFETY", "finishMessage": "No."}
    with pytest.raises(ContentRefusedError, match=r"speak this text: No\. "):
        read(f"data: {json.dumps({'candidates': [candidate]})}\n\n".encode())


def test_a_golden_answer_without_audio() -> None:
    with pytest.raises(ProviderError, match="Split the text"):
        read(golden.NO_AUDIO.encode())


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "OTHER"])
def test_a_prompt_that_is_blocked(reason: str) -> None:
    with pytest.raises(ContentRefusedError, match="Change text or instructions"):
        read(json.dumps({"promptFeedback": {"blockReason": reason}}).encode())


@pytest.mark.parametrize("framed", ["data: {}\n\n", "{}"])
def test_an_error_in_the_stream(framed: str) -> None:
    with pytest.raises(RateLimitError) as raised:
        read(framed.replace("{}", golden.THROTTLED.replace("\n", "")).encode())
    assert (raised.value.retry_after, raised.value.status) == (57.238747106, 429)


def test_raw_events_are_shown() -> None:
    shown: list[Any] = []
    answer = speech.SpeechAnswer()
    answer.on_event = shown.append
    answer.feed(golden.STREAM_31.encode())
    assert [one["responseId"] for one in shown] == ["qL3f", "qL3f"]


# -- the server's side


def test_the_servers_stream_is_understood() -> None:
    answer = speech.Answer("m", "Say hi", "audio/l16; rate=24000; channels=1", "r1")
    chunks = [answer.chunk(base64.b64encode(SAMPLES).decode()), answer.stop(2.0)]
    assert read(*(one.encode() for one in chunks)) == [Identity(response_id="r1"), Audio(SAMPLES, PCM), TTSUsage(2, 50)]


def test_the_servers_whole_answer_is_understood() -> None:
    answer = speech.Answer("m", "Say hi", "audio/L16;codec=pcm;rate=24000", "r1")
    whole = answer.whole(base64.b64encode(SAMPLES).decode(), 2.0)
    assert read(json.dumps(whole).encode()) == [Identity(response_id="r1"), Audio(SAMPLES, PCM), TTSUsage(2, 50)]
    golden_keys = json.loads(golden.ANSWER_25)
    assert whole.keys() == golden_keys.keys()
    assert whole["usageMetadata"].keys() == golden_keys["usageMetadata"].keys()
    assert whole["candidates"][0].keys() == golden_keys["candidates"][0].keys()
