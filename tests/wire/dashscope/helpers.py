"""A realtime client as it is once its settings are accepted, and events of the service."""

from __future__ import annotations

import base64
import json
from typing import Any

from modeldeck.providers.dashscope.wire import realtime
from tests.wire.dashscope import golden

DOC = golden.DOC_REALTIME
SPOKEN = ["item.added", "part.added", "delta", "audio.done", "part.done", "item.done"]


def client(**parameters: Any) -> realtime.RealtimeClient:
    made = realtime.RealtimeClient("qwen3-tts-flash-realtime", {"voice": "Cherry", **parameters})
    made.receive(DOC["session.created"])
    made.update()
    made.receive(event("session.updated"))
    return made


def event(type: str, **content: Any) -> str:
    return json.dumps({"event_id": "event_1", "type": type, **content})


def delta(data: bytes, response_id: str = "resp_x") -> str:
    return event("response.audio.delta", response_id=response_id, delta=base64.b64encode(data).decode())


def done(response_id: str = "resp_x", status: str = "completed", **usage: int) -> str:
    return event("response.done", response={"id": response_id, "status": status, "usage": usage})


def created(response_id: str = "resp_x") -> str:
    return event("response.created", response={"id": response_id})
