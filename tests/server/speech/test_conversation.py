"""WebSocket /api/v1/conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from modeldeck.server.talk import MOST_WAITING
from tests.server.speech.caller import PATIENCE, Caller, Line, samples

SENTENCE = "One two three four."
QWEN = "dashscope/qwen3-tts-flash-realtime"
MODELS = (QWEN, "dashscope/cosyvoice-v3-flash", "azure/neural-realtime", "openai/gpt-realtime-2.1-mini", "openai/tts-1")
MANY = 100


async def spoken(line: Line, text: str) -> int:
    """Characters of one utterance, whose samples are all there."""
    await line.tell("text", text=text[:7])
    await line.tell("text", text=text[7:])
    await line.tell("flush")
    await line.until("utterance_end")
    assert line.format is not None
    return round(samples(line.audio) / int(line.format["sample_rate"]) / 0.06)


async def ended() -> None:
    async with asyncio.timeout(PATIENCE):
        while [task for task in asyncio.all_tasks() if task.get_name().startswith("modeldeck conversation")]:
            await asyncio.sleep(0)


async def test_what_is_cleared_does_not_count(caller: Caller) -> None:
    async with caller.talk(QWEN) as line:
        for _ in range(4):
            await line.tell("text", text="x" * (MOST_WAITING // 2))
            await line.tell("clear")
            await line.until("cleared")
        assert await spoken(line, SENTENCE) == len(SENTENCE)


@pytest.mark.parametrize("ref", MODELS)
async def test_several_utterances(caller: Caller, ref: str) -> None:
    async with caller.talk(ref) as line:
        assert line.format is not None
        assert line.format["encoding"] == "pcm_s16le"
        for _ in range(3):
            assert await spoken(line, SENTENCE) == len(SENTENCE)
            assert line.offsets[0] == 0
            assert line.offsets == sorted(line.offsets)
        await line.tell("stop")
        assert await line.until("end") == {"type": "end"}
        with pytest.raises(ConnectionClosed):
            await line.socket.recv()
        assert line.socket.close_code == 1000
    await ended()


async def test_what_was_said_before_the_stop_is_spoken(caller: Caller) -> None:
    async with caller.talk(QWEN) as line:
        await line.tell("text", text=SENTENCE)
        await line.tell("stop")
        await line.tell("text", text=SENTENCE)
        kinds: list[str] = []
        while not kinds or kinds[-1] != "end":
            kinds.append((await line.event())["type"])
        assert samples(line.audio) == 1440 * len(SENTENCE)
        assert set(kinds) <= {"audio", "utterance_end", "error", "end"}  # the text after it is refused


async def test_interrupted(caller: Caller) -> None:
    """Nothing of the old utterance comes after the answer, which has the words that were heard."""
    async with caller.talk("azure/neural-realtime") as line:
        await line.tell("text", text=f"{SENTENCE} " * 20)
        await line.tell("flush")
        while not line.words:
            await line.event()
        await line.tell("interrupt", played=0.5)
        heard = (await line.until("interrupted"))["heard"]
        assert SENTENCE.startswith(heard.strip())
        assert heard.strip()
        assert await spoken(line, SENTENCE) == len(SENTENCE)
        assert line.offsets[0] == 0
        await line.tell("interrupt")
        assert (await line.until("interrupted"))["heard"] is None
        assert line.audio == b""


async def test_commit_and_clear(caller: Caller) -> None:
    async with caller.talk(QWEN) as line:
        await line.tell("text", text="One two")
        await line.tell("commit")
        while not line.audio:
            await line.event()
        await line.tell("clear")
        await line.until("cleared")
        assert await spoken(line, SENTENCE) == len(SENTENCE)


async def test_the_format_that_is_asked_for(caller: Caller) -> None:
    async with caller.talk(QWEN, output={"encoding": "pcm_s16le", "sample_rate": 16000}) as line:
        assert line.format == {"encoding": "pcm_s16le", "sample_rate": 16000, "channels": 1}
        await line.tell("text", text=SENTENCE)
        await line.tell("flush")
        assert (await line.event())["format"]["sample_rate"] == 16000
    async with caller.talk("local/espeak-ng", voice="de") as line:
        assert line.format == {"encoding": "pcm_s16le", "sample_rate": 22050, "channels": 1}
        await line.tell("text", text="Guten Tag.")
        await line.tell("flush")
        await line.until("utterance_end")
        assert [one["text"] for one in line.words] == ["Guten", "Tag"]
        assert line.words[1]["start"] >= line.words[0]["end"] > 0


UNFIT: list[tuple[dict[str, Any], int, str]] = [
    ({"type": "start", "ref": "dashscope/qwen9"}, 404, "ModelNotFoundError"),
    ({"type": "start", "ref": "gemini/gemini-2.5-pro-preview-tts"}, 422, "CredentialError"),
    ({"type": "start", "ref": QWEN, "voice": "Nobody"}, 422, "ParameterError"),
    ({"type": "start", "ref": QWEN, "output": {"encoding": "tape", "sample_rate": 1}}, 422, "ParameterError"),
    ({"type": "start"}, 422, "ParameterError"),
    ({"type": "text", "text": "too early"}, 422, "ParameterError"),
]


async def test_what_cannot_begin(caller: Caller) -> None:
    for start, status, code in UNFIT:
        async with caller.talk() as line:
            await line.tell(**start)
            found = await line.event()
            assert (found["type"], found["status"], found["code"]) == ("error", status, code)
            await closed(line, 1008)


async def test_what_is_no_command_ends_nothing(caller: Caller) -> None:
    async with caller.talk(QWEN) as line:
        wrong: list[str | bytes] = ["{", "[]", '{"type":"sing"}', '{"type":"text"}', b"\x00", '{"type":"flush","x":1}']
        for message in wrong:
            await line.socket.send(message)
            assert (await line.event())["code"] == "ParameterError"
        await line.tell("interrupt", played=-1)
        assert (await line.event())["status"] == 422
        assert await spoken(line, SENTENCE) == len(SENTENCE)


async def test_a_text_that_is_too_long_is_refused_alone(caller: Caller) -> None:
    async with caller.talk("openai/gpt-realtime-2.1-mini") as line:
        assert await spoken(line, SENTENCE) == len(SENTENCE)
    async with caller.talk("local/espeak-ng") as line:
        await line.tell("text", text="x" * (MOST_WAITING + 1))
        assert "wait to be spoken" in (await line.event())["detail"]
        await line.tell("text", text="Hello.")
        await line.tell("flush")
        await line.until("utterance_end")
        assert line.audio


@pytest.mark.parametrize("ref", MODELS)
async def test_a_provider_that_fails(caller: Caller, ref: str) -> None:
    """What had come is delivered first."""
    async with caller.talk(ref) as line:
        caller.box.arm("cut;after=1")
        await line.tell("text", text=f"{SENTENCE} " * 3)
        await line.tell("flush")
        while (found := await line.event())["type"] != "error":
            pass
        assert line.audio
        assert (found["code"], found["status"]) == ("ConnectionFailedError", 502)
        await closed(line, 1011)
    await ended()


@pytest.mark.parametrize("ref", MODELS)
async def test_who_leaves(caller: Caller, ref: str) -> None:
    caller.box.arm("silence;after=1")
    async with caller.talk(ref) as line:
        await line.tell("text", text=f"{SENTENCE} " * 3)
        await line.tell("flush")
        while not line.audio:
            await line.event()
        line.socket.transport.abort()
    await ended()


async def test_many_at_once(caller: Caller) -> None:
    async def one(number: int) -> set[int]:
        async with caller.talk(MODELS[number % len(MODELS)]) as line:
            return {await spoken(line, SENTENCE) for _ in range(2)}

    assert await asyncio.gather(*map(one, range(MANY))) == [{len(SENTENCE)}] * MANY
    await ended()


async def test_a_slow_listener_loses_nothing(caller: Caller) -> None:
    async with caller.talk("azure/neural-realtime") as line:
        await line.tell("text", text=f"{SENTENCE} " * 150)
        await line.tell("flush")
        async with caller.talk(QWEN) as other:
            assert await spoken(other, SENTENCE) == len(SENTENCE)
        await line.until("utterance_end")
        assert samples(line.audio) > 2900 * 1440


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer mdk_wrong"}, {"Cookie": "modeldeck_session=x"}])
async def test_without_a_token(caller: Caller, headers: dict[str, str]) -> None:
    url = f"{caller.running.url.replace('http', 'ws', 1)}/api/v1/conversation"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, additional_headers=headers, proxy=None):
            pass
    assert refused.value.response.status_code == 401


async def closed(line: Line, code: int) -> None:
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(line.socket.recv(), PATIENCE)
    assert line.socket.close_code == code


async def test_markdown_is_spoken_as_it_is_meant(caller: Caller) -> None:
    async with caller.talk(QWEN, text_filter=True) as line:
        assert await spoken(line, "One **two** [three](https://example.com) four.") == len("One two three four.")
