"""Who asks: a bearer token says it, or the cookie of a session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from modeldeck.server.gate import address
from modeldeck.server.limits import Limiter
from modeldeck.server.tokens import Codes, make_token, token_hash

if TYPE_CHECKING:
    from modeldeck.server.settings import Settings
    from modeldeck.server.store import Store, Token

LOCAL_USER = "local"
COOKIE = "modeldeck_session"
SESSION_LIFE = timedelta(days=30)
REMEMBERED = 5.0  # seconds that a token is good without asking the store, which may have removed it
_MOST_REMEMBERED = 1000
_WRONG = 20.0  # requests that a wrong token counts as
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Visitor:
    user: str
    kind: Literal["token", "cookie"]


class Access:
    """Users of one store, their tokens and their sessions."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.codes = Codes()
        self._store = store
        self._limiter = Limiter(settings.rate, settings.burst)
        self._wrong = Limiter(settings.rate / 10, settings.burst)
        self._known: dict[str, tuple[str, str, float]] = {}
        self._asking: dict[str, asyncio.Task[Token | None]] = {}

    async def visitor(self, connection: HTTPConnection) -> Visitor:
        """Raises HTTPException: 401, 403 (a cookie from another site), 429."""
        token, kind = _presented(connection)
        found = await self._owner(token) if token else None
        if found is None:
            if token and (wait := self._wrong.wait(address(connection.scope), _WRONG)):
                raise _too_many(wait)
            raise HTTPException(401, "give a token: Authorization: Bearer …", _CHALLENGE)
        user, stored = found
        if (stored == "session") != (kind == "cookie"):
            raise HTTPException(401, "give a token: Authorization: Bearer …", _CHALLENGE)
        if kind == "cookie" and connection.scope.get("method", "") not in _SAFE and not _of_our_page(connection):
            raise HTTPException(403, "a page of another site asked")
        if wait := self._limiter.wait(user):
            raise _too_many(wait)
        visitor = Visitor(user, kind)
        connection.state.visitor = visitor
        return visitor

    async def begin(
        self, user: str, connection: HTTPConnection, answer: Response, until: datetime | None = None
    ) -> None:
        """A session for a browser, `until` then at the latest: its cookie is set on `answer`."""
        token = make_token()
        end = min(datetime.now(UTC) + SESSION_LIFE, until or datetime.max.replace(tzinfo=UTC))
        await self._store.add_token(user, token_hash(token), kind="session", expires_at=end)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int((end - datetime.now(UTC)).total_seconds()),
            httponly=True,
            samesite="strict",
            secure=connection.url.scheme in ("https", "wss"),
        )

    async def end(self, connection: HTTPConnection, answer: Response) -> None:
        """The session of the cookie, where there is one."""
        token = connection.cookies.get(COOKIE)
        if token:
            self._known.pop(token_hash(token), None)
            await self._store.remove_token(token_hash(token))
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")

    async def user_of(self, token: str, connection: HTTPConnection) -> str:
        """Whose token that is. Raises HTTPException (401, 429)."""
        found = await self._owner(token)
        if found is None or found[1] != "token":
            wait = self._wrong.wait(address(connection.scope), _WRONG)
            raise _too_many(wait) if wait else HTTPException(401, "no such token", _CHALLENGE)
        return found[0]

    async def expiry_of(self, token: str) -> datetime | None:
        """When that token stops being good; None: never."""
        found = await self._store.user_of_token(token_hash(token))
        return found.expires_at if found is not None else None

    async def first_token(self, user: str) -> str | None:
        """A token for a user who has none, made now; None when there is one."""
        if await self._store.has_token(user):
            return None
        token = make_token()
        await self._store.add_token(user, token_hash(token))
        return token

    async def _owner(self, token: str) -> tuple[str, str] | None:
        """(user, kind of token)."""
        key, now = token_hash(token), time.monotonic()
        known = self._known.get(key)
        if known is not None and now < known[2]:
            return known[0], known[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._store.user_of_token(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        found = await asyncio.shield(asking)
        self._known.pop(key, None)
        if found is None:
            return None
        self._known[key] = (found.user, found.kind, now + REMEMBERED)
        if len(self._known) > _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        return found.user, found.kind


async def visitor(connection: HTTPConnection) -> Visitor:
    """Of a route or a WebSocket that is not for everybody."""
    access: Access = connection.app.state.modeldeck.access
    return await access.visitor(connection)


Who = Annotated[Visitor, Depends(visitor)]


def from_our_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of this host asks (RFC 6454; Fetch Metadata)."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold() != ""
    return headers.get("sec-fetch-site") == "same-origin"


def _of_our_page(connection: HTTPConnection) -> bool:
    return from_our_page(connection.headers)


def _presented(connection: HTTPConnection) -> tuple[str, Literal["token", "cookie"]]:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return token.strip(), "token"
    return connection.cookies.get(COOKIE, ""), "cookie"


def _too_many(wait: float) -> HTTPException:
    return HTTPException(429, "too many requests", {"Retry-After": str(int(wait) + 1)})
