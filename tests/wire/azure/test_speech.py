"""The speech WebSockets, the client's side: golden messages, what may be sent and come when, word timings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    ConnectionFailedError,
    ModelDeckError,
    ParameterError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    UnsupportedError,
)
from modeldeck.providers.azure.wire.frames import Message, binary_frame, read_frame, text_frame
from modeldeck.providers.azure.wire.speech import SpeechClient, configuration
from modeldeck.tts.hook import Audio, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, WordTiming
from tests.wire.azure import golden

DEFAULTS = {"voice": "en-US-AvaMultilingualNeural", "format": "raw-24khz-16bit-mono-pcm"}
PCM = AudioFormat("pcm_s16le", 24000)


def client(text: str = golden.SDK_TEXT, **parameters: Any) -> SpeechClient:
    made = SpeechClient({**DEFAULTS, **parameters})
    made.whole(text)
    return made


def written(one: SpeechClient, text: str) -> None:
    one.begin()
    one.piece(text)


def own(one: SpeechClient, frame: str | bytes) -> str | bytes:
    """The golden frame, of this turn."""
    if isinstance(frame, str):
        return frame.replace(golden.TURN, one.request_id).replace(golden.TURN.upper(), one.request_id.upper())
    return frame.replace(golden.TURN.encode(), one.request_id.encode())


def message(one: SpeechClient, path: str, body: str = "{}", **headers: str) -> str:
    return text_frame({"X-RequestId": one.request_id, "Path": path, **headers}, body)


def audio(one: SpeechClient, data: bytes) -> bytes:
    return binary_frame({"X-RequestId": one.request_id, "Path": "audio"}, data)


def word(text: str, at: float, kind: str = "WordBoundary", **more: Any) -> dict[str, Any]:
    said = {"Text": text, "Length": len(text), "BoundaryType": kind}
    return {"Type": "WordBoundary", "Data": {"Offset": round(at * 1e7), "Duration": 1_000_000, "text": said, **more}}


def metadata(one: SpeechClient, *told: dict[str, Any]) -> str:
    return message(one, "audio.metadata", json.dumps({"Metadata": told}))


def same(frame: str, wanted: str) -> None:
    """But for the time, the turn's id and spaces in JSON; headers in their order."""
    found, expected = read_frame(frame), read_frame(wanted)
    assert list(found.headers) == list(expected.headers)
    for name, value in expected.headers.items():
        assert name in ("X-Timestamp", "X-RequestId") or found.headers[name] == value
    assert [len(found.headers[name]) for name in found.headers] == [len(value) for value in expected.headers.values()]
    assert body(found) == body(expected)


def body(one: Message) -> str:
    assert isinstance(one.body, str)
    return json.dumps(json.loads(one.body)) if one.body.startswith("{") else one.body


# -- what is sent


def test_the_first_message_of_a_connection() -> None:
    found, wanted = read_frame(configuration("1.2")), read_frame(golden.SDK_CONFIG)
    assert list(found.headers) == list(wanted.headers)
    assert json.loads(found.body) == {"context": {"system": {"version": "1.2", "name": "modeldeck", "build": "Python"}}}


def test_a_whole_text_as_the_sdk_sends_it() -> None:
    context, ssml = SpeechClient(DEFAULTS).whole(golden.SDK_TEXT)
    same(context, golden.SDK_CONTEXT)
    same(ssml, golden.SDK_SSML)
    assert read_frame(context).header("X-RequestId") == read_frame(ssml).header("X-RequestId")


def test_words_are_asked_for_without_punctuation_marks() -> None:
    context, _ = SpeechClient({**DEFAULTS, "word_timestamps": True}).whole("Hi")
    wanted = golden.SDK_CONTEXT_WORDS
    same(context, wanted.replace('"punctuationBoundaryEnabled":true', '"punctuationBoundaryEnabled":false'))


def test_streamed_text_as_the_sdk_sends_it() -> None:
    settings = {
        "pitch": "+2st",
        "rate": "1.2",
        "volume": "50",
        "style": "cheerful",
        "lexicon": "https://example.com/lexicon.xml",
        "prefer_locales": "en-US,fr-FR",
    }
    one = SpeechClient({**DEFAULTS, **settings})
    sent = [one.begin(), one.piece("Hello "), one.piece("there. How <b>"), one.end()]
    for frame, wanted in zip(sent, golden.SDK_STREAM, strict=True):
        same(frame, wanted)


def test_ssml_goes_out_as_it_is_with_its_bookmarks() -> None:
    context, ssml = SpeechClient({**DEFAULTS, "ssml": True}).whole("<speak>as it is\r\n</speak>")
    assert read_frame(ssml).body == "<speak>as it is\r\n</speak>"
    assert json.loads(read_frame(context).body)["synthesis"]["audio"]["metadataOptions"]["bookmarkEnabled"] is True


def test_a_document_that_is_too_long_is_not_sent() -> None:
    SpeechClient(DEFAULTS).whole("é" * 32_000)
    with pytest.raises(ParameterError, match="is the limit of one request") as caught:
        SpeechClient(DEFAULTS).whole("&" * 14_000)
    assert caught.value.limit == 65536


def test_extra_goes_into_the_synthesis_last() -> None:
    extra = {"audio": {"outputFormat": "x"}, "language": {"autoDetection": True}, "new": 1}
    context, _ = SpeechClient(DEFAULTS, extra=extra).whole("Hi")
    synthesis = json.loads(read_frame(context).body)["synthesis"]
    assert (synthesis["audio"]["outputFormat"], synthesis["language"]["autoDetection"], synthesis["new"]) == (
        "x",
        True,
        1,
    )
    assert "metadataOptions" in synthesis["audio"]


def test_the_output_that_is_asked_for_has_the_last_word() -> None:
    one = SpeechClient(DEFAULTS, AudioFormat("mp3", 48000))
    context, _ = one.whole("Hi")
    assert '"outputFormat": "audio-48khz-192kbitrate-mono-mp3"' in context
    assert one.format.audio == AudioFormat("mp3", 48000)
    with pytest.raises(ParameterError, match="no format"):
        SpeechClient(DEFAULTS, AudioFormat("flac", 48000))
    with pytest.raises(ParameterError, match="none that is known"):
        SpeechClient({**DEFAULTS, "format": "raw-96khz"})


@pytest.mark.parametrize("action", ["whole", "begin", "piece", "end"])
def test_what_may_not_be_sent_now(action: str) -> None:
    one = client()
    with pytest.raises(UnsupportedError, match="a turn that is asked"):
        getattr(one, action)(*["text"] * (action in ("whole", "piece")))


# -- what comes


@pytest.mark.parametrize("frames", [golden.SERVICE_TURN, golden.SERVICE_TURN_OTHERWISE])
def test_a_turn(frames: list[str | bytes]) -> None:
    one = client()
    shown: list[Any] = []
    one.on_event = shown.append
    found = [event for frame in frames for event in one.receive(own(one, frame))]
    assert found == [
        Identity(response_id="7f2b"),
        Audio(golden.PCM[:10], PCM),
        WordTiming("It", 0.05, 0.25, 6, 8),
        Audio(golden.PCM[10:], PCM),
        UtteranceEnd(),
    ]
    assert (one.state, one.received, one.ignored) == ("done", 16, 0)
    assert [event["path"] for event in shown] == ["turn.start", "response", *["audio.metadata"] * 3, "turn.end"]
    assert shown[3]["Metadata"][0]["Data"]["VisemeId"] == 4


def test_what_is_of_no_use_is_ignored() -> None:
    one = client()
    other = SpeechClient(DEFAULTS)
    strange = [message(other, "turn.end"), audio(other, b"12"), message(one, "new.path", "no json"), audio(one, b"")]
    assert [event for frame in strange for event in one.receive(frame)] == []
    assert one.ignored == 3
    one.receive(audio(one, b"12"))
    assert one.receive(message(one, "turn.end", "")) == [UtteranceEnd()]
    assert one.receive(audio(one, b"34")) == []
    assert one.ignored == 4


def test_words_are_found_in_the_text() -> None:
    one = client("It's “<b>” & it's it. 床前")
    told = [
        word("It's", 0.0),
        word(".", 0.1, "PunctuationBoundary"),
        word("&lt;b&gt;", 0.2),
        word("&amp;", 0.3),
        word("it&apos;s", 0.4),
        word("it", 0.5),
        word("elsewhere", 0.6),
        word("床", 0.7),
    ]
    found = one.receive(metadata(one, *told))
    assert [(event.text, event.begin_index, event.end_index) for event in found if isinstance(event, WordTiming)] == [
        ("It's", 0, 4),
        ("<b>", 6, 9),
        ("&", 11, 12),
        ("it's", 13, 17),
        ("it", 18, 20),
        ("elsewhere", None, None),
        ("床", 22, 23),
    ]


def test_words_are_found_in_ssml_but_not_in_its_tags() -> None:
    text = "<speak><voice name='say'>I say &lt;so&gt;</voice></speak>"
    one = client(text, ssml=True)
    found = one.receive(metadata(one, word("I", 0.0), word("say", 0.1), word("&lt;so&gt;", 0.2)))
    places = [text[event.begin_index : event.end_index] for event in found if isinstance(event, WordTiming)]
    assert places == ["I", "say", "&lt;so&gt;"]
    assert isinstance(found[1], WordTiming)
    assert found[1].begin_index == text.index("say &lt;")


def test_an_utterance_goes_on_in_another_turn() -> None:
    settings = {**DEFAULTS, "format": "riff-24khz-16bit-mono-pcm"}
    one = SpeechClient(settings)
    written(one, "One two")
    one.end(goes_on=True)
    (first,) = one.receive(audio(one, bytes(48_000)))
    one.receive(metadata(one, word("two", 0.5)))
    assert one.receive(message(one, "turn.end")) == [UtteranceEnd()]
    two = SpeechClient(settings, after=one)
    written(two, " three")
    assert two.receive(metadata(two, word("three", 0.25))) == [WordTiming("three", 1.25, 1.35, 8, 13)]
    (second,) = two.receive(audio(two, bytes(10)))
    assert isinstance(first, Audio)
    assert isinstance(second, Audio)
    assert (first.data[:4], second.data) == (b"RIFF", bytes(10)), "one file has one header"


def test_where_bytes_say_nothing_of_time_the_service_does() -> None:
    one = SpeechClient({**DEFAULTS, "format": "audio-24khz-96kbitrate-mono-mp3"})
    written(one, "One")
    one.end(goes_on=True)
    one.receive(audio(one, b"mp3"))
    one.receive(metadata(one, {"Type": "SessionEnd", "Data": {"Offset": 15_000_000}}))
    two = SpeechClient({**DEFAULTS, "format": "audio-24khz-96kbitrate-mono-mp3"}, after=one)
    written(two, " two")
    assert two.receive(metadata(two, word("two", 0.5))) == [WordTiming("two", 2.0, 2.1, 4, 7)]


@pytest.mark.parametrize("form", ["raw-8khz-16bit-mono-pcm", "ogg-24khz-16bit-mono-opus"])
@pytest.mark.parametrize(("seconds", "cut"), [(599, False), (600, True), (602, False)])
def test_a_turn_that_the_service_cut_off_after_ten_minutes(form: str, seconds: int, cut: bool) -> None:
    one = client(format=form)
    one.receive(audio(one, bytes(16000 * seconds) if "pcm" in form else b"OggS"))
    one.receive(metadata(one, {"Type": "SessionEnd", "Data": {"Offset": seconds * 10_000_000}}))
    if not cut:
        assert one.receive(message(one, "turn.end")) == [UtteranceEnd()]
        return
    with pytest.raises(ProviderError, match="10 minutes") as raised:
        one.receive(message(one, "turn.end"))
    assert (raised.value.retryable, raised.value.request_id) == (False, one.request_id)


@pytest.mark.parametrize(("text", "fails"), [("Hello", True), ("…", False)])
def test_a_turn_without_audio(text: str, fails: bool) -> None:
    one = client(text)
    if not fails:
        assert one.receive(message(one, "turn.end")) == [UtteranceEnd()]
        return
    with pytest.raises(ProviderError, match="without any audio") as caught:
        one.receive(message(one, "turn.end"))
    assert caught.value.request_id == one.request_id


@pytest.mark.parametrize(
    "frame",
    [
        "no headers",
        "Path:turn.start\n\n{}",
        "Path\r\n\r\n{}",
        b"",
        b"\x00",
        b"\x00\x00audio",
        b"\x00\xffPath:audio\r\n",
    ],
)
def test_what_is_no_message(frame: str | bytes) -> None:
    with pytest.raises(ProtocolError, match="Azure Speech sent"):
        client().receive(frame)


@pytest.mark.parametrize("path", ["turn.start", "response", "audio.metadata", "turn.end"])
@pytest.mark.parametrize("body", ["no json", "[]", '{"Metadata"#'])
def test_a_body_that_is_no_object(path: str, body: str) -> None:
    one = client()
    with pytest.raises(ProtocolError, match="JSON"):
        one.receive(message(one, path, body))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Metadata": None},
        {"Metadata": [None, 3]},
        {"Metadata": [{"Type": "WordBoundary"}]},
        {"Metadata": [{"Type": "WordBoundary", "Data": {"Offset": "x", "text": {"Text": None}}}]},
        {"Metadata": [{"Type": "SessionEnd", "Data": None}]},
    ],
)
def test_metadata_that_says_nothing(told: Any) -> None:
    one = client()
    assert one.receive(message(one, "audio.metadata", json.dumps(told))) == []


@pytest.mark.parametrize(
    ("code", "reason", "kind", "retryable"),
    [
        (1007, "Unsupported voice X.", ProviderError, False),
        (4429, "", RateLimitError, True),
        (1011, "", ProviderError, True),
        (1000, "", ConnectionFailedError, True),
        (1006, "", ConnectionFailedError, True),
        (None, "", ConnectionFailedError, True),
    ],
)
def test_a_connection_that_ends_early(
    code: int | None, reason: str, kind: type[ModelDeckError], retryable: bool
) -> None:
    one = client()
    error = one.closed(code, reason)
    assert type(error) is kind
    assert (error.retryable, error.request_id) == (retryable, one.request_id)
    assert reason in str(error)


@given(st.lists(st.text(max_size=60) | st.binary(max_size=60)))
def test_garbage_ends_in_a_typed_error_or_in_nothing(frames: list[str | bytes]) -> None:
    one = client()
    for frame in frames:
        try:
            assert one.receive(frame) == []
        except ModelDeckError:
            pass


@given(st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True), st.text("abc /;=.:", max_size=20)))
def test_headers_are_read_as_they_were_written(headers: dict[str, str]) -> None:
    headers = {name: value.strip() for name, value in {"Path": "x", **headers}.items()}
    assert read_frame(text_frame(headers, "b\r\n\r\nc")) == Message(headers, "b\r\n\r\nc")
    assert read_frame(binary_frame(headers, b"\r\n\r\n")) == Message(headers, b"\r\n\r\n")
