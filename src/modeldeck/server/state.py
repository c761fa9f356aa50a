"""What the routes of one application share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from modeldeck import Observer, Transport
from modeldeck.errors import CredentialError, MissingExtraError
from modeldeck.server import logs
from modeldeck.server.access import LOCAL_USER, Access
from modeldeck.server.catalogue import Catalogue
from modeldeck.server.credentials import Credentials
from modeldeck.server.settings import Settings
from modeldeck.server.store import Store, UserExistsError
from modeldeck.tts import TTSCache


class Server:
    """Store, connections, deck, access, cache; `transport` reaches private addresses only where that is allowed."""

    def __init__(self, settings: Settings, store: Store, transport: Transport) -> None:
        self.settings = settings
        self.store = store
        self.transport = transport
        self.catalogue = Catalogue(settings.refresh)
        self.credentials = Credentials(store, settings, transport)
        self.access = Access(store, settings)
        self.cache = TTSCache(settings.cache, max_bytes=settings.cache_bytes) if settings.cache is not None else None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Server]:
    """Raises CredentialError where others could connect and nobody has a token."""
    store = Store(settings.store_url)
    await store.open()
    try:
        await _check_users(settings, store)
        async with Transport(public_only=not settings.private_allowed, observer=_observer()) as transport:
            server = Server(settings, store, transport)
            deck = await server.catalogue.snapshot()
            logs.write(logging.INFO, "open", models=len(deck.models), problems=len(deck.problems))
            following = asyncio.create_task(server.credentials.follow())
            try:
                yield server
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
    finally:
        await store.aclose()


def server_of(connection: HTTPConnection) -> Server:
    server: Server = connection.app.state.modeldeck
    return server


Shared = Annotated[Server, Depends(server_of)]


async def _check_users(settings: Settings, store: Store) -> None:
    if settings.loopback:
        if LOCAL_USER not in await store.users():
            await _add(store, LOCAL_USER)
    elif not await store.has_token():
        raise CredentialError(
            f"others can connect to {settings.host}, and no user has a token: modeldeck users add NAME makes one"
        )


async def _add(store: Store, user: str) -> None:
    try:
        await store.add_user(user)
    except UserExistsError:  # another process was faster
        pass


def _observer() -> Observer | None:
    """OpenTelemetry's, where it is installed."""
    try:
        from modeldeck.integrations import OpenTelemetryObserver
    except MissingExtraError:
        return None
    return OpenTelemetryObserver()
