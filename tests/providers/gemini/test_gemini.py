"""GeminiTTSModel and its credential: what the table of all providers does not say of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from modeldeck import Timeouts
from modeldeck._transport.limits import NO_RETRY
from modeldeck.credential import GeminiCredential
from modeldeck.errors import (
    AuthenticationError,
    ContentRefusedError,
    CredentialError,
    ModelNotFoundError,
    ParameterError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.gemini.wire.errors import SERVICE
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.voice import numbered
from modeldeck.tts import AudioFormat, GeminiTTSModel

OLD, NEW = "gemini-2.5-flash-preview-tts", "gemini-3.8-flash-tts"
SPEAKERS = [{"name": "Joe", "voice": "Puck"}, {"name": "Jane", "voice": "Kore"}]
DIALOGUE = "Joe: Are you there?\nJane: I am."
VARIABLES = ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_API_VERSION")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def model(box: Sandbox, name: str = NEW, parameters: Any = None, **options: Any) -> GeminiTTSModel:
    credential = GeminiCredential(api_key="AIza-test", base_url=box.url)
    return GeminiTTSModel(credential, name, parameters, **{"stream": False, **options})


def asked(box: Sandbox) -> dict[str, Any]:
    """The last request's body."""
    found: dict[str, Any] = json.loads(box.requests()[-1]["body"])
    return found


# -- the credential


def test_hosts() -> None:
    def host(**fields: Any) -> str:
        return GeminiCredential(api_key="AIza-test", **fields).host()

    assert host() == "https://generativelanguage.googleapis.com/v1beta"
    assert host(api_version="v1") == "https://generativelanguage.googleapis.com/v1"
    for suffix in ("", "/", "/v1beta", "/v1beta/models", "/v1beta/openai"):
        assert host(base_url=f"https://proxy/google{suffix}") == "https://proxy/google/v1beta"
    for version in ("v1", "v1alpha"):
        assert host(base_url=f"https://proxy/{version}/models") == f"https://proxy/{version}"
        assert host(base_url=f"https://proxy/{version}", api_version="v1beta") == "https://proxy/v1beta"
    one = GeminiCredential(api_key="AIza-test", base_url="https://proxy/v1")
    assert GeminiCredential(**one.reveal()).host() == one.host() == "https://proxy/v1"
    with pytest.raises(CredentialError, match="api_version"):
        host(api_version="latest")


def test_the_environment_as_the_official_sdk_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-gemini")
    assert GeminiCredential.from_env().api_key.get_secret_value() == "AIza-gemini"
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-google")
    assert GeminiCredential.from_env().api_key.get_secret_value() == "AIza-google"
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "https://proxy/")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v1alpha")
    assert GeminiCredential.from_env().host() == "https://proxy/v1alpha"
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "beta")
    assert GeminiCredential.from_env().host() == "https://proxy/v1beta"
    assert GeminiCredential(api_key="x", base_url=None, api_version="v1").host().startswith("https://generativelang")


async def test_check(box: Sandbox) -> None:
    good = await GeminiCredential(api_key="AIza-test", base_url=box.url).check()
    assert good.ok
    assert (box.requests()[-1]["path"], box.requests()[-1]["query"]) == ("/v1beta/models", "pageSize=1")
    wrong = await GeminiCredential(api_key="AIza-invalid", base_url=box.url).check()
    assert wrong.grade == "key_rejected"
    assert (await GeminiCredential(api_key="AIza-test", base_url=box.url, api_version="v1").check()).ok
    elsewhere = await GeminiCredential(api_key="AIza-test", base_url=f"{box.url}/elsewhere").check()
    assert "Check base_url" in elsewhere.advice


def test_its_models() -> None:
    assert GeminiCredential.get_tts_model_classes() == [GeminiTTSModel]
    assert {OLD, NEW} <= {card.name for card in GeminiCredential.list_tts_models(strict=True)}


# -- requests


async def test_the_key_stands_in_a_header_alone(box: Sandbox) -> None:
    await model(box).synthesize("Hi.")
    (sent,) = box.requests()
    assert "AIza-test" not in sent["path"] + sent["query"]
    assert any(name == "x-goog-api-key" for name, _ in sent["headers"])


@pytest.mark.parametrize(
    ("name", "method"), [(OLD, "generateContent"), (NEW, "streamGenerateContent"), ("gemini-9-tts", "stream")]
)
async def test_what_the_card_says_of_streams(box: Sandbox, name: str, method: str) -> None:
    tts = model(box, name, stream=True)
    if name == "gemini-9-tts":
        with pytest.raises(ModelNotFoundError):
            await tts.synthesize("Hi.").__anext__()
    else:
        assert [one async for one in tts.synthesize("Hi.")][-1].is_last
    assert f":{method}" in box.requests()[-1]["path"]


async def test_who_knows_better_may_stream(box: Sandbox) -> None:
    increments = [one async for one in model(box, OLD, {"delivery": "stream"}).synthesize("A longer text.")]
    assert len(increments) > 2


async def test_the_dialect_is_the_cards(box: Sandbox) -> None:
    await model(box, OLD, {"instructions": "calm"}).synthesize("Hi.")
    assert asked(box)["contents"][0]["parts"] == [{"text": 'calm:\n"Hi."'}]
    await model(box, NEW, {"instructions": "calm"}).synthesize("Hi.")
    assert asked(box)["contents"][0]["parts"] == [{"text": "Hi.", "speechMetadata": {"style": "calm"}}]
    for name, other in ((OLD, "verbatim"), (NEW, "prompt")):
        with pytest.raises(ParameterError, match="dialect"):
            model(box, name, {"dialect": other})
        assert "dialect" not in GeminiTTSModel.card(name).parameter_schema["properties"]


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_what_38_does_not_take(name: str) -> None:
    credential = GeminiCredential(api_key="AIza-test")
    with pytest.raises(ParameterError, match=name):
        GeminiTTSModel(credential, NEW, {name: 1})
    assert GeminiTTSModel(credential, OLD, {name: 1})


@pytest.mark.parametrize("name", [OLD, NEW])
async def test_a_dialogue(box: Sandbox, name: str) -> None:
    response = await model(box, name, {"speakers": SPEAKERS}).synthesize(DIALOGUE)
    assert response.duration
    speech = asked(box)["generationConfig"]["speechConfig"]
    assert "voiceConfig" not in speech
    assert [one["speaker"] for one in speech["multiSpeakerVoiceConfig"]["speakerVoiceConfigs"]] == ["Joe", "Jane"]


@pytest.mark.parametrize("count", [1, 3])
def test_two_speakers_no_more_no_less(count: int) -> None:
    speakers = [{"name": f"N{number}", "voice": "Puck"} for number in range(count)]
    with pytest.raises(ParameterError, match="speakers"):
        GeminiTTSModel(GeminiCredential(api_key="AIza-test"), NEW, {"speakers": speakers})


def test_speakers_have_voices_of_the_card() -> None:
    credential = GeminiCredential(api_key="AIza-test")
    speakers = [SPEAKERS[0], {"name": "Jane", "voice": "Nobody"}]
    with pytest.raises(ParameterError, match=r"speakers\.1\.voice='Nobody' is not among") as raised:
        GeminiTTSModel(credential, OLD, {"speakers": speakers})
    assert raised.value.parameter == "speakers.1.voice"
    GeminiTTSModel(credential, NEW, {"speakers": speakers})  # has voices that are not listed
    for name, kind in ((OLD, "enum"), (NEW, "anyOf")):
        assert kind in GeminiTTSModel.card(name).parameter_schema["$defs"]["GeminiSpeaker"]["properties"]["voice"]


def test_two_names() -> None:
    with pytest.raises(ParameterError, match="two have the same"):
        GeminiTTSModel(GeminiCredential(api_key="AIza-test"), NEW, {"speakers": [SPEAKERS[0], SPEAKERS[0]]})


async def test_a_dialogue_without_turns_is_refused_before_it_is_sent(box: Sandbox) -> None:
    with pytest.raises(ParameterError, match="a dialogue is one text"):
        await model(box, NEW, {"speakers": SPEAKERS}).synthesize("Hi.")
    assert box.requests() == []


@pytest.mark.parametrize("name", [OLD, NEW])
async def test_a_dialogue_in_a_conversation_is_one_request(box: Sandbox, name: str) -> None:
    async with model(box, name, {"speakers": SPEAKERS}).session() as talk:
        for text in ("Joe: Are you", " there?\nJane: ", "I am."):
            await talk.send(text)
        await talk.flush()
        *_, last = [part async for part in talk.utterance()]
    assert last.is_last
    assert len(box.requests()) == 1


@pytest.mark.parametrize("name", [OLD, NEW])
async def test_none_suppresses_no_choice_of_ours(box: Sandbox, name: str) -> None:
    await model(box, name).synthesize("Hi.")
    await model(box, name, {"delivery": None, "dialect": None}).synthesize("Hi.")
    first, second = (json.loads(one["body"]) for one in box.requests())
    assert first == second
    assert len({one["path"] for one in box.requests()}) == 1


async def test_extra_has_the_last_word(box: Sandbox) -> None:
    tts = model(box, OLD, {"temperature": 0.5}, extra={"temperature": 1.5, "seed": 3})
    await tts.synthesize("Hi.", extra={"generation_config": {"seed": 4}})
    config = asked(box)["generationConfig"]
    assert (config["temperature"], config["seed"]) == (1.5, 4)


# -- answers


@pytest.mark.parametrize("name", [OLD, NEW])
@pytest.mark.parametrize("delivery", ["stream", "whole"])
async def test_every_sample_arrives(box: Sandbox, name: str, delivery: str) -> None:
    output = AudioFormat("pcm_s16le", 24000)
    response = await model(box, name, {"delivery": delivery}, output=output).synthesize("Are you there?")
    assert response.audio == numbered(0, len("Are you there?") * 1440)
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (4, 21)


async def test_a_file_is_a_file_all_the_same(box: Sandbox) -> None:
    response = await model(box, NEW, {"delivery": "whole", "format": "wav"}).synthesize("Hi.")
    assert response.audio[:4] == b"RIFF"
    assert response.audio[44:] == numbered(0, 3 * 1440)


async def test_the_telephones_formats_are_asked_for(box: Sandbox) -> None:
    for options in ({"parameters": {"format": "mulaw"}}, {"output": AudioFormat("mulaw", 8000)}):
        spoken = await model(box, NEW, **options).synthesize("Hi.")
        assert (spoken.format, len(spoken.audio)) == (AudioFormat("mulaw", 8000), 3 * 480)
        assert asked(box)["generationConfig"]["responseFormat"] == {"audio": {"mimeType": "AUDIO_MULAW"}}
    with pytest.raises(ParameterError):
        model(box, OLD, output=AudioFormat("mulaw", 8000))


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ("error=OTHER", ProviderError, "Split the text"),
        ("error=SAFETY", ContentRefusedError, "filter"),
        ("error=RESOURCE_EXHAUSTED", RateLimitError, "Too many requests"),
    ],
)
@pytest.mark.parametrize("name", [OLD, NEW])
async def test_early_ends(box: Sandbox, name: str, fault: str, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        await model(box, f"{name}!{fault}", enforce="off", retry=NO_RETRY).synthesize(
            "Are you there?", **_dialect(name)
        )


def _dialect(name: str) -> dict[str, Any]:
    """A name with a fault has no card."""
    return {"dialect": "prompt" if name == OLD else "verbatim", "delivery": "whole" if name == OLD else "stream"}


async def test_how_long_to_wait_stands_in_the_details(box: Sandbox) -> None:
    box.arm("status=429;retry-after=2.5")
    with pytest.raises(RateLimitError) as raised:
        await model(box, retry=NO_RETRY).synthesize("Hi.")
    assert raised.value.retry_after == 2.5


async def test_a_wrong_key(box: Sandbox) -> None:
    tts = GeminiTTSModel(GeminiCredential(api_key="AIza-invalid", base_url=box.url), stream=False)
    with pytest.raises(AuthenticationError) as raised:
        await tts.synthesize("Hi.")
    assert "AIza-invalid" not in str(raised.value)


async def test_what_is_not_streamed_may_take_its_time(box: Sandbox) -> None:
    seen: list[float | None] = []

    class Spy(GeminiTTSModel):
        async def _speak(self, request: Any) -> Any:
            seen.append(request.timeouts.first_audio)
            async for event in super()._speak(request):
                yield event

    credential = GeminiCredential(api_key="AIza-test", base_url=box.url)
    await Spy(credential, OLD, stream=False).synthesize("Hi.")
    await Spy(credential, NEW, stream=False).synthesize("Hi.")
    await Spy(credential, OLD, stream=False, timeouts=Timeouts(first_audio=7)).synthesize("Hi.")
    await Spy(credential, OLD, stream=False).synthesize("Hi.", timeouts=Timeouts(first_audio=8))
    await Spy(credential, OLD, stream=False, timeouts=Timeouts(connect=3)).synthesize("Hi.")
    await Spy(credential, OLD, {"delivery": None}, stream=False).synthesize("Hi.", timeouts=Timeouts(idle=30))
    assert seen == [300.0, Timeouts().first_audio, 7, 8, 300.0, 300.0]


# -- a server of one's own


class Odd:
    """An emulator that answers as it was told."""

    def __init__(self, *pieces: bytes, kind: str = "text/event-stream") -> None:
        self._pieces = pieces
        self._kind = kind

    def routes(self, box: Box) -> list[BaseRoute]:
        return [Route("/{path:path}", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        return Response(b"".join(self._pieces), media_type=self._kind)

    def environment(self, url: str) -> dict[str, str]:
        return {}

    def about(self, url: str) -> list[str]:
        return []


async def test_audio_without_a_type_is_the_documented_one() -> None:
    content = b'{"parts": [{"inlineData": {"data": "AAABAA=="}}]}'
    event = b'data: {"candidates": [{"content": ' + content + b', "finishReason": "STOP"}]}'
    async with Sandbox(emulators={"odd": Odd(event)}) as box:
        response = await model(box, output=AudioFormat("pcm_s16le", 24000)).synthesize("Hi.")
    assert response.audio == b"\0\0\1\0"


@pytest.mark.parametrize("name", [OLD, NEW])
async def test_a_web_page_is_no_speech(name: str) -> None:
    async with Sandbox(emulators={"odd": Odd(b"<html>Please log in</html>", kind="text/html")}) as box:
        with pytest.raises(ProviderError, match="Check base_url") as raised:
            await model(box, name).synthesize("Hi.")
        assert (raised.value.retryable, len(box.requests())) == (False, 1)


async def test_two_at_once(box: Sandbox) -> None:
    tts = model(box)
    first, second = await asyncio.gather(tts.synthesize("One."), tts.synthesize("Another one."))
    assert (first.duration, second.duration) == (4 * 0.06, 12 * 0.06)


async def test_permission_is_what_a_missing_key_lacks(box: Sandbox) -> None:
    tts = model(box)
    async with tts.transport.exchange(
        "POST", f"{box.url}/v1beta/models/{NEW}:generateContent", headers={}, connect=5
    ) as answer:
        error = SERVICE.http_error(answer.status, await answer.body(), answer.headers)
    assert isinstance(error, PermissionDeniedError)
