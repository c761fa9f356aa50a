"""The bases for authors, with the least providers that there can be; examples/acme has the whole suite on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from modeldeck import Retry, Transport
from modeldeck.credential import CredentialBase
from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from modeldeck.kit import (
    ApiKey,
    Ask,
    Audio,
    AudioAnswer,
    AudioFormat,
    BaseUrl,
    Dial,
    End,
    HttpTTSModelBase,
    Meaning,
    Probe,
    Refused,
    Speak,
    SpeechRequest,
    UtteranceEnd,
    Wanted,
    WebSocketTTSModelBase,
    encoded,
    host_field,
    usual_service,
)
from modeldeck.sandbox import Box, Endpoints, Sandbox

SERVICE = usual_service("plain", "Plain", codes={"slow_down": 429, "empty": Meaning(QuotaError, "Nothing is left")})
PCM = AudioFormat("pcm_s16le", 24000)


class PlainCredential(CredentialBase):
    models: ClassVar = {"tts": (":PlainModel", ":TalkModel")}
    env: ClassVar = {"api_key": ("PLAIN_API_KEY",)}
    type: Literal["plain_credential"] = "plain_credential"
    api_key: ApiKey
    base_url: BaseUrl = host_field("PLAIN_BASE_URL", "https://plain.example")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}

    def _probes(self) -> list[Probe]:
        return [Probe(f"{self.base_url}/voices", self.headers(), SERVICE.http_error)]


class PlainParameters(BaseModel):
    voice: str | None = None


class PlainModel(HttpTTSModelBase[PlainCredential, PlainParameters]):
    type: Literal["plain_tts"] = "plain_tts"
    service = SERVICE

    def _ask(self, request: SpeechRequest) -> Ask:
        return Ask(f"{self.credential.base_url}/say", self.credential.headers(), content=request.text.encode())

    def _answer(self, request: SpeechRequest, headers: Mapping[str, str]) -> AudioAnswer:
        return AudioAnswer(SERVICE, PCM, SERVICE.request_id(headers))


class TalkClient:
    """Sentences go out, audio comes in; the service takes nothing back."""

    ready = True
    on_event: Callable[[Mapping[str, Any]], None] | None = None

    def begin(self) -> list[str]:
        return []

    def text(self, text: str) -> list[str]:
        return [encoded({"say": text})]

    def commit(self) -> list[str]:
        return []

    clear = commit

    def flush(self) -> list[str]:
        return [encoded({"end": True})]

    def receive(self, frame: str | bytes) -> list[Any]:
        event = SERVICE.decoded(frame)
        if "error" in event:
            raise SERVICE.error(event["error"], None)
        return [UtteranceEnd()] if "ended" in event else [Audio(SERVICE.audio_bytes(event["audio"]), PCM)]

    def closed(self, code: int | None, reason: str) -> Exception:
        return SERVICE.close_error(code, reason)


class TalkModel(WebSocketTTSModelBase[PlainCredential, PlainParameters]):
    type: Literal["talk_tts"] = "talk_tts"
    service = SERVICE
    sentences = True

    def _dial(self, request: SpeechRequest) -> Dial:
        return Dial(f"{self.credential.base_url}/talk?model=talk", self.credential.headers())

    def _client(self, request: SpeechRequest) -> Any:
        return TalkClient()


class PlainServer:
    """A body is the text, an answer the audio."""

    media_type = "audio/pcm"
    base64 = False

    def asked(self, data: bytes, find: Any) -> Wanted | Refused:
        return Wanted(data.decode(), "plain") if data else refused(400)

    def audio(self, data: bytes) -> bytes:
        return data

    def failed(self, code: str) -> None:
        return None

    def end(self, seconds: float) -> None:
        return None


class HexModel(PlainModel):
    type: Literal["hex_tts"] = "hex_tts"  # type: ignore[assignment]

    def _ask(self, request: SpeechRequest) -> Ask:
        return Ask(f"{self.credential.base_url}/hex", self.credential.headers(), content=request.text.encode())

    def _answer(self, request: SpeechRequest, headers: Mapping[str, str]) -> Any:
        return HexAnswer()


class HexAnswer:
    """A line of digits a chunk, and an empty one at the end."""

    rest = b""
    over = False

    def feed(self, data: bytes) -> list[Any]:
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.over = self.over or b"" in lines
        return [Audio(SERVICE.audio_hex(line.decode()), PCM) for line in lines if line]

    def end(self) -> list[Any]:
        if not self.over:
            raise SERVICE.broken_off(None)
        return []


class HexServer(PlainServer):
    base64 = "hex"

    def audio(self, data: str) -> str:
        return f"{data}\n"

    def end(self, seconds: float) -> str:
        return "\n"


class TalkServer:
    sample_rate = 24000

    def __init__(self, voices: Collection[str]) -> None:
        pass

    def receive(self, frame: str | bytes) -> list[Any]:
        event = json.loads(frame)
        return [Speak(event["say"])] if "say" in event else [End()]

    def audio(self, data: str) -> str:
        return encoded({"audio": data})

    def failed(self, code: str) -> str:
        return encoded({"error": code})

    def finished(self) -> str:
        return encoded({"ended": True})


def refused(status: int) -> Refused:
    return Refused(status, {"error": {"code": {429: "slow_down", 402: "empty"}.get(status, "no"), "message": "no"}})


def speech(served: Endpoints) -> list[Any]:
    return [served.speech("/say", PlainServer), served.speech("/hex", HexServer)]


def routes(box: Box) -> list[Any]:
    served = Endpoints(box, PlainCredential, refused, prefix="/plain")
    served._voices["talk"] = []  # these classes have no cards
    talk = served.talk("/talk", TalkServer)
    return [served.listing("/voices", {"voices": []}), *speech(served), talk]


def environment(url: str) -> dict[str, str]:
    return {"PLAIN_API_KEY": "good", "PLAIN_BASE_URL": f"{url}/plain"}


EMULATOR: Any = SimpleNamespace(routes=routes, environment=environment, about=lambda url: [])


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with Sandbox(emulators={"plain": EMULATOR}) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def texts(box: Sandbox) -> list[str]:
    frames = [json.loads(frame) for one in box.requests() for frame in one["frames"]]
    return [frame["say"] for frame in frames if "say" in frame]


def test_the_brackets_say_whose_it_is() -> None:
    assert (PlainModel.credential_class, PlainModel.provider) == (PlainCredential, "plain")
    assert PlainModel.Parameters is TalkModel.Parameters is PlainParameters
    assert TalkModel.realtime

    class Own(PlainModel):
        provider: ClassVar[str] = "own"

    assert (Own.provider, Own.credential_class) == ("own", PlainCredential)

    class Untyped(CredentialBase):
        pass

    class OfUntyped(HttpTTSModelBase[Untyped, PlainParameters]):
        pass

    assert (OfUntyped.provider, OfUntyped.credential_class) == ("", Untyped)


async def test_an_answer_that_is_nothing_but_audio(box: Sandbox) -> None:
    key = PlainCredential.from_env()
    assert (await key.check()).ok
    async with Transport() as transport:
        model = PlainModel(key, "plain", transport=transport, stream=False, retry=Retry(max_retries=0), output=PCM)
        got = [part async for part in model.synthesize("Hello there.")]
        assert sum(len(part.audio) for part in got) == 12 * 2880
        assert got[-1].metadata["request_id"].startswith("req-")
        await model.prewarm()
        box.arm("error")  # the wire has no word for it
        with pytest.raises(ProviderError, match="out of order"):
            await model.synthesize("Hello there.")
        box.arm("error;after=1")
        with pytest.raises(ConnectionFailedError):
            await model.synthesize("Hello there.")
        box.arm("status=429;retry-after=2")
        with pytest.raises(RateLimitError) as limited:
            await model.synthesize("Hello there.")
        assert (limited.value.retry_after, limited.value.code) == (2.0, "slow_down")
        box.arm("status=402")
        with pytest.raises(QuotaError, match="Nothing is left"):
            await model.synthesize("Hello there.")
        box.arm("close")
        with pytest.raises(ProviderError, match="without any audio"):
            await model.synthesize("Hello there.")
        box.arm()
        with pytest.raises(AuthenticationError):
            await PlainModel(PlainCredential(api_key="invalid"), "m", stream=False, transport=transport).synthesize(
                "Hi"
            )


async def test_audio_in_hexadecimal(box: Sandbox) -> None:
    async with Transport() as transport:
        key = PlainCredential.from_env()
        model = HexModel(key, "plain", transport=transport, stream=False, retry=Retry(max_retries=0), output=PCM)
        assert len((await model.synthesize("Hello there.")).audio) == 12 * 2880
        box.arm("truncated_base64;after=1")
        with pytest.raises(ProtocolError, match="no whole hexadecimal"):
            await model.synthesize("Hello there.")


@pytest.mark.parametrize("data", ["abc", "xy", None, b"00", 7])
def test_hexadecimal_that_is_none(data: object) -> None:
    with pytest.raises(ProtocolError):
        SERVICE.audio_hex(data)
    assert SERVICE.audio_hex("00fF") == b"\x00\xff"


async def test_whole_sentences_where_the_service_wants_them(box: Sandbox) -> None:
    async with Transport() as transport:
        model = TalkModel(PlainCredential.from_env(), "talk", transport=transport, output=PCM)
        async with model.session() as talk:
            for piece in ("Hello th", "ere. How ", "are you? And", " then"):
                await talk.send(piece)
            await talk.flush()
            parts = [part async for part in talk.utterance()]
    assert texts(box) == ["Hello there.", " How are you?", " And then"]
    assert sum(len(part.audio) for part in parts) == len("".join(texts(box))) * 2880


async def test_a_sentence_without_a_word_is_not_sent(box: Sandbox) -> None:
    async with Transport() as transport:
        model = TalkModel(PlainCredential.from_env(), "talk", transport=transport)
        async with model.session() as talk:
            await talk.send("Hello there.")
            await talk.commit()
            await talk.send(" 👍")
            await talk.flush()
            assert [part.is_last async for part in talk.utterance()][-1]
    assert texts(box) == ["Hello there."]


async def test_a_sentence_that_has_not_ended_is_taken_back(box: Sandbox) -> None:
    async with Transport() as transport:
        model = TalkModel(PlainCredential.from_env(), "talk", transport=transport, output=PCM)
        async with model.session() as talk:
            await talk.send("Hello there. How are")
            await talk.clear()
            await talk.send("Bye.")
            await talk.flush()
            parts = [part async for part in talk.utterance()]
    assert "How are" not in "".join(texts(box))
    assert sum(len(part.audio) for part in parts) == len("".join(texts(box))) * 2880


@pytest.mark.parametrize(("base", "missing"), [(HttpTTSModelBase, "_ask"), (WebSocketTTSModelBase, "_dial")])
async def test_a_hook_that_is_missing_is_named(base: Any, missing: str) -> None:
    class Nothing(base):  # type: ignore[misc]
        service = SERVICE

    model = Nothing(PlainCredential(api_key="k"), "m", stream=False)
    with pytest.raises(NotImplementedError, match=rf"Nothing\.{missing}\(request\) returns"):
        await model.synthesize("Hello")


def test_the_usual_errors() -> None:
    for status, kind in ((401, AuthenticationError), (404, ModelNotFoundError), (429, RateLimitError)):
        error = SERVICE.http_error(status, b"", {})
        assert (type(error), error.status, error.provider) == (kind, status, "plain")
    assert SERVICE.http_error(503, b"", {}).retryable
    assert not SERVICE.http_error(418, b"", {}).retryable
    said = SERVICE.error("slow_down", "why")
    assert (type(said), said.code, said.retryable) == (RateLimitError, "slow_down", True)
    own = usual_service("x", "X", statuses={404: Meaning(QuotaError, "Odd")}, codes={"gone": 404})
    assert isinstance(own.error("gone", None), QuotaError)


def test_the_door_loads_no_network() -> None:
    """What a third party's module imports from it is paid for when it is used."""
    code = (
        "import sys, modeldeck.kit as k; k.HttpTTSModelBase, k.WebSocketTTSModelBase, k.usual_service, k.Dial;"
        "print(*({'httpx', 'httpcore', 'websockets', 'yaml', 'jsonschema'} & set(sys.modules)))"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environ).split() == []
