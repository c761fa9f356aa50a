"""The Azure emulator over sockets, where the SDK and our classes do not look."""

from __future__ import annotations

import io
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
import soundfile
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from modeldeck.providers.azure.wire.speech import SpeechClient, configuration
from modeldeck.providers.azure.wire.ssml import document
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.voice import numbered
from modeldeck.tts.hook import Audio, UtteranceEnd

KEY = {"Ocp-Apim-Subscription-Key": "k" * 32}
AVA = "en-US-AvaMultilingualNeural"
RAW = "raw-24khz-16bit-mono-pcm"
V1, V2 = "/cognitiveservices/websocket/v1", "/cognitiveservices/websocket/v2"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def http(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False, headers=KEY) as client:
        yield client


def opened(box: Sandbox, path: str = V1, headers: dict[str, str] = KEY, **options: Any) -> Any:
    return connect(
        box.url.replace("http", "ws") + path, additional_headers=headers, compression=None, proxy=None, **options
    )


async def turn(socket: ClientConnection, client: SpeechClient, frames: Sequence[str]) -> bytes:
    for frame in frames:
        await socket.send(frame)
    audio = b""
    while True:
        for event in client.receive(await socket.recv()):
            if isinstance(event, UtteranceEnd):
                return audio
            audio += event.data if isinstance(event, Audio) else b""


async def to_its_end(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


def client(voice: str = AVA, form: str = RAW) -> SpeechClient:
    return SpeechClient({"voice": voice, "format": form})


@pytest.mark.parametrize("path", [V1, V2, f"/tts{V1}", f"/tts{V2}"])
async def test_turns_on_one_connection(box: Sandbox, path: str) -> None:
    async with opened(box, path, subprotocols=["USP"]) as socket:
        assert socket.subprotocol == "USP"
        await socket.send(configuration("1"))
        first = 0
        for text in ("One.", "", "Three three."):
            one = client()
            assert await turn(socket, one, one.whole(text)) == numbered(first, len(text) * 1440)
            first += len(text) * 1440


async def test_the_key_may_stand_in_the_query(box: Sandbox) -> None:
    async with opened(box, f"{V1}?Ocp-Apim-Subscription-Key=key", {}) as socket:
        assert socket.subprotocol is None
    with pytest.raises(InvalidStatus) as refused:
        await opened(box, V1, {})
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("fault", ["status=429", "status=400", "status=503"])
async def test_a_fault_in_the_voice(box: Sandbox, fault: str) -> None:
    async with opened(box) as socket:
        await socket.send(configuration("1"))
        one = client(f"{AVA}!{fault}")
        with pytest.raises(ConnectionClosed) as closed:
            await turn(socket, one, one.whole("Hi"))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == {"status=429": 4429, "status=400": 1007, "status=503": 1011}[fault]


@pytest.mark.parametrize("voice", [f"{AVA}!nonsense", f"{AVA}!cut;after=x"])
async def test_a_wrong_fault_in_the_voice(box: Sandbox, voice: str) -> None:
    async with opened(box) as socket:
        await socket.send(configuration("1"))
        one = client(voice)
        with pytest.raises(ConnectionClosed) as closed:
            await turn(socket, one, one.whole("Hi"))
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, "fault" in closed.value.rcvd.reason) == (1008, True)


async def test_a_stop_in_mid_turn(box: Sandbox) -> None:
    """What is wrong ends the connection, though a turn is being spoken."""
    async with opened(box, V2) as socket:
        await socket.send(configuration("1"))
        one = client()
        await socket.send(one.begin())
        await socket.send(one.piece("A sentence. Another"))
        await socket.send(client().begin())
        with pytest.raises(ConnectionClosed):
            await to_its_end(socket)
        assert socket.close_code == 1007


@pytest.mark.parametrize(
    ("voice", "form", "code"), [(AVA, "g722-16khz-64kbps", 1007), (f"{AVA}!status=429", RAW, 4429)]
)
async def test_nothing_is_spoken_in_a_turn_that_was_refused(
    caplog: pytest.LogCaptureFixture, voice: str, form: str, code: int
) -> None:
    async with Sandbox() as box, opened(box, V2) as socket:
        one = client(voice, form)
        with suppress(ConnectionClosed):
            for frame in (configuration("1"), one.begin(), one.piece("One. Two. "), one.piece("Three."), one.end()):
                await socket.send(frame)
        await socket.wait_closed()
        assert socket.close_code == code
    assert caplog.records == []


async def posted(
    http: httpx.AsyncClient, form: str, path: str = "/cognitiveservices/v1", **more: str
) -> httpx.Response:
    headers = {"Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": form, "User-Agent": "test", **more}
    return await http.post(path, content=document("It shines.", {"voice": AVA}), headers=headers)


@pytest.mark.parametrize("path", ["/cognitiveservices/v1", "/tts/cognitiveservices/v1"])
async def test_speech_over_http(http: httpx.AsyncClient, path: str) -> None:
    answer = await posted(http, RAW, path)
    assert (answer.status_code, answer.content) == (200, numbered(0, 14400))
    assert len(answer.headers["x-requestid"]) == 32


@pytest.mark.parametrize(
    ("form", "rate", "subtype"),
    [
        ("riff-16khz-16bit-mono-pcm", 16000, "PCM_16"),
        ("riff-8khz-8bit-mono-mulaw", 8000, "ULAW"),
        ("riff-8khz-8bit-mono-alaw", 8000, "ALAW"),
        ("audio-24khz-96kbitrate-mono-mp3", 24000, "MPEG_LAYER_III"),
        ("ogg-48khz-16bit-mono-opus", 48000, "OPUS"),
    ],
)
async def test_files_over_http(http: httpx.AsyncClient, form: str, rate: int, subtype: str) -> None:
    answer = await posted(http, form)
    sound = soundfile.SoundFile(io.BytesIO(answer.content))
    assert (sound.samplerate, sound.subtype) == (rate, subtype)
    assert sound.frames / rate == pytest.approx(0.6, abs=0.08)


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
async def test_g711_is_what_others_make_of_it(http: httpx.AsyncClient, law: str) -> None:
    answer = await posted(http, f"raw-8khz-8bit-mono-{law}")
    subtype = {"mulaw": "ULAW", "alaw": "ALAW"}[law]
    found, _ = soundfile.read(
        io.BytesIO(answer.content), dtype="int16", samplerate=8000, channels=1, format="RAW", subtype=subtype
    )
    samples = array("h", numbered(0, 4800))
    assert len(found) == len(samples)
    assert all(abs(int(one) - other) <= max(16, other // 16) for one, other in zip(found, samples, strict=True))


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"Ocp-Apim-Subscription-Key": "invalid"}, 401, "Access denied"),
        ({"Ocp-Apim-Subscription-Key": "", "Authorization": "Bearer invalid"}, 401, "Access denied"),
        ({"Content-Type": "text/plain"}, 415, "Content-Type"),
        ({"X-Microsoft-OutputFormat": "g722-16khz-64kbps"}, 400, "The sandbox cannot make g722-16khz-64kbps"),
        ({"x-modeldeck-fault": "status=429"}, 429, "too many requests"),
        ({"x-modeldeck-fault": "error=Broken"}, 500, "Broken"),
    ],
)
async def test_refusals_over_http(http: httpx.AsyncClient, changed: dict[str, str], status: int, says: str) -> None:
    answer = await posted(http, **{"form": RAW, **changed})
    assert answer.status_code == status
    assert says in answer.text


async def test_voices_and_tokens(http: httpx.AsyncClient) -> None:
    voices = (await http.get("/cognitiveservices/voices/list")).json()
    ava = next(voice for voice in voices if voice["ShortName"] == AVA)
    assert ava["Name"] == "Microsoft Server Speech Text to Speech Voice (en-US, AvaMultilingualNeural)"
    assert (ava["Locale"], ava["Gender"], ava["SampleRateHertz"]) == ("en-US", "Female", "24000")
    token = (await http.post("/sts/v1.0/issueToken")).text
    bearer = {"Ocp-Apim-Subscription-Key": "", "Authorization": f"Bearer {token}"}
    assert (await posted(http, RAW, **bearer)).status_code == 200
    assert (
        await http.get("/cognitiveservices/voices/list", headers={"Ocp-Apim-Subscription-Key": ""})
    ).status_code == 401
