"""Several models behind one: who speaks, when, and what is said of it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from modeldeck import Call, Observer, Retry, Timeouts, Transport, blocking
from modeldeck._transport.limits import without_pauses
from modeldeck.credential import AzureCredential, DashScopeCredential, LocalCredential, OpenAICredential
from modeldeck.errors import (
    AllModelsFailedError,
    AuthenticationError,
    ConnectionFailedError,
    ContentRefusedError,
    ModelDeckError,
    ModelNotFoundError,
    ParameterError,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimitError,
    TimeoutExceededError,
)
from modeldeck.message import AudioBlock, Base64Source
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import (
    AudioFormat,
    AzureRealtimeTTSModel,
    AzureTTSModel,
    DashScopeCosyVoiceRealtimeTTSModel,
    FallbackTTSModel,
    OpenAITTSModel,
    Recovery,
    SentenceTiming,
    TTSModelBase,
    TTSResponse,
)
from modeldeck.tts.facts import Limits
from tests.tts.conftest import PER_CHARACTER, RATE, Numbered, numbers
from tests.tts.test_attempts import Echo, heard

FORMAT = AudioFormat("pcm_s16le", RATE)


def lost() -> ConnectionFailedError:
    return ConnectionFailedError("lost")


class Other(Numbered):
    class Parameters(BaseModel):
        voice: Literal["two", "three"] = "two"

    provider: ClassVar[str] = "other"


class OtherEcho(Echo):
    provider: ClassVar[str] = "other"


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    with without_pauses():
        yield


def behind(*models: TTSModelBase[Any], **options: Any) -> FallbackTTSModel:
    return FallbackTTSModel(models, **{"output": FORMAT, "retry": Retry(0), **options})


async def parts_of(tts: TTSModelBase[Any], text: str = "Hello there.", **kwargs: Any) -> list[TTSResponse]:
    return [part async for part in tts.synthesize(text, **kwargs)]


def spoke(parts: list[TTSResponse]) -> str:
    return str((parts[-1].metadata or {})["fallback"]["model"])


def whole(parts: list[TTSResponse], text: str = "Hello there.") -> bool:
    found = numbers(b"".join(part.audio for part in parts))
    return [one - found[0] for one in found] == list(range(len(text) * PER_CHARACTER))


@pytest.mark.parametrize(
    "error",
    [
        lost(),
        TimeoutExceededError("silent"),
        RateLimitError("slow down"),
        QuotaError("nothing left"),
        AuthenticationError("wrong key"),
        ModelNotFoundError("gone"),
        ProtocolError("garbage"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_the_next_one_speaks_where_one_fails(error: ModelDeckError) -> None:
    first, second = Numbered(), Other()
    first.failures.append(error)
    parts = await parts_of(behind(first, second))
    assert whole(parts)
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].metadata == {
        "fallback": {
            "model": "other/numbered",
            "failed": [
                {
                    "model": "numbered/numbered",
                    "state": "failed",
                    "error": type(error).__name__,
                    "message": str(error),
                }
            ],
        }
    }


@pytest.mark.parametrize(
    "error", [ContentRefusedError("no"), ParameterError("no")], ids=lambda error: type(error).__name__
)
async def test_what_is_the_callers_is_raised(error: ModelDeckError) -> None:
    first, second = Numbered(), Other()
    first.failures.append(error)
    with pytest.raises(type(error), match="no"):
        await parts_of(behind(first, second))
    assert second.requests == []


async def test_a_refused_content_after_another_failure_names_both() -> None:
    first, second, third = Numbered(), Other(), Numbered()
    first.failures.append(lost())
    second.failures.append(ContentRefusedError("not that"))
    with pytest.raises(AllModelsFailedError, match="lost; other/numbered: ContentRefusedError: not that"):
        await parts_of(behind(first, second, third))
    assert third.requests == []


async def test_where_all_fail_one_error_names_every_cause_in_order() -> None:
    first, second = Numbered(), Other()
    first.failures.append(RateLimitError("slow down", retry_after=7.0, status=429))
    second.failures.append(QuotaError("nothing left"))
    with pytest.raises(AllModelsFailedError) as caught:
        await parts_of(behind(first, second))
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == (
        "no model spoke: numbered/numbered: RateLimitError: slow down; other/numbered: QuotaError: nothing left"
    )
    assert [type(cause) for cause in error.causes] == [RateLimitError, QuotaError]
    assert error.models == ("numbered/numbered", "other/numbered")
    assert error.retryable
    assert error.retry_after == 7.0


async def test_an_error_shows_no_secret() -> None:
    class Keyed(Numbered):
        def __init__(self, secret: str) -> None:
            super().__init__()
            self.__dict__["credential"] = OpenAICredential(api_key=secret)

    first, second = Keyed("sk-first-secret"), Keyed("sk-second-secret")
    first.failures.append(AuthenticationError("bad key sk-first-secret"))
    second.failures.append(AuthenticationError("bad key sk-second-secret"))
    with pytest.raises(AllModelsFailedError) as caught:
        await parts_of(behind(first, second))
    assert "secret" not in str(caught.value) + repr(caught.value.causes) + repr(behind(first, second).standings)


async def test_after_audio_the_error_is_raised_and_nothing_is_spoken_twice() -> None:
    first, second = Numbered(), Other()
    first.fail_after = lost()
    parts: list[TTSResponse] = []
    speech = behind(first, second).synthesize("Hello there.")
    parts.append(await anext(speech))
    with pytest.raises(ConnectionFailedError, match=r"lost; 0\.04 s of audio had come"):
        parts.append(await anext(speech))
    assert numbers(b"".join(part.audio for part in parts)) == list(range(350))
    assert second.requests == []


async def test_one_that_failed_rests_and_is_brought_back_by_a_call() -> None:
    first, second = Numbered(), Other()
    first.failures.append(lost())
    tts = behind(first, second)
    assert spoke(await parts_of(tts)) == "other/numbered"
    parts = await parts_of(tts)
    assert spoke(parts) == "other/numbered"
    assert parts[-1].metadata is not None
    assert parts[-1].metadata["fallback"]["failed"][0]["state"] == "resting"
    assert len(first.requests) == 1
    standing = tts.standings[0]
    assert 5 < standing.resting <= 12.5
    assert standing.failures == 1
    assert isinstance(standing.error, ConnectionFailedError)
    rested(tts)
    assert spoke(await parts_of(tts)) == "numbered/numbered"
    assert tts.standings[0].failures == 0


def rested(tts: FallbackTTSModel) -> None:
    """The pauses are over."""
    for member in tts._members:
        member._until = 0.0


async def test_only_one_call_tries_one_that_failed() -> None:
    first, second = Numbered(), Other()
    first.failures.append(lost())
    tts = behind(first, second)
    await parts_of(tts)
    rested(tts)
    first.gate = asyncio.Event()
    first.failures += [0.01]
    trying = asyncio.create_task(parts_of(tts))
    await asyncio.sleep(0)
    others = await asyncio.gather(*(parts_of(tts) for _ in range(5)))
    assert {spoke(one) for one in others} == {"other/numbered"}
    first.gate.set()
    assert spoke(await trying) == "numbered/numbered"
    assert spoke(await parts_of(tts)) == "numbered/numbered"


async def test_a_dropped_trial_tells_nothing() -> None:
    first, second = Numbered(), Other()
    first.failures.append(lost())
    tts = behind(first, second)
    await parts_of(tts)
    rested(tts)
    first.failures.append(10.0)
    trying = asyncio.create_task(parts_of(tts))
    await asyncio.sleep(0.001)
    trying.cancel()
    await asyncio.wait([trying])
    assert tts.standings[0].resting == 0
    assert spoke(await parts_of(tts)) == "numbered/numbered"


def test_the_rest_grows_with_failures_and_keeps_retry_after() -> None:
    recovery = Recovery(pause=1.0, longest=60.0)
    assert 0.75 <= recovery.rest(1, lost()) <= 1.25
    assert 3.0 <= recovery.rest(3, lost()) <= 5.0
    assert recovery.rest(1000, lost()) <= 75.0
    assert recovery.rest(1, RateLimitError("", retry_after=30.0)) == 30.0
    assert recovery.rest(1, RateLimitError("", retry_after=3600.0)) == 60.0
    with pytest.raises(ParameterError, match="pause must be seconds"):
        Recovery(pause=-1)


async def test_a_refusal_that_may_be_of_this_request_makes_nobody_rest() -> None:
    first, second = Numbered(), Other()
    first.failures.append(ProviderError("refuses the request", status=400))
    tts = behind(first, second)
    assert spoke(await parts_of(tts)) == "other/numbered"
    assert tts.standings[0].resting == 0
    assert spoke(await parts_of(tts)) == "numbered/numbered"


async def test_while_all_rest_they_are_tried_all_the_same() -> None:
    first, second = Numbered(), Other()
    tts = behind(first, second)
    first.failures.append(lost())
    second.failures.append(lost())
    with pytest.raises(AllModelsFailedError):
        await parts_of(tts)
    assert whole(await parts_of(tts))
    second.failures.append(lost())
    first.failures.append(QuotaError("none"))
    tts = behind(first, second)
    with pytest.raises(AllModelsFailedError, match=r"none.*lost"):
        await parts_of(tts)


async def test_a_silent_one_is_left_within_its_own_time_out() -> None:
    first, second = Numbered(timeouts=Timeouts(first_audio=0.02)), Other()
    first.failures += [60.0, 60.0]
    tts = FallbackTTSModel([first, second], output=FORMAT)
    assert spoke(await parts_of(tts)) == "other/numbered"
    assert len(first.requests) == 1  # no second attempt after a time-out


async def test_total_holds_for_all_of_them_together() -> None:
    first, second = Numbered(), Other()
    first.failures.append(60.0)
    tts = behind(first, second)
    with pytest.raises(AllModelsFailedError, match=r"total=0\.02") as caught:
        await parts_of(tts, timeouts=Timeouts(total=0.02))
    assert caught.value.models == ("numbered/numbered",)


async def test_each_has_one_more_attempt_where_that_may_help() -> None:
    first, second = Numbered(), Other()
    first.failures.append(lost())
    tts = FallbackTTSModel([first, second], output=FORMAT)
    assert spoke(await parts_of(tts)) == "numbered/numbered"
    first.failures.append(RateLimitError("slow"))
    assert spoke(await parts_of(tts)) == "other/numbered"


async def test_a_text_without_words_fails_nobody() -> None:
    first, second = Numbered(), Other()
    tts = behind(first, second)
    assert not (await parts_of(tts, ""))[-1].audio
    async with tts.session() as session:
        await session.flush()
        assert [part async for part in session.utterance()][-1].is_last
    assert all(one.failures == 0 for one in tts.standings)


# -- parameters


async def test_keyword_arguments_go_to_those_that_take_them() -> None:
    first, second = Numbered(), Other()
    tts = behind(first, second)
    assert spoke(await parts_of(tts, speed=1.5)) == "numbered/numbered"
    first.failures.append(lost())
    with pytest.raises(AllModelsFailedError, match=r"lost; other/numbered: ParameterError: .*speed"):
        await parts_of(tts, speed=1.5)
    assert second.requests == []


async def test_one_that_alone_takes_them_speaks_and_it_is_said_why() -> None:
    class Strict(Numbered):
        class Parameters(BaseModel):
            voice: Literal["one"] = "one"

    parts = await parts_of(behind(Strict(), Other()), voice="three")
    assert spoke(parts) == "other/numbered"
    assert parts[-1].metadata is not None
    assert parts[-1].metadata["fallback"]["failed"][0]["state"] == "refused"


async def test_what_none_takes_is_an_error_before_any_traffic() -> None:
    first, second = Numbered(), Other()
    with pytest.raises(ParameterError, match="loudness"):
        behind(first, second).synthesize("Hello", loudness=3)


async def test_parameters_say_what_holds_for_one() -> None:
    first, second = Numbered(), Other()
    first.failures.append(lost())
    tts = behind(first, second)
    parts = await parts_of(tts, speed=1.5, parameters={"other/numbered": {"voice": "three"}})
    assert spoke(parts) == "other/numbered"
    assert second.requests[0].parameters == {"voice": "three"}
    assert first.requests[0].parameters["speed"] == 1.5
    await parts_of(tts, parameters={1: {"voice": "two"}})
    with pytest.raises(ParameterError, match="no model 'other/numberd' here; did you mean 'other/numbered'"):
        tts.synthesize("Hello", parameters={"other/numberd": {}})
    with pytest.raises(ParameterError, match="extra is one provider's"):
        tts.synthesize("Hello", extra={"a": 1})


async def test_the_second_of_one_name_is_told_apart() -> None:
    first, second = Numbered(), Numbered()
    first.failures.append(lost())
    tts = behind(first, second)
    parts = await parts_of(tts, parameters={"numbered/numbered#2": {"speed": 2.0}})
    assert spoke(parts) == "numbered/numbered#2"
    assert second.requests[0].parameters["speed"] == 2.0


async def test_a_text_that_cannot_be_spoken_is_the_callers() -> None:
    with pytest.raises(ParameterError, match="half a character"):
        behind(Numbered(), Other()).synthesize("\ud800")


async def test_a_text_that_is_too_long_for_the_next_one_is_a_cause() -> None:
    first, second = Numbered(), Other()
    second._settings._limits = Limits(max_characters=3)
    first.failures.append(lost())
    with pytest.raises(AllModelsFailedError, match="3 is the limit"):
        await parts_of(behind(first, second))


# -- formats


async def test_all_deliver_the_format_of_the_first() -> None:
    first, second = Numbered(), Other()
    second.format = AudioFormat("pcm_s16le", 16000)
    first.failures.append(lost())
    parts = await parts_of(behind(first, second, output=AudioFormat("wav", RATE)))
    assert {part.format for part in parts} == {AudioFormat("wav", RATE)}
    assert parts[0].audio.startswith(b"RIFF")
    assert sum(part.audio.count(b"RIFF") for part in parts) == 1
    assert sum(part.samples or 0 for part in parts) == len("Hello there.") * PER_CHARACTER // 2


def test_words_are_promised_with_their_times_where_every_model_gives_them() -> None:
    class Timed(Numbered):
        def _times(self, parameters: Any) -> bool:
            return True

    assert behind(Timed(), Timed()).word_timings
    assert not behind(Timed(), Other()).word_timings


def test_a_format_that_nobody_can_foretell_must_be_named() -> None:
    with pytest.raises(ParameterError, match=r'numbered/numbered delivers is not known .* output=AudioFormat\("wav"'):
        FallbackTTSModel([Numbered(), Other()])


def test_what_one_cannot_give_shows_when_it_is_built() -> None:
    first = OpenAITTSModel(OpenAICredential(api_key="sk-a"), "tts-1")
    assert FallbackTTSModel([first]).output == AudioFormat("mp3", 24000)
    with pytest.raises(ParameterError, match="openai/tts-1: output g722"):
        FallbackTTSModel([first, first], output=AudioFormat("g722", 16000))


# -- conversations


async def test_an_utterance_is_said_again_to_the_next_one() -> None:
    first, second = Echo(lost(), max_retries=0), OtherEcho()
    async with behind(first, second).session() as session:
        said = []
        for text in ("one two", "three"):
            for word in text.split(" "):
                await session.send(word)
            await session.flush()
            said.append([part async for part in session.utterance()])
    assert [spoken(parts) for parts in said] == ["onetwo", "three"]
    assert [spoke(parts) for parts in said] == ["other/echo", "other/echo"]


def spoken(parts: list[TTSResponse]) -> str:
    return b"".join(part.audio for part in parts).decode("utf-16-le")


async def test_one_that_is_up_again_speaks_the_next_utterance() -> None:
    first, second = Echo(lost(), max_retries=0), OtherEcho()
    tts = behind(first, second)
    async with tts.session() as session:
        speakers = []
        for _ in range(2):
            await session.send("hello")
            await session.flush()
            parts = [part async for part in session.utterance()]
            assert spoken(parts) == "hello"
            speakers.append(spoke(parts))
            rested(tts)
    assert speakers == ["other/echo", "echo/echo"]
    assert (first.runs, second.runs) == (2, 1)


async def test_utterances_that_wait_are_spoken_once_each_whoever_speaks() -> None:
    first, second = Echo(lost(), "at the start", max_retries=0), OtherEcho()
    tts = behind(first, second, recovery=Recovery(pause=0.0))
    texts = [f"text {number}" for number in range(20)]
    async with tts.session() as session:
        for text in texts:
            await session.send(text)
            await session.flush()
        await session.end()
        parts = [part async for part in session]
    assert spoken(parts) == "".join(texts)


async def test_in_mid_utterance_the_error_is_raised_and_the_conversation_goes_on() -> None:
    first, second = Echo("in the middle", max_retries=0), OtherEcho()
    async with behind(first, second).session() as session:
        await session.send("hello")
        await session.flush()
        with pytest.raises(ConnectionFailedError, match="of audio had come"):
            async for _ in session.utterance():
                pass
        await session.interrupt()
        await session.send("again")
        await session.flush()
        parts = [part async for part in session.utterance()]
    assert (spoken(parts), spoke(parts)) == ("again", "other/echo")


async def test_a_conversation_that_nobody_can_speak_names_every_cause() -> None:
    first, second = Echo(lost(), max_retries=0), OtherEcho(AuthenticationError("no"))
    async with behind(first, second).session() as session:
        await session.send("hello")
        await session.flush()
        with pytest.raises(AllModelsFailedError, match=r"echo/echo: .*lost; other/echo: AuthenticationError: no"):
            async for _ in session.utterance():
                pass


async def test_a_silent_one_is_left_in_a_conversation_too() -> None:
    first, second = Echo("never", timeouts=Timeouts(first_audio=0.02)), OtherEcho()
    async with FallbackTTSModel([first, second], output=FORMAT).session() as session:
        await session.send("hello")
        await session.flush()
        parts = [part async for part in session.utterance()]
    assert (spoken(parts), spoke(parts), first.runs) == ("hello", "other/echo", 1)


async def test_models_that_take_whole_texts_and_realtime_ones_stand_in_for_each_other() -> None:
    first, second = Echo(lost(), max_retries=0), Other()
    async with behind(first, second).session() as session:
        await session.send("Hello there. ")
        await session.send("And you?")
        await session.flush()
        parts = [part async for part in session.utterance()]
    assert spoke(parts) == "other/numbered"
    assert [one.text for one in second.requests] == ["Hello there.", " And you?"]
    third = Numbered()
    third.failures.append(lost())
    assert heard([part async for part in behind(third, OtherEcho()).stream(["He", "llo"])]).endswith("llo")


async def test_after_the_first_sentence_no_other_voice_goes_on() -> None:
    first, second = Numbered(), Other()
    async with behind(first, second).session() as session:
        await session.send("Hello there. ")
        await session.commit()
        assert (await anext(session)).audio
        first.failures.append(lost())
        await session.send("And you?")
        await session.flush()
        with pytest.raises(ConnectionFailedError, match="lost"):
            async for _ in session:
                pass
    assert second.requests == []


# -- like any other model


async def test_it_pushes_saves_and_blocks_like_any_other(tmp_path: Any) -> None:
    first, second = Echo(lost(), max_retries=0), OtherEcho()
    tts = behind(first, second)
    async with tts:
        await tts.push("Hello ")
        parts = [part async for part in await tts.synthesize("you.")]
    assert parts[-1].is_last
    tts = behind(Numbered(), Other(), output=AudioFormat("wav", RATE))
    saved = await tts.save("Hello.", tmp_path / "a.wav")
    assert saved.duration == pytest.approx(0.06)
    await tts.prewarm()
    await asyncio.to_thread(_blocked, behind(Numbered(), Other()))
    assert repr(tts) == "<FallbackTTSModel numbered/numbered:one | other/numbered:two>"
    assert behind(Echo(), OtherEcho()).realtime
    assert not behind(Echo(), Other()).realtime


def _blocked(tts: FallbackTTSModel) -> None:
    with blocking(tts) as speaker:
        assert speaker.synthesize("Hello.").samples == 6 * PER_CHARACTER
        with speaker.session() as session:
            session.send("Hello.")
            session.flush()
            assert list(session.utterance())[-1].is_last


async def test_a_group_counts_as_its_models() -> None:
    first, second, third = Numbered(), Other(), Numbered()
    first.failures.append(lost())
    second.failures.append(lost())
    tts = behind(behind(first, second), third)
    assert tts.models == (first, second, third)
    parts = await parts_of(tts)
    assert whole(parts)
    assert spoke(parts) == "numbered/numbered#2"


async def test_a_class_that_answers_itself_is_taken_too() -> None:
    class Own(TTSModelBase[Any]):
        provider: ClassVar[str] = "own"

        def __init__(self) -> None:
            super().__init__(LocalCredential(), "own", stream=False)
            self.fail = False

        async def synthesize(self, text: Any = None, **kwargs: Any) -> Any:
            if self.fail:
                raise ConnectionFailedError("lost")
            source = Base64Source(data="AAABAAIA", media_type=f"audio/pcm;rate={RATE}")
            return TTSResponse(AudioBlock(source=source), sentences=(SentenceTiming("Hello.", 0, 1),))

    own, second = Own(), Other()
    tts = behind(own, second)
    parts = await parts_of(tts)
    assert numbers(b"".join(part.audio for part in parts)) == [0, 1, 2]
    assert [one.text for part in parts for one in part.sentences] == ["Hello."]
    async with tts.session() as session:
        await session.send("Hello.")
        await session.flush()
        assert sum([part.samples or 0 async for part in session.utterance()]) == 3
    own.fail = True
    assert spoke(await parts_of(tts)) == "other/numbered"


@pytest.mark.parametrize("models", [[], "local/espeak-ng", [3], None])
def test_what_is_no_list_of_models_is_refused(models: Any) -> None:
    with pytest.raises(ParameterError, match="models must be"):
        FallbackTTSModel(models)


async def test_observers_hear_of_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Log(Observer):
        def request(self, call: Call) -> None:
            told.append(f"{call.provider} {call.kind}")

        def fallback(self, call: Call, error: ModelDeckError) -> None:
            told.append(f"{call.provider} fallback {type(error).__name__}")

        def first_audio(self, call: Call, seconds: float) -> None:
            told.append(f"{call.provider} audio")

        def interrupted(self, call: Call, played: float | None) -> None:
            told.append(f"{call.provider} interrupted")

        def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
            told.append(f"{call.provider} end {type(error).__name__}")

    transport = Transport(observer=Log())
    first, second = Numbered(transport=transport), Other(transport=transport)
    first.failures.append(lost())
    tts = behind(first, second)
    await parts_of(tts)
    expected = ["numbered synthesize", "numbered fallback ConnectionFailedError", "numbered end ConnectionFailedError"]
    assert told == [*expected, "other synthesize", "other audio", "other end NoneType"]
    told.clear()
    one, two = Echo(lost(), max_retries=0, transport=transport), OtherEcho(transport=transport)
    async with behind(one, two).session() as session:
        await session.send("hello")
        await session.flush()
        async for _ in session.utterance():
            pass
        await session.interrupt()
    begun = ["echo session", "echo fallback ConnectionFailedError", "other session", "other audio"]
    assert told == [*begun, "other interrupted", "echo end NoneType", "other end NoneType"]


async def test_a_conversation_delivers_what_it_was_asked_for(modeldeck_sandbox: SandboxProcess) -> None:
    """CosyVoice leaves as MP3, of which no PCM can be made: it is asked for PCM, as by the call."""
    dashscope = DashScopeCredential(api_key="sk-a", base_url=modeldeck_sandbox.url)
    azure = AzureCredential(api_key="b", base_url=modeldeck_sandbox.url)
    async with Transport() as transport:
        first = DashScopeCosyVoiceRealtimeTTSModel(dashscope, "cosyvoice-v3-flash", transport=transport)
        tts = FallbackTTSModel([first, AzureTTSModel(azure, "neural", transport=transport)])
        assert tts.output == AudioFormat("mp3", 22050)
        heard_of = []
        for fault in ((), ("status=503;times=9",)):
            modeldeck_sandbox.arm(*fault)
            async with tts.session(output=AudioFormat("pcm_s16le", 16000)) as session:
                await session.send("Hello there.")
                await session.flush()
                parts = [part async for part in session.utterance()]
            heard_of.append(((parts[-1].metadata or {})["fallback"]["model"], {part.format for part in parts}))
            assert sum(part.samples or 0 for part in parts) == pytest.approx(len("Hello there.") * 0.06 * 16000, abs=9)
    assert heard_of[0] == ("dashscope/cosyvoice-v3-flash", {AudioFormat("pcm_s16le", 16000)})


def test_words_are_timed_where_every_model_times_them() -> None:
    azure = AzureCredential(api_key="b", region="eastus")
    timed = [AzureTTSModel(azure, "neural"), AzureRealtimeTTSModel(azure, "neural-realtime")]
    untimed = AzureTTSModel(azure, "neural", {"word_timestamps": False})
    assert FallbackTTSModel(timed).word_timings
    assert not FallbackTTSModel([*timed, untimed]).word_timings


async def test_a_spoken_stream_of_texts_is_one_utterance() -> None:
    async def texts() -> AsyncIterator[str]:
        yield "Hello "
        yield "there."

    first, second = Echo(lost(), max_retries=0), OtherEcho()
    parts = [part async for part in behind(first, second).stream(texts())]
    assert spoken(parts) == "Hello there."
