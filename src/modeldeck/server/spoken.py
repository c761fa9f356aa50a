"""Speech on its way to an HTTP client: bytes as they are made, and nobody speaks on for one who has left."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from modeldeck.errors import ModelDeckError, ParameterError
from modeldeck.server import logs
from modeldeck.server.calls import ENCODINGS, RATE, rename
from modeldeck.server.foreign import own_audio
from modeldeck.server.problems import openai_error, problem_of, respond
from modeldeck.tts import AudioFormat, Speech, TTSModelBase, TTSResponse, TTSUsage

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_NAMES = {"text": "input", "output": "response_format"}  # of parameters: what the request calls them


class SpokenAnswer(Response):
    """The increments as one body, in chunks; with `events` as the server-sent events of OpenAI's API.

    What fails before the first byte is answered as an error. After it the connection is cut: nobody takes a part for
    the whole.
    """

    def __init__(
        self, increments: Callable[[], AsyncGenerator[TTSResponse, None]], format: str, *, events: bool = False
    ) -> None:
        super().__init__(headers=_HEADERS)
        self._increments = increments
        self._format = format
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        answering = loop.create_task(self._answer(scope, receive, send), name="modeldeck speech")
        leaving = loop.create_task(_left(receive), name="modeldeck speech: client")
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        try:
            async with aclosing(self._increments()) as increments:
                first = await _audible(increments)
                begun = True
                await self._begin(first, send)
                await self._body(first, increments, send)
        except ModelDeckError as error:
            if not begun:
                await respond(problem_of(error), scope["path"])(scope, receive, send)
                return
            await self._cut(error, scope, send)

    async def _begin(self, first: TTSResponse, send: Send) -> None:
        form = first.format or AudioFormat(ENCODINGS[self._format], RATE)
        kind = "text/event-stream; charset=utf-8" if self._events else form.media_type
        headers = [*self._plain_headers(), (b"content-type", kind.encode("latin-1"))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _body(self, first: TTSResponse, rest: AsyncGenerator[TTSResponse, None], send: Send) -> None:
        await _write(send, self._shown(first))
        usage = first.usage
        async for increment in rest:
            usage = increment.usage or usage
            await _write(send, self._shown(increment))
        if self._events:
            await _write(send, _event(_done(usage)))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _shown(self, increment: TTSResponse) -> bytes:
        if not self._events or not increment.audio:
            return increment.audio
        return _event({"type": "speech.audio.delta", "audio": b64encode(increment.audio).decode("ascii")})

    async def _cut(self, error: ModelDeckError, scope: Scope, send: Send) -> None:
        """The HTTP server closes the connection, as nobody completes the body."""
        problem = problem_of(error)
        if self._events:
            await _write(send, _event({"type": "error", "error": openai_error(problem)}, "error"))
        name = scope.get("state", {}).get("request_id")
        logs.write(logging.WARNING, "speech broken off", error=problem.code, provider=error.provider, request_id=name)

    def _plain_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name, value) for name, value in self.raw_headers if name != b"content-length"]


async def increments_of(model: TTSModelBase[Any], text: str, format: str) -> AsyncGenerator[TTSResponse, None]:
    """What `model` makes of `text`, in `format` (a key of ENCODINGS); refusals use the request's names."""
    try:
        async with aclosing(_spoken(model, text, format)) as increments:
            async for increment in increments:
                yield increment
    except ParameterError as error:
        if error.parameter == "path":  # two wishes for the format
            message = f"the parameters ask for another format than response_format={format!r}, and it cannot be made"
            raise ParameterError(message, parameter="response_format", value=format) from None
        rename(error, _NAMES)
        raise


async def _spoken(model: TTSModelBase[Any], text: str, format: str) -> AsyncGenerator[TTSResponse, None]:
    """Also where the class answers by itself."""
    spoken: Any = model.synthesize(text)
    if isinstance(spoken, Speech):
        spoken.into([ENCODINGS[format]])
    elif isinstance(spoken, Awaitable):
        spoken = await spoken
    parts = _alone(spoken) if isinstance(spoken, TTSResponse) else spoken
    if not isinstance(spoken, Speech):
        parts = own_audio(parts, model.output or AudioFormat(ENCODINGS[format], RATE))
    async with aclosing(parts):
        async for increment in parts:
            yield increment


async def _alone(response: TTSResponse) -> AsyncGenerator[TTSResponse, None]:
    yield response


async def _audible(increments: AsyncGenerator[TTSResponse, None]) -> TTSResponse:
    """The first with audio; where there is none, the last."""
    increment = TTSResponse()
    async for increment in increments:
        if increment.audio:
            break
    return increment


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, data: bytes) -> None:
    if data:
        await send({"type": "http.response.body", "body": data, "more_body": True})


def _event(content: dict[str, Any], name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name is not None else ""
    return f"{head}data: {json.dumps(content)}\n\n".encode()


def _done(usage: TTSUsage | None) -> dict[str, Any]:
    read, made = (usage.input_tokens, usage.output_tokens) if usage is not None else (0, 0)
    told: dict[str, Any] = {"input_tokens": read, "output_tokens": made, "total_tokens": read + made}
    for name in ("characters", "cost", "currency"):  # beside OpenAI's, where they are known
        if usage is not None and getattr(usage, name) is not None:
            told[name] = getattr(usage, name)
    return {"type": "speech.audio.done", "usage": told}
