"""A planted secret is in no answer, event or line of the log."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from modeldeck.sandbox import Sandbox
from modeldeck.server.run import Running
from tests.server.speech.caller import TEXT, Caller, body

CANARY = "sk-canary-7f3a9c1e5b"
KINDS = ("dashscope_credential", "azure_credential", "openai_credential")
MODELS = ("dashscope/qwen3-tts-flash", "dashscope/qwen3-tts-flash-realtime", "azure/neural", "openai/tts-1")
FAULTS = ("status=401", "status=500;times=1", "cut;after=1", "error=Broken", "garbage", "close;after=1")


@pytest.fixture
async def planted(running: Running, client: httpx.AsyncClient, box: Sandbox) -> Caller:
    for kind in KINDS:
        data = {"type": kind, "api_key": CANARY, "base_url": box.url}
        assert (await client.post("/api/v1/credentials", json={"data": data})).status_code == 201
    assert running.token is not None
    return Caller(running, client, box, running.token)


@pytest.mark.usefixtures("no_pauses")
async def test_speech(planted: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = b""
    for fault in FAULTS:
        planted.box.arm(fault)
        for model in MODELS:
            for fields in ({}, {"parameters": {"voice": CANARY}}, {"stream_format": "sse"}):
                told += await everything(planted, body(model, TEXT, **fields))
    assert told
    assert CANARY.encode() not in told
    assert CANARY not in caplog.text
    assert planted.token not in caplog.text


@pytest.mark.usefixtures("no_pauses")
async def test_conversation(planted: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "modeldeck")
    told = ""
    for fault in FAULTS:
        planted.box.arm(fault)
        for model in MODELS:
            async with planted.talk() as line:
                await line.tell("start", ref=model)
                await line.tell("text", text=TEXT)
                await line.tell("stop")
                try:
                    while True:
                        told += str(await line.event())
                except ConnectionClosed as closed:
                    told += str(closed)
    assert "error" in told
    assert CANARY not in told
    assert CANARY not in caplog.text


async def everything(caller: Caller, asked: object) -> bytes:
    """Status, headers and what came of the body."""
    came = b""
    try:
        async with asyncio.timeout(30), caller.client.stream("POST", "/v1/audio/speech", json=asked) as answer:
            came += f"{answer.status_code} {answer.headers}".encode()
            async for chunk in answer.aiter_raw():
                came += chunk
    except httpx.RemoteProtocolError as error:
        came += str(error).encode()
    return came
