"""What a service's refusals mean: its error catalogue is data, the rest is here."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from modeldeck._wire.frames import part, text_of
from modeldeck.errors import ConnectionFailedError, ModelDeckError, ProtocolError, ProviderError

_LONGEST = 500  # characters of the service's own message
_KEY = re.compile(r"\b(sk|st)-[\w*-]{4,}|\b(AIza)[\w-]{8,}")
TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")  # a JSON Web Token
_PAGES = ("text/html", "application/xhtml+xml")
_FOREIGN = range(200, 400)  # a refusal says none of them
_FINAL = frozenset({1002, 1003, 1007, 1008, 1009})  # RFC 6455 section 7.4.1: what was sent is at fault


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code or status means. `says` and `todo` are sentences; `todo` without a service's word for it."""

    error: type[ModelDeckError]
    says: str
    todo: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the body of a refusal says. `retry_after` in seconds."""

    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    retry_after: float | None = None


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a refusal's body is; empty when it is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def is_page(headers: Mapping[str, str]) -> bool:
    """Whether an answer is a web page (a log-in of the network's, another service), whatever its status says."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() in _PAGES


def read_error(body: bytes) -> Told:
    """`{"error": {"code", "type", "message"}}` as OpenAI words it, or the same without the outer object."""
    outer = object_of(body)
    told = part(outer, "error") or outer
    return Told(
        _said(told.get("code")) or _said(told.get("type")),
        _said(told.get("message")),
        _said(outer.get("request_id")) or _said(outer.get("id")),
    )


def _said(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value else None


@dataclass(frozen=True, slots=True)
class Service:
    """One service's errors.

    `codes`: a dotted code that is not there is looked up without its last part, then `statuses`, then `broken`
    (from 500 on) or `wrong`; `told` knows what code and message mean together. `read` understands a refusal's body.
    `throttled`: whether a close frame means too many requests; then `statuses[429]` says it.
    """

    provider: str
    name: str
    wrong: Meaning
    broken: Meaning
    no_path: Meaning
    codes: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])
    statuses: Mapping[int, Meaning] = field(default_factory=dict[int, Meaning])
    closes: Mapping[int, Meaning] = field(default_factory=dict[int, Meaning])
    read: Callable[[bytes], Told] = read_error
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    told: Callable[[str, str], Meaning | None] = lambda code, message: None
    throttled: Callable[[int, str], bool] = lambda code, reason: False
    silent: str = "the text may have no words"

    def error(
        self,
        code: str | None,
        message: str | None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> ModelDeckError:
        """The error for what the service says in an answer, an event or a frame."""
        meaning = self.told(code or "", message or "") or self._by_code(code) or self._by_status(status)
        return self.made(
            meaning, message, code=code or None, status=status, request_id=request_id, retry_after=retry_after
        )

    def refused(self, error: Mapping[str, Any], request_id: str | None) -> ModelDeckError:
        """The error for `{"code", "type", "message", "param"}`, as OpenAI's Realtime events word it."""
        code = text_of(error.get("code")) or text_of(error.get("type"))
        message, parameter = text_of(error.get("message")), text_of(error.get("param"))
        if parameter and parameter not in (message or ""):
            message = f"{message or 'refused'} ({parameter})"
        return self.error(code, message, request_id=request_id)

    def http_error(self, status: int, body: bytes, headers: Mapping[str, str]) -> ModelDeckError:
        """The error for an answer that is not 200, or is a page; `body` may be empty, `{}`, or a proxy's page."""
        told = self.read(body)
        if status in _FOREIGN and told.code is None:
            return self._foreign(status, headers)
        after = _seconds(headers)
        return self.error(
            told.code,
            told.message,
            status=status,
            request_id=told.request_id or self.request_id(headers),
            retry_after=told.retry_after if after is None else after,
        )

    def handshake_error(self, status: int, body: bytes, headers: Mapping[str, str]) -> ModelDeckError:
        """The error for a refused WebSocket; a 404 without a code is about the path, and any 2xx or 3xx."""
        told = self.read(body)
        if status == 404 and told.code is None:
            request_id = told.request_id or self.request_id(headers)
            return self.made(self.no_path, told.message, status=status, request_id=request_id)
        return self.http_error(status, body, headers)

    def close_error(self, code: int | None, reason: str, request_id: str | None = None) -> ModelDeckError:
        """The error for a connection that ends before the speech does; `request_id`: of the session or task."""
        why = " ".join(text for text in (str(code or ""), clean(reason)) if text) or "without a close frame"
        early = f"{self.name} closed the connection ({why}) before the speech was complete"
        details: dict[str, Any] = {"provider": self.provider, "code": str(code) if code else None}
        details["request_id"] = request_id
        meaning = self.closes.get(code or 0)
        if code and self.throttled(code, reason):
            meaning = self.statuses[429]
        if meaning is not None:
            text = f"{meaning.says} ({why}). {meaning.todo}".strip()
            return meaning.error(text, retryable=meaning.retryable, **details)
        if code == 1011:
            return ProviderError(early, retryable=True, **details)
        if code in _FINAL:
            return ProviderError(early, **details)
        return ConnectionFailedError(early, **details)

    def unreadable(self, what: str, *, request_id: str | None = None) -> ProtocolError:
        """The error for an answer that would make the result wrong if it were ignored."""
        return ProtocolError(f"{self.name} sent {what}", provider=self.provider, request_id=request_id)

    def no_audio(self, request_id: str | None) -> ProviderError:
        """The error for speech that ends without any audio."""
        message = f"{self.name} finished without any audio: {self.silent}"
        return ProviderError(message, provider=self.provider, request_id=request_id)

    def broken_off(self, request_id: str | None) -> ConnectionFailedError:
        """The error for an HTTP answer that ends before the speech does."""
        message = f"{self.name}'s answer broke off before its end"
        return ConnectionFailedError(message, provider=self.provider, request_id=request_id)

    def decoded(self, frame: str | bytes) -> dict[str, Any]:
        """The JSON object that `frame` holds. Raises ProtocolError."""
        try:
            value = json.loads(frame)
        except (ValueError, RecursionError):
            raise self.unreadable(f"{_sample(frame)}, which is no JSON") from None
        if not isinstance(value, dict):
            raise self.unreadable(f"{_sample(frame)}, which is no JSON object")
        return cast("dict[str, Any]", value)

    def audio_bytes(self, data: Any) -> bytes:
        """The bytes of one base64 text. Raises ProtocolError when it is not whole."""
        try:
            return b64decode(data, validate=True)
        except (ValueError, TypeError):
            raise self.unreadable("audio that is no whole base64") from None

    def audio_hex(self, data: Any) -> bytes:
        """The bytes of one text of hexadecimal digits. Raises ProtocolError when it is not whole."""
        try:
            return bytes.fromhex(data)
        except (ValueError, TypeError):
            raise self.unreadable("audio that is no whole hexadecimal") from None

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """What the service calls the request; `headers` have lower-case names."""
        return next((headers[name] for name in self.request_id_headers if headers.get(name)), None)

    def made(
        self,
        meaning: Meaning,
        message: str | None,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> ModelDeckError:
        """The error of that meaning, with what the service said and what it is known by."""
        told = clean(message or "")
        sentences = (f"{meaning.says}: {told}" if told else meaning.says, meaning.todo)
        text = " ".join(one if one.endswith((".", "!", "?", "。")) else f"{one}." for one in sentences if one)
        known = (("HTTP", status), ("code", code), ("request", request_id))
        marks = ", ".join(f"{name} {value}" for name, value in known if value is not None)
        return meaning.error(
            f"{text} ({marks})" if marks else text,
            provider=self.provider,
            retryable=meaning.retryable,
            retry_after=retry_after,
            status=status,
            code=code,
            request_id=request_id,
        )

    def _foreign(self, status: int, headers: Mapping[str, str]) -> ProviderError:
        """A page to log in at, a redirect to it, another server at a wrong address."""
        came = "a web page came in the place of an answer" if is_page(headers) else "what is there answers otherwise"
        says = f"There is no such service at this address: {came} (HTTP {status})"
        todo = "Check base_url of the credential and what is in between (a log-in of the network, a proxy)"
        return ProviderError(f"{says}. {todo}.", provider=self.provider, status=status)

    def _by_code(self, code: str | None) -> Meaning | None:
        while code:
            if meaning := self.codes.get(code):
                return meaning
            code = code.rpartition(".")[0]
        return None

    def _by_status(self, status: int | None) -> Meaning:
        if status is not None and status in self.statuses:
            return self.statuses[status]
        return self.broken if status is not None and status >= 500 else self.wrong


def clean(message: str) -> str:
    """On one line, not too long, and without what looks like a key."""
    line = _KEY.sub(lambda key: f"{key[1] or key[2]}-…", TOKEN.sub("***", " ".join(message.split())))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _sample(frame: str | bytes) -> str:
    return repr(frame) if len(frame) <= 60 else f"{frame[:60]!r}..."


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`; a date in its place is not understood."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
