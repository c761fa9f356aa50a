"""The server's side of the speech WebSockets: strict, and understood by our client."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._wire.acts import End, Speak
from modeldeck.providers.azure.wire.frames import read_frame
from modeldeck.providers.azure.wire.speech import Act, Begin, Fail, SpeechClient, SpeechServer, configuration
from modeldeck.tts.hook import Audio, Identity, UtteranceEnd
from modeldeck.tts.response import WordTiming
from tests.wire.azure import golden

AVA = "en-US-AvaMultilingualNeural"
SETTINGS = {"voice": AVA, "format": "raw-24khz-16bit-mono-pcm", "word_timestamps": True}
CONFIG, CONTEXT, SSML = golden.SDK_CONFIG, golden.SDK_CONTEXT, golden.SDK_SSML


def server(*frames: str, streaming: bool = True) -> SpeechServer:
    made = SpeechServer(lambda name: name == AVA, streaming=streaming)
    for frame in frames:
        assert not [act for act in made.receive(frame) if isinstance(act, Fail)]
    return made


def acts(one: SpeechServer, *frames: str | bytes) -> list[Act]:
    return [act for frame in frames for act in one.receive(frame)]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_turn_of_the_sdk(streaming: bool) -> None:
    one = server(streaming=streaming)
    begin, *rest = acts(one, CONFIG, golden.SDK_CONTEXT_WORDS, SSML)
    assert isinstance(begin, Begin)
    turn = begin.turn
    assert (turn.id, turn.format, turn.words, turn.visemes, turn.session_end, turn.streaming, turn.voice) == (
        golden.TURN,
        "raw-24khz-16bit-mono-pcm",
        True,
        False,
        True,
        False,
        AVA,
    )
    assert rest == [Speak(golden.SDK_TEXT), End()]
    assert acts(one, golden.SDK_TELEMETRY, "X:y\r\nPath:unknown\r\n\r\n", b"\x00\x08Path:x\r\n") == []
    one.started()
    one.finished(1.0)
    again = CONTEXT.replace(golden.TURN, "0" * 32), SSML.replace(golden.TURN, "0" * 32)
    assert len(acts(one, *again)) == 3


def test_streamed_text_of_the_sdk() -> None:
    one = server(CONFIG, golden.SDK_STREAM[0])
    found = acts(one, *golden.SDK_STREAM[1:])
    assert isinstance(found[0], Begin)
    assert found[0].turn.streaming
    assert found[1:] == [Speak("Hello there."), Speak(" How <b>"), End()]


def test_a_turn_without_text() -> None:
    one = server(CONFIG, golden.SDK_STREAM[0])
    begin, end = acts(one, golden.SDK_STREAM[-1])
    assert isinstance(begin, Begin)
    assert end == End()


@pytest.mark.parametrize(
    ("before", "frame", "says"),
    [
        ([], CONTEXT, "Unexpected message synthesis.context"),
        ([], SSML, "Unexpected message ssml"),
        ([CONFIG], SSML, "Unexpected message ssml"),
        ([CONFIG, CONTEXT], CONTEXT, "Unexpected message synthesis.context"),
        ([CONFIG, CONTEXT, SSML], CONTEXT, "Unexpected message"),
        ([CONFIG, CONTEXT], golden.SDK_STREAM[1], "bidirectionalStreamingMode"),
        ([CONFIG, golden.SDK_STREAM[0]], SSML, "no SSML"),
        ([], "no headers", "has no headers"),
        ([], CONFIG.replace("X-Timestamp", "X-Time"), "X-Timestamp"),
        ([], CONFIG.replace("{", "", 1), "JSON"),
        ([CONFIG], CONTEXT.replace(golden.TURN, golden.TURN.upper()), "X-RequestId"),
        ([CONFIG], CONTEXT.replace("X-RequestId", "x-requestid"), "X-RequestId"),
        ([CONFIG], CONTEXT.replace("raw-24khz", "raw-25khz"), "Unsupported output format raw-25khz-16bit-mono-pcm."),
        ([CONFIG], CONTEXT.replace('"visemeEnabled":false', '"visemeEnabled":1'), "true or false"),
        ([CONFIG], golden.SDK_STREAM[0].replace('"1.2"', "1.2"), "are texts"),
        ([CONFIG], golden.SDK_STREAM[0].replace(AVA, "Nobody"), "Unsupported voice Nobody."),
        ([CONFIG, CONTEXT], SSML.replace(golden.TURN, "0" * 32), "another turn"),
        ([CONFIG, CONTEXT], SSML.replace("application/ssml+xml", "text/plain"), "Content-Type"),
        ([CONFIG, CONTEXT], SSML.replace(f"name='{AVA}'", "name='Nobody'"), "Unsupported voice Nobody."),
        ([CONFIG, CONTEXT], SSML.replace("</voice>", ""), "is invalid"),
    ],
)
def test_what_it_does_not_take(before: list[str], frame: str, says: str) -> None:
    (found,) = server(*before).receive(frame)
    assert isinstance(found, Fail)
    assert found.code == 1007
    assert says in found.reason


def test_names_are_taken_as_they_are_written() -> None:
    assert server().receive(CONFIG.replace("Path", "path")) == []  # a message without a path


def test_streamed_text_is_for_version_2() -> None:
    (found,) = server(CONFIG, streaming=False).receive(golden.SDK_STREAM[0])
    assert isinstance(found, Fail)
    assert "websocket/v2" in found.reason


def test_its_messages_are_as_the_golden_ones() -> None:
    one = server(CONFIG, golden.SDK_CONTEXT_WORDS, SSML)
    words = one.words((WordTiming("It", 0.05, 0.25),))
    frames: list[str | bytes] = [*one.started(), one.audio(b"12"), *words, one.audio(b""), *one.finished(0.25)]
    wanted = [frame for frame in golden.SERVICE_TURN if "Viseme" not in str(frame)]
    wanted.remove(wanted[4])  # the second chunk
    for frame, other in zip(map(read_frame, frames), map(read_frame, wanted), strict=True):
        assert list(frame.headers) == list(other.headers)
        assert {**frame.headers, "X-StreamId": ""} == {**other.headers, "X-StreamId": ""}
    assert json.loads(read_frame(words[0]).body) == json.loads(read_frame(wanted[3]).body)


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=20), st.booleans())
def test_both_sides_together(chunks: list[bytes], streamed: bool) -> None:
    client, one = SpeechClient(SETTINGS), server(configuration("1"))
    frames = [client.begin(), client.piece("Hello "), client.piece("you."), client.end()]
    if not streamed:
        client = SpeechClient(SETTINGS)
        frames = client.whole("Hello you.")
    begin, said, end = acts(one, *frames)
    assert isinstance(begin, Begin)
    assert (said, end) == (Speak("Hello you."), End())
    timings = (WordTiming("Hello", 0.1, 0.2, 0, 5), WordTiming("you", 0.3, 0.5, 6, 9))
    sent: list[str | bytes] = [*one.started(), *one.words(timings), *map(one.audio, [*chunks, b""]), *one.finished(1.0)]
    found = [event for frame in sent for event in client.receive(frame)]
    assert found[0] == Identity(response_id=begin.turn.tag)
    assert [event for event in found if isinstance(event, WordTiming)] == list(timings)
    assert b"".join(event.data for event in found if isinstance(event, Audio)) == b"".join(chunks)
    assert found[-1] == UtteranceEnd()
    assert client.ignored == 0


@given(st.lists(st.text(max_size=40) | st.binary(max_size=40) | st.sampled_from([CONFIG, CONTEXT, SSML])))
def test_garbage_ends_in_a_close_or_in_nothing(frames: list[str | bytes]) -> None:
    one = server()
    for frame in frames:
        found = one.receive(frame)
        if any(isinstance(act, Fail) for act in found):
            return
