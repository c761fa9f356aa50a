"""The providers' wires by bare `httpx` and `websockets` clients that decode the audio and do nothing else; a script."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from modeldeck._transport.http import encoded
from modeldeck.providers.livekit.wire.token import access_token
from tests.benchmarks import calls
from tests.benchmarks.bare import TLS
from tests.benchmarks.side import Client, Heard, Lane, Speak, serve, shared

SPEECH_CONFIG = {"context": {"system": {"version": "1", "name": "bare", "build": "Python"}}}
SSML = (
    f"<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>"
    f"<voice name='{calls.AZURE_VOICE}'>{calls.TEXT}</voice></speak>"
)


def http_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None), verify=TLS, timeout=60, trust_env=False)


def dialled(url: str, path: str, headers: dict[str, str], *protocols: Any) -> connect:
    return connect(
        url.replace("http", "ws", 1) + path,
        additional_headers=headers,
        subprotocols=protocols or None,
        compression=None,
        max_size=None,
        ping_interval=None,
        proxy=None,
    )


@asynccontextmanager
async def openai(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    headers = {"Authorization": f"Bearer {calls.OPENAI_KEY}", "Content-Type": "application/json"}
    async with http_client() as client:

        async def speak(heard: Heard) -> None:
            body = encoded({**calls.OPENAI_SPEECH, "input": calls.TEXT})
            async with client.stream("POST", f"{url}/v1/audio/speech", content=body, headers=headers) as answer:
                answer.raise_for_status()
                async for data in answer.aiter_raw():
                    heard(data)

        yield shared(speak)


@asynccontextmanager
async def openai_realtime(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    path, headers = f"/v1/realtime?model={calls.OPENAI_REALTIME}", {"Authorization": f"Bearer {calls.OPENAI_KEY}"}

    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with dialled(url, path, headers) as socket:
            await socket.send(json.dumps({"type": "session.update", "session": calls.OPENAI_SESSION}))

            async def speak(heard: Heard) -> None:
                await socket.send(json.dumps({"type": "response.create", "response": calls.OPENAI_RESPONSE}))
                async for frame in socket:
                    event = json.loads(frame)
                    if event["type"] == "response.output_audio.delta":
                        heard(b64decode(event["delta"]))
                    elif event["type"] == "response.done":
                        return

            yield speak

    yield lane


@asynccontextmanager
async def gemini(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    headers = {"x-goog-api-key": calls.GEMINI_KEY, "Content-Type": "application/json"}
    path = f"{url}/v1beta/models/{calls.GEMINI_MODEL}:streamGenerateContent?alt=sse"
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": calls.GEMINI_VOICE}}}
    config = {"responseModalities": ["AUDIO"], "speechConfig": voice}
    async with http_client() as client:

        async def speak(heard: Heard) -> None:
            contents = [{"role": "user", "parts": [{"text": calls.TEXT}]}]
            body = encoded({"contents": contents, "generationConfig": config})
            async with client.stream("POST", path, content=body, headers=headers) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        candidate = json.loads(line[5:])["candidates"][0]
                        for part in candidate.get("content", {}).get("parts", ()):
                            heard(b64decode(part["inlineData"]["data"]))

        yield shared(speak)


def message(path: str, request_id: str, body: str, kind: str = "application/json") -> str:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    ours = f"X-RequestId:{request_id}\r\n" if request_id else ""
    return f"X-Timestamp:{now}\r\nPath:{path}\r\nContent-Type:{kind}\r\n{ours}\r\n{body}"


def turns(url: str, version: str, context: dict[str, Any], said: list[tuple[str, str, str]]) -> Callable[[], Lane]:
    """Azure's; `said`: path, body and type of what follows the context."""
    path = f"/cognitiveservices/websocket/{version}"
    headers = {"Ocp-Apim-Subscription-Key": calls.AZURE_KEY, "X-ConnectionId": uuid4().hex}

    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with dialled(url, path, headers, "USP") as socket:
            await socket.send(message("speech.config", "", json.dumps(SPEECH_CONFIG)))

            async def speak(heard: Heard) -> None:
                turn = uuid4().hex
                await socket.send(message("synthesis.context", turn, json.dumps({"synthesis": context})))
                for name, body, kind in said:
                    await socket.send(message(name, turn, body, kind))
                async for frame in socket:
                    if isinstance(frame, bytes):
                        heard(frame[2 + int.from_bytes(frame[:2], "big") :])
                    elif "Path:turn.end" in frame:
                        return

            yield speak

    return lane


@asynccontextmanager
async def azure(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    context = {"audio": {"outputFormat": calls.AZURE_FORMAT, "metadataOptions": {}}}
    yield turns(url, "v1", context, [("ssml", SSML, "application/ssml+xml")])


@asynccontextmanager
async def azure_realtime(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    streaming = {"bidirectionalStreamingMode": True, "voiceName": calls.AZURE_VOICE, "language": ""}
    context = {"audio": {"outputFormat": calls.AZURE_FORMAT, "metadataOptions": {}}, "input": streaming}
    yield turns(url, "v2", context, [("text.piece", calls.TEXT, "text/plain"), ("text.end", "", "text/plain")])


class Gateway:
    """LiveKit's, on one WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def begin(self) -> None:
        asked = {"model": calls.LIVEKIT_MODEL, "voice": calls.LIVEKIT_VOICE}
        form = {"sample_rate": "24000", "encoding": "pcm_s16le", "extra": {}}
        await self.send("session.create", **form, **asked, connection={"timeout": 10.0, "retries": 3})

    async def send(self, kind: str, **content: object) -> None:
        await self._socket.send(json.dumps({"type": kind, **content}))

    async def say(self, text: str) -> None:
        config = {"model": calls.LIVEKIT_MODEL, "voice": calls.LIVEKIT_VOICE}
        await self.send("input_transcript", transcript=f"{text} ", generation_config=config, extra={})

    async def listen(self, heard: Heard, last: str = "done") -> None:
        """To a message of this type."""
        async for frame in self._socket:
            event = json.loads(frame)
            if event["type"] == "output_audio":
                heard(b64decode(event["audio"]))
            if event["type"] == last:
                return


@asynccontextmanager
async def gateway(url: str) -> AsyncGenerator[Gateway]:
    token = access_token(calls.LIVEKIT_KEY, calls.LIVEKIT_SECRET, time.time())
    path = f"/v1/tts?model={calls.LIVEKIT_MODEL}"
    async with dialled(url, path, {"Authorization": f"Bearer {token}"}) as socket:
        opened = Gateway(socket)
        await opened.begin()
        yield opened


@asynccontextmanager
async def livekit(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with gateway(url) as opened:

            async def speak(heard: Heard) -> None:
                await opened.say(calls.TEXT)
                await opened.send("session.flush")
                await opened.listen(heard)

            yield speak

    yield lane


@asynccontextmanager
async def livekit_written(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """The text is sent when all of it is written."""

    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with gateway(url) as opened:

            async def speak(heard: Heard) -> None:
                text = ""
                for token in calls.TOKENS:
                    text += token
                    await asyncio.sleep(calls.PACE)
                await opened.say(text)
                await opened.send("session.flush")
                await opened.listen(heard)

            yield speak

    yield lane


@asynccontextmanager
async def livekit_interrupted(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """A connection for each stream, which ends with its first audio."""

    async def speak(heard: Heard) -> None:
        async with gateway(url) as opened:
            await opened.say(calls.TEXT)
            await opened.send("session.flush")
            await opened.listen(heard, "output_audio")

    yield shared(speak)


CLIENTS: dict[str, Client] = {
    "openai": openai,
    "openai-realtime": openai_realtime,
    "gemini": gemini,
    "azure": azure,
    "azure-realtime": azure_realtime,
    "livekit": livekit,
    "livekit-turns": livekit,
    "livekit-written": livekit_written,
    "livekit-interrupted": livekit_interrupted,
}

if __name__ == "__main__":
    serve(CLIENTS)
