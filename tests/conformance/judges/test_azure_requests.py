"""What our client sends equals what the official SDK sends for the same call, message by message.

But for ids, times, who asks, and these, which are meant: the SDK offers a subprotocol (`USP`) that no server has to
take; it reports how long things took (`telemetry`); it says en-US of every document, ours says the voice's locale; with
words it asks for punctuation marks too, which nobody here has a use for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modeldeck.credential import AzureCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel, AzureTTSModel, TTSModelBase
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded

TEXT = "床前明月光。It shines <twice> & more!"
PIECES = ["Hello ", "there. How <b>", "& are you? And", " more"]
PLAIN = {"word_timestamps": False}
SSML = (
    "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='http://www.w3.org/2001/mstts' "
    "xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>"
    "<prosody rate='+10%'>It shines.</prosody></voice></speak>"
)
KEY = "azure-sandbox"
Calls = tuple[type[TTSModelBase], str, Mapping[str, Any], list[list[str]]]
CALLS: dict[str, Calls] = {
    "text": (AzureTTSModel, "neural", PLAIN, [[TEXT]]),
    "words": (AzureTTSModel, "neural", {}, [[TEXT]]),
    "visemes": (AzureTTSModel, "neural", {**PLAIN, "visemes": True}, [["It shines."]]),
    "several_turns": (AzureTTSModel, "neural", PLAIN, [["One."], ["Two two."], ["Three."]]),
    "trained_voice": (
        AzureTTSModel,
        "custom-neural",
        {**PLAIN, "voice": "MyVoice", "deployment_id": "d0c1"},
        [["It shines."]],
    ),
    "text_stream": (AzureRealtimeTTSModel, "neural-realtime", PLAIN, [PIECES]),
    "text_stream_words": (AzureRealtimeTTSModel, "neural-realtime", {}, [PIECES]),
    "text_stream_settings": (
        AzureRealtimeTTSModel,
        "neural-realtime",
        {
            **PLAIN,
            "pitch": "+2st",
            "rate": "1.2",
            "volume": "50",
            "style": "cheerful",
            "prefer_locales": "en-US,fr-FR",
            "lexicon": "https://example.com/lexicon.xml",
        },
        [PIECES],
    ),
    "text_stream_temperature": (AzureRealtimeTTSModel, "neural-hd-realtime", {"temperature": 0.7}, [PIECES]),
    "text_stream_turns": (AzureRealtimeTTSModel, "neural-realtime", PLAIN, [["One."], ["Two two."], ["Three."]]),
}


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("azure")


async def ours(cls: type[Any], model: str, parameters: Mapping[str, Any], texts: list[list[str]]) -> list[Sent]:
    async with Sandbox() as box:
        tts = cls(AzureCredential(api_key=KEY, base_url=box.url), model, parameters)
        for text in texts:
            async for _ in tts.stream(text) if len(text) > 1 else tts.synthesize(text[0]):
                pass
        await tts.transport.aclose()
        return [one for one in recorded(box) if len(one.frames) > 1 or one.kind == "http"]


def alike(sent: Sent) -> Any:
    headers = {name: value for name, value in sent.headers.items() if name != "sec-websocket-protocol"}
    assert len(headers.pop("x-connectionid")) == 32
    turns: dict[str, int] = {}
    messages = [message(frame, turns) for frame in sent.frames]
    return sent.kind, sent.path, sent.query, headers, [one for one in messages if one[0]["Path"] != "telemetry"]


def message(frame: str, turns: dict[str, int]) -> tuple[dict[str, Any], Any]:
    """Headers in their order; of ids, which turn."""
    lines, _, body = frame.partition("\r\n\r\n")
    headers: dict[str, Any] = dict(line.split(":", 1) for line in lines.split("\r\n"))
    assert len(headers["X-Timestamp"]) == len("2026-11-21T08:13:13.304Z")
    headers["X-Timestamp"] = ""
    if name := headers.get("X-RequestId"):
        assert len(name) == 32
        headers["X-RequestId"] = turns.setdefault(name, len(turns))
    if headers["Path"] == "speech.config":
        context = json.loads(body)["context"]
        assert set(context["system"]) == {"version", "name", "build"}
        return headers, None
    if headers["Path"] == "synthesis.context":
        found = json.loads(body)
        found["synthesis"]["audio"]["metadataOptions"]["punctuationBoundaryEnabled"] = False
        return headers, json.dumps(found)
    return headers, body


@pytest.mark.parametrize("name", CALLS)
async def test_a_call(verdicts: Verdicts, name: str) -> None:
    (theirs,) = verdicts[name].sent
    (mine,) = await ours(*CALLS[name])
    assert alike(mine) == alike(theirs)
    for one, other in zip(alike(mine)[-1], alike(theirs)[-1], strict=True):
        assert list(one[0]) == list(other[0]), "the headers come in another order"


async def test_ssml(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["ssml"].sent
    (mine,) = await ours(AzureTTSModel, "neural", {**PLAIN, "ssml": True}, [[SSML]])
    found = alike(mine)
    context = json.loads(found[-1][1][1])
    assert context["synthesis"]["audio"]["metadataOptions"].pop("bookmarkEnabled")  # a document may have some
    wanted = alike(theirs)
    asked = json.loads(wanted[-1][1][1])
    assert not asked["synthesis"]["audio"]["metadataOptions"].pop("bookmarkEnabled")  # nobody listened for them
    assert context == asked
    assert found[-1][2] == wanted[-1][2]


async def test_a_voice_of_another_locale(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["text_of_another_locale"].sent
    (mine,) = await ours(AzureTTSModel, "neural", {**PLAIN, "voice": "zh-CN-XiaoxiaoNeural"}, [["你好。"]])
    assert str(alike(mine)).replace("xml:lang='zh-CN'", "xml:lang='en-US'") == str(alike(theirs))


async def test_who_asks(verdicts: Verdicts) -> None:
    """A token goes alone; the SDK sends the key beside it when it has one."""
    theirs = verdicts["token"].sent[-1]
    async with Sandbox() as box:
        tts = AzureTTSModel(AzureCredential(token="t" * 38, base_url=box.url), parameters=PLAIN, stream=False)
        await tts.synthesize("It shines.")
        await tts.transport.aclose()
        (mine,) = recorded(box)
    assert {*theirs.headers} - {*mine.headers} == {"ocp-apim-subscription-key", "sec-websocket-protocol"}
    assert mine.headers["authorization"] == theirs.headers["authorization"] == "(45 characters)"
