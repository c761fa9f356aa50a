"""DashScope's wires by bare `httpx` and `websockets` clients that decode the audio and do nothing else."""

from __future__ import annotations

import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from modeldeck._transport.http import encoded

KEY = "sk-benchmark"
HEADERS = {"Authorization": f"Bearer {KEY}"}
SSE = {**HEADERS, "Accept": "text/event-stream", "X-DashScope-SSE": "enable"}
HTTP_PATH = "/api/v1/services/aigc/multimodal-generation/generation"
HTTP_MODEL, REALTIME_MODEL, TASK_MODEL = "qwen3-tts-flash", "qwen3-tts-flash-realtime", "cosyvoice-v3-flash"
FORMAT = {"voice": "Cherry", "response_format": "pcm", "sample_rate": 24000}
TASK = {"voice": "longanyang", "text_type": "PlainText", "format": "pcm", "sample_rate": 24000}
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one for all, so that making a client costs no second of its own


def client() -> httpx.AsyncClient:
    """Of one connection."""
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=1), verify=TLS, timeout=60, trust_env=False)


async def spoken(http: httpx.AsyncClient, url: str, text: str) -> AsyncIterator[bytes]:
    """Qwen-TTS over HTTP: the audio as it arrives."""
    body = encoded({"model": HTTP_MODEL, "parameters": {}, "input": {"text": text, "voice": "Cherry"}})
    headers = {**SSE, "Content-Type": "application/json"}
    async with http.stream("POST", url + HTTP_PATH, content=body, headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (data := json.loads(line[5:])["output"]["audio"]["data"]):
                yield b64decode(data)


def dialled(url: str, path: str) -> connect:
    """The WebSocket, as lean as it can be had."""
    address = url.replace("http", "ws", 1) + path
    return connect(address, additional_headers=HEADERS, compression=None, max_size=None, ping_interval=None, proxy=None)


class Realtime:
    """Qwen-TTS realtime on a WebSocket."""

    path = f"/api-ws/v1/realtime?model={REALTIME_MODEL}"

    def __init__(self, socket: ClientConnection, mode: str = "server_commit") -> None:
        self._socket = socket
        self._mode = mode

    async def begin(self) -> None:
        await self._send("session.update", session={**FORMAT, "mode": self._mode})

    async def utterance(self, texts: list[str]) -> AsyncIterator[bytes]:
        for text in texts:
            await self._send("input_text_buffer.append", text=text)
        commit = self._mode == "commit"
        await self._send("input_text_buffer.commit" if commit else "session.finish")
        last = "response.done" if commit else "session.finished"
        async for frame in self._socket:
            event = json.loads(frame)
            if event["type"] == "response.audio.delta":
                yield b64decode(event["delta"])
            elif event["type"] == last:
                return

    async def _send(self, kind: str, **content: object) -> None:
        await self._socket.send(json.dumps({"event_id": f"event_{uuid4().hex}", "type": kind, **content}))


class Tasks:
    """CosyVoice on a WebSocket: one task after the other."""

    path = "/api-ws/v1/inference"

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._id = ""

    async def begin(self) -> None:
        """Start a task, and wait until it takes text."""
        self._id = uuid4().hex
        asked = {"task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}
        await self._send("run-task", {"model": TASK_MODEL, **asked, "input": {}, "parameters": TASK})
        async for frame in self._socket:
            if not isinstance(frame, bytes) and json.loads(frame)["header"]["event"] == "task-started":
                return

    async def utterance(self, texts: list[str]) -> AsyncIterator[bytes]:
        for text in texts:
            await self._send("continue-task", {"input": {"text": text}})
        await self._send("finish-task", {"input": {}})
        async for frame in self._socket:
            if isinstance(frame, bytes):
                yield frame
            elif json.loads(frame)["header"]["event"] == "task-finished":
                return

    async def _send(self, action: str, payload: dict[str, object]) -> None:
        header = {"action": action, "task_id": self._id, "streaming": "duplex"}
        await self._socket.send(json.dumps({"header": header, "payload": payload}))
