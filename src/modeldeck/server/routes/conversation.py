"""WebSocket /api/v1/conversation: text in, audio out, both at once."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from modeldeck.server.access import Who
from modeldeck.server.state import Shared
from modeldeck.server.talk import Talk

router = APIRouter()


@router.websocket("/api/v1/conversation")
async def conversation(socket: WebSocket, who: Who, server: Shared) -> None:
    await socket.accept()
    await Talk(socket, server, who.user).run()
