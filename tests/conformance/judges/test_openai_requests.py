"""What our client sends equals what the official SDK sends for the same call, frame by frame.

But for ids, who asks, the SDK's own tracing headers and JSON spacing (`recorded.read` leaves those out): the SDK's
scenarios of `openai_sdk.py` are said again with our classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modeldeck.credential import OpenAICredential
from modeldeck.providers.openai.wire.realtime import VERBATIM
from modeldeck.sandbox import Sandbox
from modeldeck.tts import OpenAIRealtimeTTSModel, OpenAITTSModel
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded

TEXT = "床前明月光。It shines!"
MINI = "gpt-4o-mini-tts"
SPEECH: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]] = {
    "mp3": ("tts-1", {}, {}, {}),
    "opus": ("tts-1", {"response_format": "opus"}, {}, {}),
    "wav": ("tts-1", {"response_format": "wav"}, {}, {}),
    "every_option": (
        MINI,
        {
            "instructions": "calm",
            "response_format": "pcm",
            "speed": 1.25,
            "stream_format": "audio",
        },
        {"lang_code": "a"},
        {},
    ),
    "own_voice": (MINI, {"voice": "voice_1234", "response_format": "pcm"}, {}, {}),
    "organization": ("tts-1", {}, {}, {"organization": "org-1", "project": "proj_1"}),
    "events": (MINI, {"response_format": "pcm", "stream_format": "sse"}, {}, {}),
}


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("openai")


def asked(sent: Sent) -> Any:
    return sent.kind, sent.method, sent.path, sent.query, dict(sorted(sent.headers.items())), json.dumps(sent.body)


@pytest.mark.parametrize("name", SPEECH)
async def test_speech(verdicts: Verdicts, name: str) -> None:
    (theirs,) = verdicts[name].sent
    model, parameters, extra, who = SPEECH[name]
    async with Sandbox() as box:
        credential = OpenAICredential(api_key="sk-sandbox", base_url=f"{box.url}/v1", **who)
        tts = OpenAITTSModel(credential, model, parameters, extra=extra)
        async for _ in tts.synthesize(TEXT):
            pass
        await tts.transport.aclose()
        (mine,) = recorded(box)
    assert asked(mine) == asked(theirs)


async def test_the_models_are_asked_for_as_the_sdk_does(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["models"].sent
    async with Sandbox() as box:
        await OpenAICredential(api_key="sk-sandbox", base_url=box.url).check()
        (mine,) = recorded(box)
    assert (mine.method, mine.path, mine.headers["authorization"]) == (
        theirs.method,
        theirs.path,
        theirs.headers["authorization"],
    )


def conversation(sent: Sent) -> Any:
    """The handshake's headers but for those that say nothing there, and the frames."""
    headers = {name: value for name, value in sent.headers.items() if name not in ("accept", "content-type")}
    return sent.kind, sent.method, sent.path, sent.query, dict(sorted(headers.items())), sent.frames


async def test_realtime(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["realtime"].sent
    async with Sandbox() as box:
        credential = OpenAICredential(
            api_key="sk-sandbox", base_url=f"{box.url}/v1", organization="org-1", project="proj_1"
        )
        tts = OpenAIRealtimeTTSModel(credential, parameters={"voice": "cedar", "speed": 1.25})
        for text in (TEXT, "And more."):
            async for _ in tts.synthesize(text):
                pass
        await tts.transport.aclose()
        (mine,) = recorded(box)
    assert mine.frames[0]["session"]["instructions"] == VERBATIM
    theirs.frames[0]["session"]["instructions"] = VERBATIM
    assert conversation(mine) == conversation(theirs)
    assert json.dumps(mine.frames) == json.dumps(theirs.frames), "the keys come in another order"


async def test_an_own_realtime_voice(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["realtime_own_voice"].sent
    async with Sandbox() as box:
        credential = OpenAICredential(api_key="sk-sandbox", base_url=f"{box.url}/v1")
        tts = OpenAIRealtimeTTSModel(credential, parameters={"voice": "voice_1234", "instructions": "Whisper."})
        await tts.prewarm()
        await tts.transport.aclose()
        (mine,) = recorded(box)
    (update,) = mine.frames
    assert update["session"].pop("instructions") == f"{VERBATIM}\n\nHow to speak: Whisper."
    theirs.frames[0]["session"].pop("instructions")
    assert update == theirs.frames[0]


async def test_a_cancel(verdicts: Verdicts) -> None:
    theirs = next(frame for one in verdicts["realtime_cancel"].sent for frame in one.frames if "response_id" in frame)
    async with Sandbox() as box:
        credential = OpenAICredential(api_key="sk-sandbox", base_url=f"{box.url}/v1")
        tts = OpenAIRealtimeTTSModel(credential, "gpt-realtime-2.1-mini!slow=0.05;after=1", enforce="off")
        async with tts.session() as session:
            await session.send(TEXT * 20)
            await session.flush()
            async for increment in session:
                if increment.audio:
                    break
            await session.interrupt()
            await session.send("On.")
            await session.flush()
            async for increment in session:
                if increment.is_last:
                    break
        await tts.transport.aclose()
        frames = [frame for one in recorded(box) for frame in one.frames]
    mine = next(frame for frame in frames if frame["type"] == "response.cancel")
    assert mine.pop("response_id").startswith("resp_")
    theirs.pop("response_id")
    assert mine == theirs
