"""A gateway that quotes what it was sent: neither the key nor a token made of it is told to anybody."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from modeldeck import Retry
from modeldeck.credential import (
    AzureCredential,
    CredentialBase,
    GeminiCredential,
    LiveKitCredential,
    OpenAICredential,
)
from modeldeck.errors import AuthenticationError
from modeldeck.tts import AzureTTSModel, GeminiTTSModel, LiveKitTTSModel, OpenAIRealtimeTTSModel, OpenAITTSModel
from modeldeck.tts.events import shown

KEY = "CANARYkey1"
CASES: list[tuple[type[Any], CredentialBase]] = [
    (OpenAITTSModel, OpenAICredential(api_key=KEY, base_url="http://x")),
    (OpenAIRealtimeTTSModel, OpenAICredential(api_key=KEY, base_url="http://x")),
    (GeminiTTSModel, GeminiCredential(api_key=KEY, base_url="http://x")),
    (AzureTTSModel, AzureCredential(token=f"aad#/subscriptions/x#{KEY}", base_url="http://x")),
    (LiveKitTTSModel, LiveKitCredential(api_key=KEY, api_secret="CANARYsecret-of-32-characters-and-more")),
]


@asynccontextmanager
async def echo(*, json_body: bool) -> AsyncIterator[list[str]]:
    """A server that refuses with the key in the body and in `x-request-id`: its URL, then the keys."""
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head)}
        names = ("authorization", "x-goog-api-key", "ocp-apim-subscription-key")
        key = next(told[name] for name in names if name in told).rpartition(" ")[2]
        seen.append(key)
        await reader.readexactly(int(told.get("content-length", 0)))
        said = f"bad credential {key}"
        body = json.dumps({"error": {"message": said, "code": "x", "status": "UNAUTHENTICATED"}}) if json_body else said
        writer.write(
            f"HTTP/1.1 401 X\r\nx-request-id: {key}\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        seen.append(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        yield seen


@pytest.mark.parametrize("json_body", [True, False])
@pytest.mark.parametrize(("cls", "credential"), CASES, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_was_sent_is_not_repeated(cls: type[Any], credential: CredentialBase, json_body: bool) -> None:
    async with echo(json_body=json_body) as seen:
        given = type(credential)(**{**credential.reveal(), "base_url": seen[0]})
        retry: dict[str, Any] = {"max_retries": 0} if cls.realtime else {"retry": Retry(max_retries=0)}
        with pytest.raises(AuthenticationError) as raised:
            await cls(given, stream=False, **retry).synthesize("Hello.")
        error = raised.value
        trace = "".join(traceback.format_exception(error))
        found = await given.check()
        told = f"{error} {error!r} {vars(error)} {trace} {found} {found!r}"
    assert found.grade == "key_rejected"
    assert len(seen) >= 3
    for secret in ("CANARY", *seen[1:]):
        assert secret not in told


def test_events_show_no_token() -> None:
    events: list[Any] = []
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    credential = LiveKitCredential(api_key=KEY, api_secret="CANARYsecret-of-32-characters-and-more")
    shown(events.append, credential.hide)({"message": f"denied: Bearer {token}", "key": KEY})
    assert events == [{"message": "denied: Bearer ***", "key": "***"}]
