"""What our client sends equals what the official SDK sends for the same call, frame by frame.

But for ids, times, who asks, the SDK's own tracing headers and JSON spacing (`recorded.read` leaves those out), and
the order of independent frames in time: the SDK's scenarios of `dashscope_sdk.py` are said again with our classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    TTSModelBase,
)
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded

TEXT = "床前明月光。It shines!"
# What the SDK says though nobody set it; our classes leave it to the service, so these calls set it too.
TASK = {
    "voice": "longanyang",
    "volume": 50,
    "sample_rate": 24000,
    "rate": 1.0,
    "format": "pcm",
    "pitch": 1.0,
    "seed": 0,
}
UNDOCUMENTED = {"type": 0}
EVERY = {
    "voice": "Cherry",
    "format": "opus",
    "sample_rate": 48000,
    "volume": 60,
    "speech_rate": 1.2,
    "pitch_rate": 0.9,
    "bit_rate": 128,
    "enable_tn": True,
    "language_type": "Chinese",
    "instructions": "calm",
    "optimize_instructions": True,
}
SAMBERT = "sambert-zhichu-v1"

Calls = tuple[type[TTSModelBase], str, Mapping[str, Any], Mapping[str, Any], list[str]]

QWEN: dict[str, Calls] = {
    "http_stream": (DashScopeTTSModel, "qwen3-tts-flash", {"voice": "Cherry", "language_type": "Chinese"}, {}, [TEXT]),
    "http_instructions": (
        DashScopeTTSModel,
        "qwen3-tts-instruct-flash",
        {"voice": "Cherry", "language_type": "English", "instructions": "calm", "optimize_instructions": True},
        {},
        [TEXT],
    ),
    "realtime_server_commit": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-flash-realtime",
        {"voice": "Cherry"},
        {},
        ["床前", "明月光。", "It shines!", " And more"],
    ),
    "realtime_every_option": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-instruct-flash-realtime",
        {
            "voice": "Cherry",
            "mode": "commit",
            "sample_rate": 48000,
            "format": "pcm",
            "volume": 60,
            "speech_rate": 1.2,
            "pitch_rate": 0.9,
            "language_type": "Chinese",
            "enable_tn": True,
            "instructions": "calm",
            "optimize_instructions": True,
        },
        {},
        [TEXT],
    ),
    "realtime_every_option_opus": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-instruct-flash-realtime",
        {**EVERY, "mode": "commit"},
        {},
        [TEXT],
    ),
    "realtime_server_commit_every_option": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-instruct-flash-realtime",
        {**EVERY, "mode": "server_commit"},
        {},
        [TEXT, " And more"],
    ),
    "http_legacy": (DashScopeTTSModel, "qwen-tts", {"voice": "Cherry"}, {}, [TEXT]),
    "realtime_opus": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-flash-realtime",
        {"voice": "Cherry", "mode": "commit", "format": "opus", "sample_rate": 48000, "bit_rate": 128},
        {},
        [TEXT],
    ),
    "realtime_wav": (
        DashScopeRealtimeTTSModel,
        "qwen3-tts-flash-realtime",
        {"voice": "Cherry", "format": "wav", "sample_rate": 8000},
        {},
        [TEXT],
    ),
}
TASKS: dict[str, Calls] = {
    "task_call": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"enable_ssml": True},
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_call_v2": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v2",
        {"enable_ssml": True, "voice": "longxiaochun_v2"},
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_call_wav": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"enable_ssml": True, "format": "wav", "sample_rate": 16000},
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_call_ssml": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"enable_ssml": True},
        UNDOCUMENTED,
        ["<speak>床前明月光。</speak>"],
    ),
    "task_call_mp3": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"enable_ssml": True, "format": "mp3", "sample_rate": 22050},
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_call_opus": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"enable_ssml": True, "format": "opus", "bit_rate": 32},
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_streaming": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {},
        UNDOCUMENTED,
        ["床前", "明月光。", "It ", "shines! And", " more"],
    ),
    "task_streaming_every_option": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {
            "volume": 60,
            "rate": 1.1,
            "pitch": 0.9,
            "seed": 7,
            "language_hints": ["zh"],
            "hot_fix": {"pronunciation": [{"天气": "tian1 qi4"}]},
            "enable_aigc_tag": False,
        },
        UNDOCUMENTED,
        [TEXT],
    ),
    "task_streaming_words": (
        DashScopeCosyVoiceRealtimeTTSModel,
        "cosyvoice-v3-flash",
        {"word_timestamp_enabled": True},
        UNDOCUMENTED,
        [TEXT],
    ),
}


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("dashscope")


async def ours(
    cls: type[Any], model: str, parameters: Mapping[str, Any], extra: Mapping[str, Any], texts: list[str]
) -> list[Sent]:
    async with Sandbox() as box:
        tts = cls(DashScopeCredential(api_key="sk-sandbox", base_url=box.url), model, parameters, extra=extra)
        async for _ in tts.stream(texts) if len(texts) > 1 else tts.synthesize(texts[0]):
            pass
        await tts.transport.aclose()
        return recorded(box)


def alike(sent: Sent) -> Any:
    """Without ids; `event_id` and `task_id` are only there."""
    frames = json.loads(json.dumps(sent.frames))
    for frame in frames:
        if "event_id" in frame:
            frame["event_id"] = ""
        if "header" in frame:
            frame["header"]["task_id"] = ""
    return sent.kind, sent.method, sent.path, sent.query, dict(sorted(sent.headers.items())), sent.body, frames


@pytest.mark.parametrize("name", QWEN)
async def test_qwen(verdicts: Verdicts, name: str) -> None:
    (theirs,) = verdicts[name].sent
    spoken = [one for one in await ours(*QWEN[name]) if one.body or one.frames]
    assert alike(spoken[0]) == alike(theirs)
    assert len(spoken) == 1
    assert json.dumps(alike(spoken[0])) == json.dumps(alike(theirs)), "the keys come in another order"


@pytest.mark.parametrize("name", TASKS)
async def test_run_task(verdicts: Verdicts, name: str) -> None:
    (theirs,) = verdicts[name].sent
    cls, model, parameters, extra, texts = TASKS[name]
    spoken = await ours(cls, model, {**TASK, **parameters}, extra, texts)
    *mine, frames = alike(next(one for one in spoken if len(one.frames) > 1))
    *wanted, wanted_frames = alike(theirs)
    assert mine == wanted
    assert frames[: len(wanted_frames)] == wanted_frames
    assert [frame["header"]["action"] for frame in frames[len(wanted_frames) :]] in ([], ["run-task"])  # the next one's


async def test_sambert(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["sambert_words"].sent
    parameters = {
        "format": "pcm",
        "sample_rate": 16000,
        "volume": 60,
        "rate": 1.1,
        "pitch": 0.9,
        "word_timestamp_enabled": True,
    }
    extra = {"phoneme_timestamp_enabled": True}
    (mine,) = await ours(DashScopeCosyVoiceRealtimeTTSModel, SAMBERT, parameters, extra, [TEXT])
    assert theirs.headers.pop("accept") == "*/*"  # the SDK's other WebSocket library
    assert mine.frames[0]["payload"]["parameters"].pop("text_type") == "PlainText"  # in the documents, not in the SDK
    assert alike(mine) == alike(theirs)
