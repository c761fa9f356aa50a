"""What every request passes: its id, its host, how many there may be, how long it may be, and what browsers may do."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from modeldeck.errors import ModelDeckError
from modeldeck.server import logs
from modeldeck.server.limits import Limiter
from modeldeck.server.problems import plain, problem_of, respond
from modeldeck.server.settings import LOOPBACK_NAMES, Settings, is_loopback

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_DRAINED = 8  # times the most that a body may have
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
SECURITY = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """ASGI middleware around the whole application; nothing but a cancellation comes out of it."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._limiter = Limiter(settings.rate, settings.burst)
        self._hosts = known_hosts(settings)
        self._most = settings.max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope, receive, send, self._most)
        try:
            refusal = self._refusal(scope)
            if refusal is not None:
                await passage.refuse(refusal)
            else:
                await self._app(scope, passage.receive, passage.send)
        except ModelDeckError as error:
            await passage.failed(error, respond(problem_of(error), scope["path"]))
        except Exception as error:
            await passage.failed(error, respond(plain(500, "the server failed; its log says where"), scope["path"]))
        finally:
            passage.log()

    def _refusal(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], Headers(scope=scope)
        if self._hosts and host_name(headers.get("host", "")) not in self._hosts:
            return respond(plain(403, "this server has another name (allow a name with --allow-host)"), path)
        wait = self._limiter.wait(address(scope))
        if wait:
            return respond(plain(429, "too many requests from this address", retry_after=wait), path)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._most:
            return respond(plain(413, f"at most {self._most} bytes"), path, {"Connection": "close"})
        return None


class _Passage:
    """One request on its way through."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _ID.match(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.id
        self._scope = scope
        self._receive = receive
        self._send = send
        self._most = most
        self._begun = time.perf_counter()
        self._read = 0
        self._status: int | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                await self.drain(message)
                raise HTTPException(413, f"at most {self._most} bytes", {"Connection": "close"})
        return message

    async def drain(self, message: Message | None = None) -> None:
        """Read on for a while: who is cut off while sending does not see the answer."""
        left = _DRAINED * self._most
        while left > 0 and (message is None or message.get("more_body")):
            message = await self._receive()
            if message["type"] != "http.request":
                return
            left -= len(message.get("body", b""))

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                self._status = message["status"]
                self._mark(message)
            case "websocket.accept":
                self._status = 101
                message.setdefault("headers", [])
                MutableHeaders(scope=message)["X-Request-Id"] = self.id
            case "websocket.close" if self._status is None:
                self._status = 403
            case _:
                pass
        await self._send(message)

    def _mark(self, message: Message) -> None:
        message.setdefault("headers", [])
        headers = MutableHeaders(scope=message)
        headers["X-Request-Id"] = self.id
        headers.setdefault("Cache-Control", "no-store")
        for name, value in SECURITY.items():
            headers.setdefault(name, value)

    async def refuse(self, answer: Response) -> None:
        if self._scope["type"] == "websocket":
            await WebSocket(self._scope, self.receive, self.send).send_denial_response(answer)
        else:
            if answer.status_code == 413:
                await self.drain()
            await answer(self._scope, self.receive, self.send)

    async def failed(self, error: Exception, answer: Response) -> None:
        """An answer where none has begun; else the HTTP server cuts the connection, as nothing completes it."""
        logs.failure(error, request_id=self.id)
        if self._status is None and self._scope["type"] == "http":
            await answer(self._scope, self._receive, self.send)

    def log(self) -> None:
        visitor = self._scope["state"].get("visitor")
        logs.write(
            logging.INFO,
            "request",
            method=self._scope.get("method", "WEBSOCKET"),
            path=self._scope["path"],
            status=self._status,
            ms=round((time.perf_counter() - self._begun) * 1000, 1),
            user=visitor.user if visitor is not None else None,
            address=address(self._scope),
            request_id=self.id,
        )


def known_hosts(settings: Settings) -> frozenset[str]:
    """The names that a Host header may have; none: all, because nobody said which there are."""
    if not settings.loopback and not settings.hosts:
        return frozenset()
    own = host_name(settings.host) if is_loopback(settings.host) else settings.host
    return frozenset(name.casefold().strip("[]") for name in (*LOOPBACK_NAMES, own, *settings.hosts))


def host_name(authority: str) -> str:
    """Of a Host header: without the port and the brackets."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def request_id(request: Request) -> str:
    return str(request.state.request_id)
