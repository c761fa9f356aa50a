"""What our client sends equals what the official SDK sends for the same call.

But for who asks, and for the spelling of keys: the SDK writes those of `speechConfig` in snake case, we all in camel
case, and the service takes both. The SDK's scenarios of `gemini_sdk.py` are said again with our class.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modeldeck.credential import GeminiCredential
from modeldeck.providers.gemini.wire.request import camel
from modeldeck.sandbox import Sandbox
from modeldeck.tts import GeminiTTSModel
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded

TEXT = "床前明月光。It shines!"
DIALOGUE = "Joe: Are you there?\nJane: I am."
OLD, NEW = "gemini-2.5-flash-preview-tts", "gemini-3.8-flash-tts"
SPEAKERS = [{"name": "Joe", "voice": "Puck"}, {"name": "Jane", "voice": "Kore"}]

CALLS: dict[str, tuple[str, Mapping[str, Any], str]] = {
    "whole": (OLD, {}, TEXT),
    "whole_every_option": (
        OLD,
        {
            "voice": "Puck",
            "language_code": "cmn-CN",
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 40,
            "max_output_tokens": 8000,
            "seed": 7,
        },
        TEXT,
    ),
    "whole_instructions": (OLD, {"instructions": "Whisper"}, TEXT),
    "stream": (OLD, {"delivery": "stream"}, TEXT),
    "asynchronous": (OLD, {}, TEXT),
    "asynchronous_stream": (OLD, {"delivery": "stream"}, TEXT),
    "dialogue": (OLD, {"speakers": SPEAKERS}, DIALOGUE),
    "verbatim_whole": (NEW, {"delivery": "whole", "format": None}, TEXT),
    "own_voice": (NEW, {"delivery": "whole", "format": None, "voice": "voice_0123456789"}, TEXT),
    "verbatim_stream": (NEW, {"language_code": "cmn-CN", "seed": 7, "instructions": "calm"}, TEXT),
    "verbatim_dialogue": (NEW, {"speakers": SPEAKERS, "instructions": "calm"}, DIALOGUE),
}


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("gemini")


async def ours(model: str, parameters: Mapping[str, Any], text: str) -> Sent:
    async with Sandbox() as box:
        credential = GeminiCredential(api_key="AIza-sandbox", base_url=box.url, api_version="v1")
        tts = GeminiTTSModel(credential, model, parameters)
        async for _ in tts.synthesize(text):
            pass
        await tts.transport.aclose()
        (sent,) = recorded(box)
    return sent


def alike(sent: Sent) -> Any:
    """As JSON text, so that the order of the keys counts."""
    place = (sent.kind, sent.method, sent.path, sent.query)
    return json.dumps([place, dict(sorted(sent.headers.items())), camel(sent.body)], ensure_ascii=False)


@pytest.mark.parametrize("name", CALLS)
async def test_request_for_request(verdicts: Verdicts, name: str) -> None:
    (theirs,) = verdicts[name].sent
    mine = await ours(*CALLS[name])
    assert alike(mine) == alike(theirs).replace("40.0", "40")


@pytest.mark.parametrize("name", CALLS)
async def test_all_in_camel_case(name: str) -> None:
    sent = await ours(*CALLS[name])
    assert camel(sent.body) == sent.body
