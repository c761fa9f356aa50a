"""The classes' own behaviour against the sandbox, where no other provider has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
import soundfile

from modeldeck import Transport
from modeldeck.credential import AzureCredential
from modeldeck.errors import ModelNotFoundError, ParameterError, ProtocolError, ProviderError
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.voice import numbered
from modeldeck.tts import AudioFormat, AzureRealtimeTTSModel, AzureTTSModel, tts_model

SSML = (
    "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>"
    "<voice name='en-US-JennyNeural'>One.</voice><voice name='zh-CN-YunxiNeural'>二。</voice></speak>"
)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport() as shared:
        yield shared


@pytest.fixture
def credential(box: Sandbox) -> AzureCredential:
    return AzureCredential(api_key="k" * 32, base_url=box.url)


def sent(box: Sandbox, path: str) -> list[str]:
    """The bodies of all messages of that path."""
    frames = [frame for one in box.requests() for frame in one["frames"] if isinstance(frame, str)]
    return [frame.partition("\r\n\r\n")[2] for frame in frames if f"Path:{path}\r\n" in frame]


async def test_texts_one_after_the_other_share_a_connection(
    box: Sandbox, credential: AzureCredential, transport: Transport
) -> None:
    one = AzureTTSModel(credential, stream=False, transport=transport)
    other = AzureTTSModel(credential, parameters={"voice": "zh-CN-YunxiNeural"}, stream=False, transport=transport)
    first = 0
    for model, text in ((one, "One."), (other, "二。"), (one, "Three.")):
        assert (await model.synthesize(text)).audio == numbered(first, len(text) * 1440)
        first += len(text) * 1440
    assert [one["path"] for one in box.requests()] == ["/cognitiveservices/websocket/v1"]
    assert len(sent(box, "speech.config")) == 1


async def test_prewarming_opens_the_connection(box: Sandbox, credential: AzureCredential, transport: Transport) -> None:
    for cls in (AzureTTSModel, AzureRealtimeTTSModel):
        box.forget()
        tts = cls(credential, stream=False, transport=transport)
        await tts.prewarm()
        assert len(sent(box, "speech.config")) <= len(box.requests()) == 1
        await tts.synthesize("Hi.")
        assert len(box.requests()) == 1


async def test_plain_text_becomes_ssml(box: Sandbox, credential: AzureCredential) -> None:
    tts = AzureTTSModel(credential, parameters={"voice": "zh-CN-YunxiNeural", "style": "sad"}, stream=False)
    await tts.synthesize("甲 < 乙 & 丙", style_degree=1.5, rate="+20%")
    (document,) = sent(box, "ssml")
    assert "xml:lang='zh-CN'" in document
    assert (
        "<voice name='zh-CN-YunxiNeural'><mstts:express-as style='sad' styledegree='1.5'><prosody rate='+20%'>"
        "甲 &lt; 乙 &amp; 丙</prosody></mstts:express-as></voice>" in document
    )


@pytest.mark.parametrize("wire", ["websocket", "rest"])
async def test_ssml_goes_out_as_it_is(box: Sandbox, credential: AzureCredential, wire: str) -> None:
    tts = AzureTTSModel(credential, parameters={"ssml": True, "wire": wire}, stream=False)
    answer = await tts.synthesize(SSML)
    assert answer.audio == numbered(0, 6 * 1440)
    assert [one["body"] for one in box.requests() if one["kind"] == "http"] + sent(box, "ssml") == [SSML]
    places = [SSML[timing.begin_index : timing.end_index] for timing in answer.timings]
    assert places == (["One", "二"] if wire == "websocket" else [])


@pytest.mark.parametrize("wire", ["websocket", "rest"])
@pytest.mark.parametrize("how", ["session", "stream", "push"])
async def test_a_document_in_pieces_is_one_request(
    box: Sandbox, credential: AzureCredential, wire: str, how: str
) -> None:
    tts = AzureTTSModel(credential, parameters={"ssml": True, "wire": wire}, stream=False)
    document = SSML.replace("One.", "One. Two. Three.")
    pieces = [document[:99], document[99:]]
    if how == "session":
        async with tts.session() as talk:
            await talk.feed(pieces)
            assert [part async for part in talk.utterance()][-1].is_last
    elif how == "stream":
        assert [part async for part in tts.stream(pieces)][-1].is_last
    else:
        async with tts:
            await tts.push(pieces[0])
            assert (await tts.synthesize(pieces[1])).audio
    assert [one["body"] for one in box.requests() if one["kind"] == "http"] + sent(box, "ssml") == [document]


@pytest.mark.parametrize("wire", ["websocket", "rest"])
@pytest.mark.parametrize("law", ["mulaw", "alaw"])
async def test_telephone_files_have_one_header_and_true_sizes(
    credential: AzureCredential, tmp_path: Path, law: str, wire: str
) -> None:
    tts = AzureTTSModel(credential, parameters={"format": f"riff-8khz-8bit-mono-{law}", "wire": wire})
    async with tts.session() as talk:
        await talk.send("One. Two is here. Three.")
        await talk.flush()
        parts = [part async for part in talk.utterance()]
    assert b"".join(part.audio for part in parts).count(b"RIFF") == 1
    whole = await AzureTTSModel(credential, parameters=tts.parameters, stream=False).synthesize("One. Two.")
    (tmp_path / "whole.wav").write_bytes(whole.audio)
    await tts.save("One. Two.", tmp_path / "saved.wav")
    for name in ("whole.wav", "saved.wav"):
        sound = soundfile.info(tmp_path / name)
        subtype = {"mulaw": "ULAW", "alaw": "ALAW"}[law]
        assert (sound.samplerate, sound.subtype, sound.frames) == (8000, subtype, 9 * 480)
        assert int.from_bytes((tmp_path / name).read_bytes()[4:8], "little") == 9 * 480 + 36


async def test_what_looks_like_ssml_is_text_unless_it_is_said(box: Sandbox, credential: AzureCredential) -> None:
    answer = await AzureTTSModel(credential, stream=False).synthesize("<speak>")
    assert answer.audio == numbered(0, 7 * 1440)
    assert "&lt;speak&gt;" in sent(box, "ssml")[0]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"ssml": True, "rate": "fast", "style": "sad"}, "style, rate"),
        ({"style_degree": 1.5}, "style_degree needs a style"),
        ({"role": "Boy"}, "role needs a style"),
        ({"rate": "quick"}, "rate"),
        ({"pitch": "2st"}, "pitch"),
        ({"volume": "loudest"}, "volume"),
        ({"language": "french"}, "language"),
        ({"language": "fr-FR", "rate": "fast", "volume": "50"}, "language does not go with rate, volume"),
        ({"language": "fr-FR", "pitch": "high"}, "language does not go with pitch"),
        ({"format": "wav"}, "format"),
        ({"temperature": 0.5}, "temperature"),
        ({"deployment_id": "a/b"}, "deployment_id"),
        ({"visemes": True, "wire": "rest"}, "visemes need the websocket"),
    ],
)
def test_values_that_are_refused(parameters: dict[str, Any], says: str) -> None:
    credential = AzureCredential(api_key="k" * 32, region="eastus")
    with pytest.raises(ParameterError, match=says):
        AzureTTSModel(credential, parameters=parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        *({"rate": rate} for rate in ("0.5", "2", "+20%", "-20.5%", "50%", "x-slow")),
        *({"pitch": pitch} for pitch in ("600Hz", "+80Hz", "-2st", "50%", "+1.5%", "x-high")),
        *({"volume": volume} for volume in ("75", "100.0", "+10", "-5.5", "+3%", "silent")),
    ],
)
def test_values_of_the_documents_are_taken(parameters: dict[str, str]) -> None:
    """ "Adjust prosody" of Microsoft's documents, 2025-07-09."""
    AzureTTSModel(AzureCredential(api_key="k" * 32, region="eastus"), parameters=parameters)


@pytest.mark.parametrize(
    ("form", "encoding", "rate", "begins"),
    [
        ("riff-16khz-16bit-mono-pcm", "wav", 16000, b"RIFF"),
        ("raw-8khz-8bit-mono-mulaw", "mulaw", 8000, b""),
        ("riff-8khz-8bit-mono-alaw", "wav_alaw", 8000, b"RIFF"),
        ("audio-24khz-96kbitrate-mono-mp3", "mp3", 24000, b"\xff"),
        ("ogg-24khz-16bit-mono-opus", "opus", 24000, b"OggS"),
    ],
)
@pytest.mark.parametrize("wire", ["websocket", "rest", "realtime"])
async def test_formats(
    credential: AzureCredential, form: str, encoding: str, rate: int, begins: bytes, wire: str
) -> None:
    settings = {"format": form} if wire == "realtime" else {"format": form, "wire": wire}
    cls = AzureRealtimeTTSModel if wire == "realtime" else AzureTTSModel
    answer = await cls(credential, parameters=settings, stream=False).synthesize("It shines.")
    assert answer.format == AudioFormat(encoding, rate)
    assert answer.audio.startswith(begins)
    assert answer.audio.count(b"RIFF") == (begins == b"RIFF")


async def test_an_output_that_the_service_has_is_asked_for(box: Sandbox, credential: AzureCredential) -> None:
    for output in (AudioFormat("mp3", 48000), AudioFormat("pcm_s16le", 8000), AudioFormat("wav", 22050)):
        tts = AzureTTSModel(credential, output=output, stream=False)
        assert (await tts.synthesize("Hi.")).format == output
    names = ["audio-48khz-192kbitrate-mono-mp3", "raw-8khz-16bit-mono-pcm", "raw-22050hz-16bit-mono-pcm"]
    assert all(f'"{name}"' in body for name, body in zip(names, sent(box, "synthesis.context"), strict=True))


async def test_a_files_name_says_its_format(box: Sandbox, credential: AzureCredential, tmp_path: Path) -> None:
    tts = AzureTTSModel(credential)
    await tts.save("It shines.", tmp_path / "a.mp3")
    assert (tmp_path / "a.mp3").read_bytes()[:1] == b"\xff"
    assert "mono-mp3" in sent(box, "synthesis.context")[0]


async def test_what_the_sandbox_cannot_make(credential: AzureCredential) -> None:
    tts = AzureTTSModel(credential, parameters={"format": "amr-wb-16000hz"}, stream=False)
    with pytest.raises(ProviderError, match="cannot make amr-wb-16000hz"):
        await tts.synthesize("Hi.")


async def test_a_trained_voice_has_its_deployment(box: Sandbox, credential: AzureCredential) -> None:
    for wire in ("websocket", "rest"):
        settings = {"voice": "MyVoice", "deployment_id": "d0c1", "wire": wire}
        tts = AzureTTSModel(credential, "custom-neural", settings, stream=False)
        assert (await tts.synthesize("Hi.")).audio
    assert [one["query"] for one in box.requests()] == ["deploymentId=d0c1"] * 2


async def test_visemes_are_told_to_whoever_watches(credential: AzureCredential) -> None:
    events: list[Any] = []
    tts = AzureTTSModel(credential, parameters={"visemes": True}, stream=False, on_event=events.append)
    answer = await tts.synthesize("It shines.")
    kinds = [one["Type"] for event in events for one in event.get("Metadata", [])]
    assert kinds == ["Viseme", "WordBoundary"] * 2 + ["SessionEnd"]
    assert [timing.text for timing in answer.timings] == ["It", "shines"]


async def test_hd_voices_are_asked_for_no_words(box: Sandbox, credential: AzureCredential) -> None:
    tts = tts_model("azure/neural-hd:en-US-Ava:DragonHDLatestNeural", credential=credential, stream=False)
    answer = await tts.synthesize("It shines.", temperature=0.8)
    assert answer.timings == ()
    assert '"wordBoundaryEnabled": false' in sent(box, "synthesis.context")[0]
    assert "<voice name='en-US-Ava:DragonHDLatestNeural' parameters='temperature=0.8'>" in sent(box, "ssml")[0]


@pytest.mark.parametrize("cls", [AzureTTSModel, AzureRealtimeTTSModel])
async def test_a_voice_is_no_model(
    box: Sandbox, credential: AzureCredential, cls: type[AzureTTSModel | AzureRealtimeTTSModel]
) -> None:
    with pytest.raises(ModelNotFoundError, match=r"neural.*Check its name; a voice goes into the parameter voice"):
        await cls(credential, "en-US-JennyNeural", stream=False).synthesize("Hi.")
    assert box.requests() == []
    assert (await cls(credential, "of-tomorrow", stream=False, enforce="off").synthesize("Hi.")).audio


@pytest.mark.parametrize("cls", [AzureTTSModel, AzureRealtimeTTSModel])
async def test_no_voice_is_no_request(
    box: Sandbox, credential: AzureCredential, cls: type[AzureTTSModel | AzureRealtimeTTSModel]
) -> None:
    with pytest.raises(ParameterError, match="needs a voice"):
        await cls(credential, parameters={"voice": None}, stream=False).synthesize("Hi.")
    assert sent(box, "ssml") == sent(box, "text.piece") == []


async def test_streamed_text_is_never_ssml(box: Sandbox, credential: AzureCredential) -> None:
    settings = {"style": "cheerful", "volume": "50", "language": "fr-FR"}
    tts = AzureRealtimeTTSModel(credential, parameters=settings)
    parts = [part async for part in tts.stream(["Hello ", "<b> & ", "you."])]
    assert b"".join(part.audio for part in parts) == numbered(0, 16 * 1440)
    assert "".join(sent(box, "text.piece")) == "Hello <b> & you."
    (context,) = sent(box, "synthesis.context")
    assert '"language": "fr-FR", "volume": "50", "style": "cheerful"' in context


async def test_an_utterance_of_several_turns_has_its_words_in_their_places(credential: AzureCredential) -> None:
    async with AzureRealtimeTTSModel(credential).session() as talk:
        for _ in range(2):
            await talk.send("One two")
            await talk.commit()
            await talk.send(" three")
            await talk.commit()
            await talk.flush()
            parts = [part async for part in talk.utterance()]
            timings = [timing for part in parts for timing in part.timings]
            assert [(one.text, round(one.start, 6), one.begin_index) for one in timings] == [
                ("One", 0.0, 0),
                ("two", 0.24, 4),
                ("three", 0.48, 8),
            ]
            assert sum(part.samples or 0 for part in parts) == 13 * 1440


async def test_whoever_interrupts_finds_a_connection_ready(box: Sandbox, credential: AzureCredential) -> None:
    async with AzureRealtimeTTSModel(credential).session() as talk:
        await talk.send("A first sentence. A second one.")
        await talk.flush()
        await anext(talk)
        assert await talk.interrupt(played=0.01) == "A"
        await talk.send("Yes?")
        await talk.flush()
        parts = [part async for part in talk.utterance()]
        assert b"".join(part.audio for part in parts) == numbered(0, 4 * 1440), "a connection on which nothing was said"


# -- answers of status 200 that are no speech


@pytest.fixture
async def strange() -> AsyncIterator[Callable[[str, bytes], Awaitable[AzureCredential]]]:
    """A server that answers everything with the same bytes."""
    async with AsyncExitStack() as servers:

        async def answering(kind: str, body: bytes) -> AzureCredential:
            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                head = f"HTTP/1.1 200 OK\r\n{kind}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
                writer.close()

            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            servers.push_async_callback(server.wait_closed)
            servers.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            return AzureCredential(api_key="k" * 32, base_url=f"http://127.0.0.1:{port}")

        yield answering


@pytest.mark.parametrize("wire", ["rest", "websocket"])
async def test_a_web_page_is_no_speech(strange: Callable[[str, bytes], Awaitable[AzureCredential]], wire: str) -> None:
    credential = await strange("Content-Type: text/html; charset=utf-8\r\n", b"<html>Please log in</html>")
    tts = AzureTTSModel(credential, parameters={"wire": wire}, stream=False)
    with pytest.raises(ProviderError, match=r"a web page came .*\(HTTP 200\).*base_url") as raised:
        await tts.synthesize("Hi.")
    assert (raised.value.status, raised.value.retryable) == (200, False)


@pytest.mark.parametrize(
    ("kind", "audio"),
    [
        ("", True),
        ("Content-Type: application/octet-stream\r\n", True),
        ("Content-Type: audio/basic\r\n", True),
        ("Content-Type: application/json\r\n", False),
        ("Content-Type: text/plain\r\n", False),
    ],
)
async def test_what_is_audio_over_http(
    strange: Callable[[str, bytes], Awaitable[AzureCredential]], kind: str, audio: bool
) -> None:
    tts = AzureTTSModel(await strange(kind, bytes(480)), parameters={"wire": "rest"}, stream=False)
    if audio:
        assert (await tts.synthesize("Hi.")).audio == bytes(480)
        return
    with pytest.raises(ProtocolError, match="in the place of audio"):
        await tts.synthesize("Hi.")


# -- ten minutes


@pytest.mark.parametrize(("seconds", "cut"), [(599.0, False), (600.0, True), (601.0, False)])
@pytest.mark.parametrize(
    ("form", "of_a_second"), [("raw-8khz-8bit-mono-mulaw", 8000), ("audio-16khz-32kbitrate-mono-mp3", 4000)]
)
async def test_audio_that_the_service_cut_off(
    strange: Callable[[str, bytes], Awaitable[AzureCredential]], form: str, of_a_second: int, seconds: float, cut: bool
) -> None:
    credential = await strange("Content-Type: audio/basic\r\n", bytes(int(seconds * of_a_second)))
    tts = AzureTTSModel(credential, parameters={"wire": "rest", "format": form})
    received = 0
    with pytest.raises(ProviderError, match="10 minutes") if cut else nullcontext():
        async for part in tts.synthesize("A long text."):
            received += len(part.audio)
    assert received == seconds * of_a_second  # what there is was delivered
