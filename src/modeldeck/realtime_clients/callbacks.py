"""What agentscope-runtime's clients call, and when."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel

from modeldeck.realtime_clients.config import TtsConfig
from modeldeck.tts.response import TTSResponse

# What may be called (its name is for the log), and with which arguments.
Call: TypeAlias = "tuple[str, Callable[..., object] | None, tuple[Any, ...]]"


class ModelstudioTtsCallbacks(BaseModel):
    """`on_open()`, `on_event(json)` and `on_data(bytes, chat_id, index)`, `on_complete(chat_id)`, `on_close()`.

    Or `on_error(message)` in the place of `on_complete`.
    """

    on_open: Callable[..., Any] | None = None
    on_complete: Callable[..., Any] | None = None
    on_error: Callable[..., Any] | None = None
    on_close: Callable[..., Any] | None = None
    on_event: Callable[..., Any] | None = None
    on_data: Callable[..., Any] | None = None


class AzureTtsCallbacks(BaseModel):
    """`on_started()`, `on_data(bytes, chat_id, index)` and `on_synthesizing(event)`, `on_complete(chat_id)`.

    Or `on_canceled()` in the place of the last one.
    `on_error(message)`, which the original has not, comes before `on_canceled()` where something went wrong.
    """

    on_started: Callable[..., Any] | None = None
    on_complete: Callable[..., Any] | None = None
    on_canceled: Callable[..., Any] | None = None
    on_data: Callable[..., Any] | None = None
    on_synthesizing: Callable[..., Any] | None = None
    on_error: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class SynthesisResult:
    """What of Azure's `SpeechSynthesisResult` there is to say of a piece of audio."""

    result_id: str | None
    audio_data: bytes


@dataclass(frozen=True, slots=True)
class SynthesisEvent:
    """What `on_synthesizing` is given, in the place of Azure's `SpeechSynthesisEventArgs`."""

    result: SynthesisResult


class Calls(Protocol):
    """One utterance's callbacks, in the order of its vendor. It holds no client, so that those may go."""

    request_id: str | None

    @property
    def chat_id(self) -> str | None: ...
    def fix(self) -> None:
        """Keep the chat id that there is now."""
        ...

    def opened(self) -> list[Call]: ...
    def event(self, event: Mapping[str, Any]) -> list[Call]: ...
    def data(self, part: TTSResponse) -> list[Call]: ...
    def ended(self, error: Exception | None) -> list[Call]:
        """At the end of the audio, before the connection is closed."""
        ...

    def closed(self) -> list[Call]:
        """When it is closed."""
        ...

    def broken_off(self) -> list[Call]:
        """By `close()`."""
        ...


class _Calls:
    def __init__(self, config: TtsConfig) -> None:
        self.request_id: str | None = None
        self._config = config
        self._fixed: tuple[str | None] | None = None
        self._index = 0

    @property
    def chat_id(self) -> str | None:
        """The config's, until the utterance was stopped: then its callbacks keep the one that it had."""
        return self._config.chat_id if self._fixed is None else self._fixed[0]

    def fix(self) -> None:
        self._fixed = self._fixed or (self._config.chat_id,)

    def _data(self, callback: Callable[..., Any] | None, part: TTSResponse) -> list[Call]:
        told = (part.metadata or {}).get("request_id")
        self.request_id = told if isinstance(told, str) else self.request_id
        if not part.audio:
            return []
        self._index += 1
        return [("on_data", callback, (part.audio, self.chat_id, self._index - 1))]


class ModelstudioCalls(_Calls):
    def __init__(self, callbacks: ModelstudioTtsCallbacks | None, config: TtsConfig) -> None:
        super().__init__(config)
        self._to = callbacks or ModelstudioTtsCallbacks()

    def opened(self) -> list[Call]:
        return [("on_open", self._to.on_open, ())]

    def event(self, event: Mapping[str, Any]) -> list[Call]:
        header = event.get("header")
        if not isinstance(header, Mapping):
            return []
        self.request_id = header.get("task_id") or self.request_id
        if header.get("event") != "result-generated":  # of the others the SDK's callbacks say what there is to say
            return []
        return [("on_event", self._to.on_event, (json.dumps(event, ensure_ascii=False),))]

    def data(self, part: TTSResponse) -> list[Call]:
        return self._data(self._to.on_data, part)

    def ended(self, error: Exception | None) -> list[Call]:
        if error is not None:
            return [("on_error", self._to.on_error, (str(error),))]
        return [("on_complete", self._to.on_complete, (self.chat_id,))]

    def closed(self) -> list[Call]:
        return [("on_close", self._to.on_close, ())]

    def broken_off(self) -> list[Call]:
        return []


class AzureCalls(_Calls):
    def __init__(self, callbacks: AzureTtsCallbacks | None, config: TtsConfig) -> None:
        super().__init__(config)
        self._to = callbacks or AzureTtsCallbacks()

    def opened(self) -> list[Call]:
        return [("on_started", self._to.on_started, ())]

    def event(self, event: Mapping[str, Any]) -> list[Call]:
        self.request_id = event.get("request_id") or self.request_id
        return []

    def data(self, part: TTSResponse) -> list[Call]:
        calls = self._data(self._to.on_data, part)
        if calls and self._to.on_synthesizing is not None:
            event = SynthesisEvent(SynthesisResult(self.request_id, part.audio))
            calls.append(("on_synthesizing", self._to.on_synthesizing, (event,)))
        return calls

    def ended(self, error: Exception | None) -> list[Call]:
        if error is not None:
            return [("on_error", self._to.on_error, (str(error),)), *self.broken_off()]
        return [("on_complete", self._to.on_complete, (self.chat_id,))]

    def closed(self) -> list[Call]:
        return []

    def broken_off(self) -> list[Call]:
        return [("on_canceled", self._to.on_canceled, ())]
