"""What our conversations send equals what the official SDK sends when it is told the same, frame by frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from modeldeck import Limits, Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    Session,
    TTSModelBase,
)
from tests.conformance.judges.conftest import Judged, Verdicts
from tests.conformance.judges.recorded import Sent, recorded
from tests.conformance.judges.test_dashscope_requests import TASK, TEXT, UNDOCUMENTED, alike

COMMIT = {"voice": "Cherry", "mode": "commit"}


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("dashscope")


async def said(
    made_of: Callable[..., TTSModelBase[Any]], *model: Any, workspace: str | None = None, **more: Any
) -> Any:
    """What was sent when `talk` had spoken."""
    talk: Callable[[Session], Awaitable[None]] = more.pop("talk")
    async with Sandbox() as box, Transport(limits=Limits(spares=0)) as transport:
        credential = DashScopeCredential(api_key="sk-sandbox", base_url=box.url, workspace_id=workspace)
        async with made_of(credential, *model, transport=transport, **more).session() as session:
            await talk(session)
            await session.end()
            async for _ in session:
                pass
        return [one for one in recorded(box) if one.body or one.frames]


def same(ours: list[Sent], theirs: list[Sent]) -> None:
    (mine,), (wanted,) = ours, theirs
    *head, frames = alike(mine)
    *wanted_head, wanted_frames = alike(wanted)
    assert head == wanted_head
    assert list(frames) == list(wanted_frames)


async def test_two_utterances_of_one_session(verdicts: Verdicts) -> None:
    async def talk(session: Session) -> None:
        for text in ("床前明月光。", "It shines!"):
            await session.send(text)
            await session.flush()
            async for _ in session.utterance():
                pass

    ours = await said(DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", COMMIT, talk=talk)
    same(ours, verdicts["realtime_commit"].sent)


async def test_text_that_is_taken_back(verdicts: Verdicts) -> None:
    async def talk(session: Session) -> None:
        await session.send("this is never said")
        await session.clear()
        await session.send("this is.")
        await session.flush()

    ours = await said(DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", COMMIT, talk=talk)
    same(ours, verdicts["realtime_clear"].sent)


async def test_text_that_is_to_be_spoken_now(verdicts: Verdicts) -> None:
    async def talk(session: Session) -> None:
        for text in ("床前", "明月光"):
            await session.send(text)
            await session.commit()

    ours = await said(DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash", TASK, extra=UNDOCUMENTED, talk=talk)
    same(ours, verdicts["task_streaming_flush"].sent)


@pytest.mark.parametrize(
    ("name", "model", "parameters", "text"),
    [
        ("realtime_workspace", (DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime"), {"voice": "Cherry"}, TEXT),
        (
            "task_streaming_instruction",
            (DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash"),
            {
                **TASK,
                "format": "opus",
                "bit_rate": 32,
                "word_timestamp_enabled": True,
                "instruction": "你说话的情感是happy。",
                "language_hints": ["zh"],
            },
            "床前明月光。",
        ),
    ],
)
async def test_a_workspace_and_what_else_a_session_may_say(
    verdicts: Verdicts, name: str, model: tuple[Any, str], parameters: Mapping[str, Any], text: str
) -> None:
    async def talk(session: Session) -> None:
        await session.send(text)

    extra = UNDOCUMENTED if name.startswith("task") else {}
    same(await said(*model, parameters, workspace="ws-1", extra=extra, talk=talk), verdicts[name].sent)


async def test_a_workspace_over_http(verdicts: Verdicts) -> None:
    (theirs,) = verdicts["http_workspace"].sent
    async with Sandbox() as box, Transport() as transport:
        credential = DashScopeCredential(api_key="sk-sandbox", base_url=box.url, workspace_id="ws-1")
        async for _ in DashScopeTTSModel(credential, transport=transport).synthesize(TEXT):
            pass
        (ours,) = recorded(box)
    assert alike(ours) == alike(theirs)


async def test_a_whole_answer_is_asked_for_as_a_stream(verdicts: Verdicts) -> None:
    """Its audio is in the stream; else it would have to be fetched from another host."""
    (theirs, *_) = verdicts["http_whole"].sent
    async with Sandbox() as box, Transport() as transport:
        credential = DashScopeCredential(api_key="sk-sandbox", base_url=box.url)
        await DashScopeTTSModel(credential, stream=False, transport=transport).synthesize(TEXT)
        (ours,) = recorded(box)
    assert ours.body == theirs.body
    assert {name for name in ours.headers if ours.headers[name] != theirs.headers.get(name)} == {
        "accept",
        "x-accel-buffering",
        "x-dashscope-sse",
    }
