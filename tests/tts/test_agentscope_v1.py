"""AgentScope 1's ways of calling: every row of its table runs here, and a Msg names an utterance."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from examples import agentscope_v1
from modeldeck._transport.limits import NO_RETRY
from modeldeck.credential import DashScopeCredential, GeminiCredential
from modeldeck.errors import ConcurrentUseError, ParameterError, ProviderError
from modeldeck.message import AssistantMsg, Msg
from modeldeck.sandbox import Sandbox
from modeldeck.tts import DashScopeRealtimeTTSModel, DashScopeTTSModel, GeminiTTSModel, TTSModelBase

SOURCE = Path(agentscope_v1.__file__)
CLASSES = {"DashScopeTTSModel", "DashScopeRealtimeTTSModel", "GeminiTTSModel", "OpenAITTSModel"}


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(agentscope_v1, "PROXY", sandbox.url)
        monkeypatch.chdir(tmp_path)
        yield sandbox


def message(text: str, id: str = "m1") -> Msg:
    return AssistantMsg("Friday", text, id=id)


def realtime(box: Sandbox, **options: Any) -> DashScopeRealtimeTTSModel:
    return DashScopeRealtimeTTSModel(DashScopeCredential(api_key="sk-test", base_url=box.url), **options)


def spoken(box: Sandbox) -> list[str]:
    """The text of every frame that was sent."""
    frames = [frame for one in box.requests() for frame in one["frames"] if isinstance(frame, str)]
    found = [re.search(r'"text": ?("(?:[^"\\]|\\.)*")', frame) for frame in frames]
    return [ast.literal_eval(one[1]) for one in found if one]


# -- the table


@pytest.mark.parametrize("row", agentscope_v1.ROWS, ids=lambda row: row.__name__)
async def test_the_new_side_runs(box: Sandbox, row: Any, capsys: pytest.CaptureFixture[str]) -> None:
    agentscope_v1.heard.clear()
    await row()
    assert agentscope_v1.heard or Path("hello.wav").stat().st_size > 44
    assert capsys.readouterr().out == ""


def test_the_old_side_is_there() -> None:
    old = "\n".join(row.__doc__ or "" for row in agentscope_v1.ROWS)
    assert {name for name in CLASSES if f"{name}(" in old} == CLASSES
    for row in agentscope_v1.ROWS:
        assert ast.parse(_function_body(row.__doc__ or ""))
    for word in ("client_kwargs", "generate_kwargs", "supports_streaming_input", "msg.id", "voice=", "RuntimeError"):
        assert word in old


def test_every_function_is_a_row() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name != "main"]
    assert names == [row.__name__ for row in agentscope_v1.ROWS]


def _function_body(code: str) -> str:
    lines = [line.removeprefix("    ") for line in code.strip("\n").splitlines()]
    return "async def f():\n" + "\n".join(f"    {line}" for line in lines)


# -- a Msg names its utterance


async def test_a_growing_message_is_spoken_once(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        for text in ("One", "One sentence.", "One sentence.", "One sentence. Two"):
            await tts.push(message(text))
        response = await tts.synthesize(message("One sentence. Two."))
    assert spoken(box) == ["One", " sentence.", " Two", "."]
    assert response.is_last


async def test_chunks_of_a_message_are_spoken_one_after_the_other(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        for text in ("One ", "sentence. ", "Two."):
            await tts.push(message(text))
        await tts.synthesize()
    assert "".join(spoken(box)) == "One sentence. Two."


async def test_a_growing_message_is_never_begun_again(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        for text in ("One ", "One sentence", "One", "One sentence. Two."):  # the third is late
            await tts.push(message(text))
        with pytest.raises(ParameterError, match="does not go on"):
            await tts.push(message("One sentences. Two."))
        await tts.synthesize(message("One sentence. Two. Three."))
    assert "".join(spoken(box)) == "One sentence. Two. Three."


async def test_what_was_cleared_is_still_an_utterance(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        await tts.push(message("Hello wor"))
        await tts.clear()
        with pytest.raises(ConcurrentUseError, match=r"synthesize\(\) finishes it, cleared or not, then m2 may begin"):
            await tts.push(message("Other.", "m2"))
        await tts.synthesize()
        await tts.synthesize(message("Other.", "m2"))
    assert spoken(box)[-1] == "Other."


async def test_the_next_message_begins_after_the_end_of_this_one(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        for number in range(3):
            await tts.push(message("Hello", f"m{number}"))
            assert (await tts.synthesize(message("Hello.", f"m{number}"))).duration
        await tts.push(message("Hello", "m2"))  # ended too: the same name begins anew
        await tts.synthesize()
    assert spoken(box) == ["Hello", "."] * 3 + ["Hello"]


async def test_another_message_before_the_end_is_refused_and_breaks_nothing(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        await tts.push(message("Hello", "m1"))
        with pytest.raises(ConcurrentUseError, match=r"m1 is being spoken.*m2 may begin"):
            await tts.push(message("Other", "m2"))
        with pytest.raises(ConcurrentUseError):
            tts.synthesize(message("Other", "m2"))
        await tts.push(message("Hello, you", "m1"))
        await tts.synthesize()
        await tts.push(message("Other", "m2"))
        await tts.synthesize()
    assert spoken(box) == ["Hello", ", you", "Other"]


async def test_plain_text_belongs_to_whatever_is_spoken(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        await tts.push("Well: ")
        await tts.push(message("Hello"))
        await tts.push(message("Hello, you"))
        await tts.synthesize(".")
    assert "".join(spoken(box)) == "Well: Hello, you."


async def test_a_stream_that_is_left_ends_its_message(box: Sandbox) -> None:
    async with realtime(box) as tts:
        await tts.push(message("A long text. " * 20))
        stream = tts.synthesize()
        await stream.__anext__()
        await stream.aclose()
        await tts.push(message("Hello", "m2"))
        async for _ in tts.synthesize():
            pass
    assert spoken(box)[-1] == "Hello"


async def test_after_an_error_a_message_is_spoken_anew(box: Sandbox) -> None:
    credential = GeminiCredential(api_key="AIza-test", base_url=box.url)
    async with GeminiTTSModel(credential, stream=False, retry=NO_RETRY) as tts:
        box.arm("status=400")
        await tts.push(message("Hello"))
        with pytest.raises(ProviderError):
            await tts.synthesize()
        box.arm()
        await tts.push(message("Hello, you"))
        assert (await tts.synthesize()).duration == 10 * 0.06


async def test_a_text_that_cannot_be_sent_leaves_the_message_as_it_was(box: Sandbox) -> None:
    async with realtime(box, stream=False) as tts:
        await tts.push(message("Hello"))
        with pytest.raises(ParameterError):
            await tts.push("\ud800")
        await tts.push(message("Hello, you"))
        await tts.synthesize()
    assert "".join(spoken(box)) == "Hello, you"


@pytest.mark.parametrize("cls", [DashScopeTTSModel, GeminiTTSModel])
async def test_classes_that_are_not_realtime_take_messages_too(box: Sandbox, cls: type[TTSModelBase]) -> None:
    credential = cls.credential_class
    assert credential is not None
    tts: Any = cls(credential(api_key="sk-test", base_url=box.url), stream=False)
    assert (await tts.synthesize(message("Hello."))).duration == 6 * 0.06
    saved = await tts.save(message("Hello."), "hello.wav")
    assert saved.duration == 6 * 0.06
    async with tts:
        await tts.push(message("Hello. Yo"))
        assert (await tts.synthesize(message("Hello. You."))).duration == pytest.approx(10 * 0.06, abs=0.07)


async def test_agentscopes_own_messages_are_taken(box: Sandbox) -> None:
    """Whatever has `get_text_content` and `id`."""

    class Foreign:
        id = "m1"

        def __init__(self, text: str) -> None:
            self._text = text

        def get_text_content(self) -> str:
            return self._text

    async with realtime(box, stream=False) as tts:
        await tts.push(Foreign("Hel"))
        await tts.synthesize(Foreign("Hello."))
    assert spoken(box) == ["Hel", "lo."]
