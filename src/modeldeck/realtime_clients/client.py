"""What the clients of both vendors do: start, take text, stop."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from modeldeck.errors import ConcurrentUseError, ParameterError
from modeldeck.realtime_clients.config import TtsConfig

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.realtime_clients.callbacks import Calls
    from modeldeck.realtime_clients.run import Run
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.response import AudioFormat

_log = logging.getLogger("modeldeck.realtime_clients")
_ENCODINGS = {"pcm": "pcm_s16le"}


class RealtimeState(Enum):
    """Whether there is an utterance that text may be sent to, or audio may come of."""

    IDLE = "idle"
    RUNNING = "running"


class RealtimeType(Enum):
    """What a client is for."""

    TTS = "tts"
    ASR = "asr"
    VOICE_CHAT = "voice_chat"
    VIDEO_CHAT = "video_chat"


class RealtimeComponent:
    """A client with a config, callbacks and a state."""

    def __init__(self, realtime_type: RealtimeType, config: BaseModel, callbacks: BaseModel | None) -> None:
        self.realtime_type = realtime_type
        self.config: Any = config
        self.callbacks: Any = callbacks

    @property
    def state(self) -> RealtimeState:
        return RealtimeState.IDLE

    def get_state(self) -> RealtimeState:
        return self.state


class TtsClient(RealtimeComponent):
    """Speech by callbacks: `start()`, `send_text_data()` as often as there is text, `stop()`; then again.

    Threads may share one, and so may code inside an event loop, which `stop()` and (ModelStudio's) `start()` block.
    Keyword arguments are the model's own: `timeouts`, `retry`, `enforce`, …
    """

    at_once: ClassVar[bool] = False  # `start()` does not wait for the connection

    def __init__(self, config: TtsConfig, callbacks: BaseModel | None, **options: Any) -> None:
        super().__init__(RealtimeType.TTS, config.model_copy(), callbacks)
        self._options: dict[str, Any] = {"enforce": "warn", **options}
        self._lock = threading.RLock()
        self._dropping = False
        self._runs: list[Run] = []  # the last one is the current one; others are about to be over
        self._left: weakref.finalize[[], TtsClient] | None = None
        self._model(self.config, self._options)  # what is wrong with the config shows now

    # -- what vendors fill

    @staticmethod
    def _model(config: Any, options: Mapping[str, Any], transport: Transport | None = None) -> TTSModelBase[Any]:
        """Static, like all that an utterance goes on with when its client is gone."""
        raise NotImplementedError

    def _calls(self) -> Calls:
        raise NotImplementedError

    def _headers(self) -> Mapping[str, str]:
        return {}

    # -- what applications call

    @property
    def state(self) -> RealtimeState:
        """RUNNING from the connection's opening (Azure: from `start()`) to the last audio, an error or `close()`."""
        run = self._run
        return RealtimeState.RUNNING if run is not None and run.running else RealtimeState.IDLE

    @property
    def tts_request_id(self) -> str | None:
        """What the service calls the utterance, as soon as it said so."""
        return self._run.request_id if self._run is not None else None

    def start(self, **kwargs: Any) -> None:
        """Begin an utterance; one that was stopped is waited for. Nothing happens while one is running.

        ModelStudio's waits for the connection and raises what the callbacks are told too.
        """
        run = self._begun()
        if run is None or self.at_once:
            return
        try:
            run.settled.wait()
        except BaseException:
            run.break_off()
            raise
        if run.error is not None and not run.connected:
            raise run.error

    def send_text_data(self, text: str) -> None:
        """More text of the utterance. Without one that is running it is dropped, and a warning logged."""
        if not isinstance(text, str):
            raise ParameterError(f"text must be a str, not {type(text).__name__}", parameter="text")
        run = self._run
        if not text or (run is not None and run.running and run.say(text)):
            return
        if not self._dropping:
            self._dropping = True  # said once for each utterance
            _log.warning("text of %s was dropped: no utterance is running; call start() first", self.config.chat_id)

    def stop(self, **kwargs: Any) -> None:
        """There is no more text: wait until all of it was spoken, or failed. Inside a callback it does not wait."""
        run = self._stopped()
        if run is not None:
            run.wait()

    def async_stop(self, **kwargs: Any) -> None:
        """There is no more text. The callbacks say when all of it was spoken."""
        self._stopped()

    def close(self, **kwargs: Any) -> None:
        """Stop at once, and forget what was not spoken; the client may be started again.

        When it returns no thread and no socket is left, and nothing is called any more (inside a callback: afterwards).
        """
        with self._lock:
            runs = list(self._runs)
        for run in runs:
            run.close_at_once()
        self._forget()

    def set_chat_id(self, chat_id: str | None = None) -> None:
        """What callbacks are given from now on; those of an utterance that was stopped keep what they had."""
        self.config.chat_id = chat_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config.model or 'default model'} {self.state.value}>"

    # -- inside

    @property
    def _run(self) -> Run | None:
        return self._runs[-1] if self._runs else None

    def _begun(self) -> Run | None:
        """What `start()` waits for: a new utterance, or one that another thread is starting; None where it runs."""
        from modeldeck.realtime_clients.run import Run

        while True:
            run = self._run
            if run is not None and run.here and not run.running:
                run.tell_last()  # a callback of the last utterance starts the next: first things first
            with self._lock:
                run = self._run
                if run is not None and not run.stopping and not run.over and (run.running or run.error is None):
                    return None if run.running or run.here else run
                if run is None or run.over or (run.here and not run.running):
                    build = partial(self._model, self.config.model_copy(), self._options)
                    return self._new(Run(build, self._calls(), self._headers(), at_once=self.at_once))
            if run.here:
                raise ConcurrentUseError("the utterance is being spoken; start the next one in on_complete, or close()")
            run.wait()

    def _new(self, run: Run) -> Run:
        self._forget()
        self._dropping = False
        self._runs.append(run)
        if self._left is not None:
            self._left.detach()
        self._left = weakref.finalize(self, run.break_off)
        self._left.atexit = False
        run.begin()
        return run

    def _stopped(self) -> Run | None:
        with self._lock:
            run = self._run
        if run is not None and not run.over:
            run.fix()
            run.say(None)
        return run

    def _forget(self) -> None:
        with self._lock:
            self._runs = [run for run in self._runs if not run.over]


def output(config: TtsConfig) -> AudioFormat:
    """What the config asks for. Raises ParameterError."""
    from modeldeck.tts.response import AudioFormat

    for name, only in (("bits_per_sample", 16), ("nb_channels", 1)):
        value = getattr(config, name)
        if value not in (None, only):
            raise ParameterError(f"{name} must be {only}, not {value}", parameter=name, value=value, limit=only)
    encoding = (config.format or "pcm").lower()
    return AudioFormat(_ENCODINGS.get(encoding, encoding), config.sample_rate or 16000)
