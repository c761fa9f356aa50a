"""What our client sends equals what LiveKit's own client sends for the same call, message by message.

But for who asks and when, and where sentences are cut: its client keeps what is shorter than twenty characters for
the next one, and gives a first sentence away only when the second has begun. The texts here are cut alike.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from modeldeck.credential import LiveKitCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import LiveKitTTSModel
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded

VOICE = "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"
MODEL = f"cartesia/sonic-3:{VOICE}"
TEXTS = [
    "This is the first sentence of all. This is the second one of them.",
    "Another turn begins with this one.",
    "The third turn is the last one of them.",
]
Made = Callable[..., LiveKitTTSModel]


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("livekit")


async def turns(made: Made) -> None:
    async with made(MODEL).session() as talk:
        for text in TEXTS:
            await spoken(talk, [text])


async def pieces(made: Made) -> None:
    async for _ in made(MODEL).stream(TEXTS[0][at : at + 7] for at in range(0, len(TEXTS[0]), 7)):
        pass


async def synthesize(made: Made) -> None:
    await made(MODEL, stream=False).synthesize(TEXTS[0])


async def every_option(made: Made) -> None:
    options = {"speed": "slow", "volume": 1.2, "emotion": "calm", "max_buffer_delay_ms": 0}
    await made(MODEL, {"language": "en", "sample_rate": 16000, **options}, stream=False).synthesize(TEXTS[0])


async def prewarm(made: Made) -> None:
    tts = made(MODEL, stream=False)
    await tts.prewarm()
    await tts.synthesize(TEXTS[0])


async def update_options(made: Made) -> None:
    tts = made(MODEL, stream=False)
    await tts.synthesize(TEXTS[0])
    tts.update_options(model="inworld/inworld-tts-2:Ashley", language="de", temperature=0.7)
    await tts.synthesize(TEXTS[1])


async def words(made: Made) -> None:
    async with made(MODEL, {"add_timestamps": True}).session() as talk:
        for text in TEXTS[:2]:
            await spoken(talk, [text])


async def characters(made: Made) -> None:
    tts = made("inworld/inworld-tts-2:Ashley", {"timestamp_type": "CHARACTER"}, stream=False)
    await tts.synthesize(TEXTS[1])


async def fallback(made: Made) -> None:
    others = ["inworld/inworld-tts-2:Ashley", {"model": "rime/coda", "extra": {"speed_alpha": 1.1}}]
    await made(MODEL, {"fallback": others}, stream=False).synthesize(TEXTS[0])


CALLS: list[Callable[[Made], Awaitable[None]]] = [
    turns,
    pieces,
    synthesize,
    every_option,
    prewarm,
    update_options,
    words,
    characters,
    fallback,
]


async def spoken(talk: Any, texts: list[str]) -> None:
    for text in texts:
        await talk.send(text)
    await talk.flush()
    async for _ in talk.utterance():
        pass


async def ours(call: Callable[[Made], Awaitable[None]]) -> list[Sent]:
    """But for the connections that only stand ready."""
    async with Sandbox() as box:
        environment = box.environment()
        credential = LiveKitCredential(
            api_key=environment["LIVEKIT_API_KEY"],
            api_secret=environment["LIVEKIT_API_SECRET"],
            base_url=environment["LIVEKIT_INFERENCE_URL"],
        )
        made: list[LiveKitTTSModel] = []

        def make(*arguments: Any, **options: Any) -> LiveKitTTSModel:
            made.append(LiveKitTTSModel(credential, *arguments, **options))
            return made[-1]

        await call(make)
        for tts in made:
            await tts.transport.aclose()
        return [one for one in recorded(box) if len(one.frames) > 1]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_request_for_request(verdicts: Verdicts, call: Callable[[Made], Awaitable[None]]) -> None:
    (theirs,) = verdicts[call.__name__].sent
    (mine,) = await ours(call)
    assert {**mine.headers, "accept": "*/*"} == theirs.headers  # its WebSocket library's; the token goes by its length
    assert (mine.method, mine.path, mine.query) == (theirs.method, theirs.path, theirs.query)
    assert json.dumps(mine.frames) == json.dumps(theirs.frames)  # the keys in their order too
