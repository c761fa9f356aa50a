"""What a conversation costs: connections, and when text leaves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from modeldeck import Limits, Observer, Transport
from modeldeck.credential import LiveKitCredential
from modeldeck.errors import CardWarning, ParameterError, RateLimitError
from modeldeck.providers.livekit.parameters import LiveKitTTSParameters
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AudioFormat, LiveKitTTSModel
from modeldeck.tts.session import Session

SAMPLES = 1440  # of a character


class Connections(Observer):
    """Whether each call's connection was there before."""

    def __init__(self) -> None:
        self.reused: list[bool] = []

    def connected(self, call: Any, seconds: float, reused: bool) -> None:
        self.reused.append(reused)


def spoken(box: Sandbox) -> list[list[Any]]:
    """What was sent, by connection, where something was said."""
    sent = [[json.loads(frame) for frame in one["frames"] if isinstance(frame, str)] for one in box.requests()]
    return [frames for frames in sent if len(frames) > 1]


def transcripts(frames: list[Any]) -> list[str]:
    return [frame["transcript"] for frame in frames if "transcript" in frame]


async def turn(talk: Session, text: str) -> int:
    """Samples of the answer."""
    await talk.send(text)
    await talk.flush()
    return sum([chunk.samples or 0 async for chunk in talk.utterance()])


@pytest.mark.parametrize("first", ["你好。", "はい！", "これでいいですか？"])
async def test_the_first_sentence_leaves_at_once(box: Sandbox, credential: LiveKitCredential, first: str) -> None:
    """Though it is short and nothing follows yet."""
    async with LiveKitTTSModel(credential).session() as talk:
        await talk.send(first)
        assert (await anext(talk)).audio
        await talk.send("再见")
        await talk.flush()
        async for _ in talk.utterance():
            pass
    assert transcripts(spoken(box)[0]) == [f"{first} ", "再见 "]


async def test_turns_share_a_connection(box: Sandbox, credential: LiveKitCredential) -> None:
    async with LiveKitTTSModel(credential).session() as talk:
        assert [await turn(talk, text) for text in ("One.", "And two.")] == [4 * SAMPLES, 8 * SAMPLES]
    (frames,) = spoken(box)
    assert [frame["type"] for frame in frames] == [
        "session.create",
        *["input_transcript", "session.flush"] * 2,
    ]


async def test_an_interruption_costs_no_handshake(box: Sandbox, credential: LiveKitCredential) -> None:
    watch = Connections()
    async with Transport(observer=watch) as transport:
        tts = LiveKitTTSModel(credential, transport=transport)
        await tts.prewarm()
        async with tts.session() as talk:
            for _ in range(3):
                await talk.send("This goes on and on and on. And on.")
                await talk.flush()
                await anext(talk)
                await talk.interrupt()
                await asyncio.wait_for(_ready(box, len(watch.reused) + 1), 10)
            assert await turn(talk, "Yes?") == 4 * SAMPLES
    assert watch.reused == [True] * 4


async def test_a_connection_outlives_its_session(box: Sandbox, credential: LiveKitCredential) -> None:
    watch = Connections()
    async with Transport(observer=watch, limits=Limits(spares=0)) as transport:
        tts = LiveKitTTSModel(credential, transport=transport)
        for _ in range(2):
            async with tts.session() as talk:
                assert await turn(talk, "One.") == 4 * SAMPLES
                await talk.interrupt(played=1.0)
                assert await turn(talk, "Two.") == 4 * SAMPLES
    assert watch.reused == [False, True, True, True]
    assert len(spoken(box)) == 1


async def _ready(box: Sandbox, connections: int) -> None:
    """Until so many have begun a session."""
    while sum(bool(one["frames"]) for one in box.requests()) < connections:
        await asyncio.sleep(0)


async def test_commit_and_clear(box: Sandbox, credential: LiveKitCredential) -> None:
    async with LiveKitTTSModel(credential).session() as talk:
        await talk.send("Said now")
        await talk.commit()
        await anext(talk)
        await talk.send("是的。Not this")
        await talk.clear()
        await talk.send("The end")
        await talk.flush()
        async for _ in talk.utterance():
            pass
    assert transcripts(spoken(box)[0]) == ["Said now ", "是的。 ", "The end "]


async def test_a_turn_of_which_nothing_is_left(box: Sandbox, credential: LiveKitCredential) -> None:
    async with LiveKitTTSModel(credential).session() as talk:
        await talk.send("Not this")
        await talk.clear()
        await talk.flush()
        assert sum([chunk.samples or 0 async for chunk in talk.utterance()]) == 0
        assert await turn(talk, "This.") == 5 * SAMPLES


async def test_output_decides_the_rate(box: Sandbox, credential: LiveKitCredential) -> None:
    tts = LiveKitTTSModel(credential, stream=False, output=AudioFormat("pcm_s16le", 8000))
    response = await tts.synthesize("Hello.")
    assert (response.format, response.samples) == (AudioFormat("pcm_s16le", 8000), 6 * 480)
    assert spoken(box)[0][0]["sample_rate"] == "8000"


async def test_what_was_heard(box: Sandbox, credential: LiveKitCredential) -> None:
    for model, timed in {
        "cartesia/sonic-3": {"add_timestamps": True},
        "inworld/inworld-tts-2": {"timestamp_type": "CHARACTER"},
    }.items():
        async with LiveKitTTSModel(credential, model, timed).session() as talk:
            assert await turn(talk, "A turn before it.") > 0
            await talk.send("One two. Three four.")
            await talk.flush()
            async for _ in talk.utterance():
                pass
            assert await talk.interrupt(played=0.4) == "One two"


# -- other options on the way


async def test_update_options(box: Sandbox, credential: LiveKitCredential) -> None:
    tts = LiveKitTTSModel(credential, "cartesia/sonic-3:one", {"language": "en", "speed": "slow"}, enforce="off")
    async with tts.session() as talk:
        await turn(talk, "One.")
        tts.update_options(voice="two", language="de", speed=None)
        assert (tts.model, tts.parameters.voice, tts.parameters.language) == ("cartesia/sonic-3", "two", "de")
        await turn(talk, "Two.")
    async for _ in tts.synthesize("Three."):
        pass
    tts.update_options(model="inworld/inworld-tts-2:Ashley")
    assert (tts.model, tts.parameters.voice) == ("inworld/inworld-tts-2", "Ashley")
    async for _ in tts.synthesize("Four."):
        pass
    said = [
        (frame["generation_config"], frame["extra"])
        for frames in spoken(box)
        for frame in frames
        if "extra" in frame and "transcript" in frame
    ]
    one = {"voice": "one", "model": "cartesia/sonic-3", "language": "en"}
    assert said == [
        (one, {"speed": "slow"}),
        (one, {"speed": "slow"}),
        ({**one, "voice": "two", "language": "de"}, {}),
        ({"voice": "Ashley", "model": "inworld/inworld-tts-2", "language": "de"}, {}),
    ]


async def test_another_model_needs_no_connection(box: Sandbox, credential: LiveKitCredential) -> None:
    watch = Connections()
    async with Transport(observer=watch) as transport:
        tts = LiveKitTTSModel(credential, transport=transport, stream=False)
        other = LiveKitTTSModel(credential, "rime/coda", transport=transport, stream=False)
        await tts.synthesize("One.")
        tts.update_options(model="rime/coda")
        await tts.synthesize("Two.")
        await other.synthesize("Not over those of another.")
    assert watch.reused == [False, True, False]
    first, second = spoken(box)
    assert transcripts(first) == ["One. ", "Two. "]
    assert first[0]["model"] == "cartesia/sonic-3"
    assert second[0]["model"] == "rime/coda"


def test_options_that_are_refused_change_nothing() -> None:
    tts = LiveKitTTSModel(LiveKitCredential(api_key="APIkey", api_secret="x"), "cartesia/sonic-3", {"speed": "slow"})
    for wrong in (
        {"model": "rime/coda"},
        {"model": "rime/coda", "speed": 1.0},
        {"emotoin": "calm"},
        {"volume": "loud"},
    ):
        with pytest.raises(ParameterError):
            tts.update_options(**wrong)
        assert (tts.model, tts.parameters.speed) == ("cartesia/sonic-3", "slow")
    with pytest.raises(AttributeError, match="cannot be changed"):
        tts.model = "rime/coda"
    tts.update_options(model="rime/coda", speed=None, voice=None)
    assert tts.model == "rime/coda"


def test_what_was_left_out_on_purpose_stays_out() -> None:
    key = LiveKitCredential(api_key="APIkey", api_secret="x")
    tts = LiveKitTTSModel(key, "cartesia/sonic-3", {"voice": None})
    tts.update_options(language="de")
    assert (tts.parameters.voice, tts.parameters.language) == (None, "de")
    tts.update_options(language=None)
    assert tts.parameters.language is None


# -- what goes wrong


async def test_a_fallback_takes_over(box: Sandbox, credential: LiveKitCredential) -> None:
    tts = LiveKitTTSModel(credential, "cartesia/sonic-3!error", {"fallback": ["rime/coda"]}, stream=False)
    assert (await tts.synthesize("Hello.")).samples == 6 * SAMPLES


async def test_a_late_chunk_is_not_the_next_turns(box: Sandbox, credential: LiveKitCredential) -> None:
    box.arm("wrong_order;times=1")
    async with LiveKitTTSModel(credential).session() as talk:
        assert await turn(talk, "One two.") < 8 * SAMPLES  # the wire does not say that something is missing
        assert await turn(talk, "Three four.") == 11 * SAMPLES


async def test_a_refusal_is_typed(box: Sandbox, credential: LiveKitCredential) -> None:
    box.arm("status=429;retry-after=7")
    tts = LiveKitTTSModel(credential, max_retries=0)
    with pytest.raises(RateLimitError) as raised:
        await tts.prewarm()
    assert (raised.value.retry_after, raised.value.provider) == (7.0, "livekit")


class Parameters(LiveKitTTSParameters):
    mine: str | None = None


class Mine(LiveKitTTSModel):
    Parameters = Parameters

    def __init__(self, credential: LiveKitCredential) -> None:
        super().__init__(credential, "x/y:z:v", {"mine": "x"}, enforce="off")


def test_options_of_another_class_are_kept() -> None:
    tts = Mine(LiveKitCredential(api_key="APIkey", api_secret="x"))
    assert (tts.model, tts.parameters.voice) == ("x/y:z", "v")
    tts.update_options(voice="n")
    assert tts.model == "x/y:z"
    assert isinstance(tts.parameters, Parameters)
    assert (tts.parameters.voice, tts.parameters.mine) == ("n", "x")


def test_another_model_is_checked_as_a_new_one_is() -> None:
    key = LiveKitCredential(api_key="APIkey", api_secret="x")
    tts = LiveKitTTSModel(key, parameters={"language": "en"})
    with pytest.warns(CardWarning, match="deepgram/aura was switched off"):
        tts.update_options(model="deepgram/aura:luna")
    assert (tts.model, tts.parameters.voice, tts.parameters.language) == ("deepgram/aura", "luna", "en")
