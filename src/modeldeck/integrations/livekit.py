"""A model as LiveKit agents' TTS; needs the extra `livekit`.

Written against livekit-agents 1.8.9 (livekit/agents/tts/tts.py, _exceptions.py; read on 2026-11-30).
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any
from weakref import WeakSet

from modeldeck import errors
from modeldeck.integrations._spoken import Spoken, conversing
from modeldeck.tts import AudioFormat, TTSModelBase, TTSResponse

try:
    from livekit import agents
    from livekit.agents import tts, utils
    from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, TimedString
except ImportError as error:
    message = 'speaking inside LiveKit agents needs its extra: pip install "modeldeck[livekit]"'
    raise errors.MissingExtraError(message, extra="livekit") from error

_SILENCE = 0.02  # seconds, for a text of which nothing is spoken: to LiveKit none at all is a failure


class LiveKitTTS(tts.TTS[Any]):
    """`AgentSession(tts=LiveKitTTS(tts_model("openai/gpt-4o-mini-tts:alloy")))`: any model, as text is written.

    Attempts are the model's (`retry=`), not LiveKit's as well: an error that comes out of here is final, unless the
    model makes none (`Retry(max_retries=0)`); then `APIConnectOptions.max_retry` counts. Time-outs are the model's.
    """

    def __init__(self, model: TTSModelBase[Any], *, sample_rate: int | None = None) -> None:
        """`sample_rate` in Hz, the model's own unless given. Raises ParameterError where it cannot give raw PCM."""
        raw = model.raw
        self._format = AudioFormat("pcm_s16le", sample_rate or raw.sample_rate, raw.channels)
        self._model = model
        self._options: dict[str, Any] = {"output": self._format}
        self._streams = WeakSet[tts.SynthesizeStream | tts.ChunkedStream]()
        self._warming: asyncio.Task[None] | None = None
        self.update_options()
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=model.word_timings),
            sample_rate=self._format.sample_rate,
            num_channels=self._format.channels,
        )
        self._label = f"modeldeck {f'{model.provider}/' if model.provider else ''}{model.model}"  # several: all names

    @property
    def model(self) -> str:
        return self._model.model

    @property
    def provider(self) -> str:
        return self._model.provider or "unknown"

    def update_options(self, **parameters: Any) -> None:
        """Change the voice or any other parameter for what begins from now on. Raises ParameterError."""
        options = {**self._options, **parameters}
        self._model.session(**options)  # what it refuses is refused here
        self._options = options

    def prewarm(self) -> None:
        if self._warming is None or self._warming.done():
            self._warming = asyncio.get_running_loop().create_task(self._warm())

    async def _warm(self) -> None:
        try:
            await self._model.prewarm(**self._options)
        except errors.ModelDeckError:
            pass  # whoever speaks next is told

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        stream = _Whole(tts=self, input_text=text, conn_options=conn_options)
        self._streams.add(stream)
        return stream

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        stream = _Written(tts=self, conn_options=conn_options)
        self._streams.add(stream)
        return stream

    async def aclose(self) -> None:
        """The streams; the connections are the model's and its transport's."""
        for stream in list(self._streams):
            await stream.aclose()
        if self._warming is not None:
            await utils.aio.cancel_and_wait(self._warming)


class _Speaking:
    """What both kinds of stream do with a model's increments."""

    _set_token_usage: Callable[..., None]

    def __init__(self, **options: Any) -> None:
        owner: LiveKitTTS = options["tts"]
        self._model, self._options = owner._model, owner._options  # as they are now
        super().__init__(**options)

    async def _emit(
        self, increments: AsyncIterator[TTSResponse], emitter: tts.AudioEmitter, spoken: Spoken, segment: str | None
    ) -> None:
        """`segment`: its id, where the text was streamed. Raises APIError."""
        form: AudioFormat = self._options["output"]
        emitter.initialize(
            request_id=segment or utils.shortuuid(),
            sample_rate=form.sample_rate,
            num_channels=form.channels,
            mime_type="audio/pcm",
            stream=segment is not None,
        )
        if segment is not None:
            emitter.start_segment(segment_id=segment)
        heard = False
        try:
            async for one in increments:
                timed = [(spoken.piece(word), word.start, word.end) for word in one.timings]
                if one.is_last and (rest := spoken.rest()):
                    timed.append((rest, spoken.end, spoken.end))
                emitter.push_timed_transcript([TimedString(*piece) for piece in timed if piece[0]])
                if one.audio:
                    heard = True
                    emitter.push(one.audio)
                if one.usage is not None:
                    used = {"input_tokens": one.usage.input_tokens, "output_tokens": one.usage.output_tokens}
                    self._set_token_usage(**used)
        except errors.ModelDeckError as error:
            raise _told(error, again=error.retryable and not heard and not self._model.retry.max_retries) from error
        if not heard and spoken.text.strip():
            emitter.push(bytes(2 * form.channels * int(_SILENCE * form.sample_rate)))


class _Whole(_Speaking, tts.ChunkedStream):
    """A whole text."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        async with aclosing(self._model.synthesize(self._input_text, **self._options)) as speech:
            await self._emit(speech, output_emitter, Spoken(self._input_text), None)


class _Written(_Speaking, tts.SynthesizeStream):
    """A text that is being written: one utterance, as LiveKit makes a stream for each."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        spoken = Spoken()
        async with self._model.session(**self._options) as session, conversing(session):
            feeder = asyncio.get_running_loop().create_task(session.feed(self._texts(spoken)), name="modeldeck text")
            try:
                async with aclosing(session.utterance()) as increments:
                    await self._emit(increments, output_emitter, spoken, utils.shortuuid())
            finally:
                await utils.aio.cancel_and_wait(feeder)

    async def _texts(self, spoken: Spoken) -> AsyncGenerator[str, None]:
        async for text in self._input_ch:
            if isinstance(text, str):
                self._mark_started()
                spoken.text += text
                yield text
            elif spoken.text:
                return


def _told(error: errors.ModelDeckError, again: bool) -> agents.APIError:
    """The error as LiveKit's own; `again`: LiveKit may make another attempt."""
    match error:
        case errors.TimeoutExceededError():
            return agents.APITimeoutError(str(error), retryable=again)
        case errors.ConnectionFailedError():
            return agents.APIConnectionError(str(error), retryable=again)
        case _ if error.status in (None, 499):  # LiveKit takes 499 for an end that was wanted
            return agents.APIError(str(error), body=error.code, retryable=again)
        case _:
            return agents.APIStatusError(
                str(error), status_code=error.status, request_id=error.request_id, body=error.code, retryable=again
            )
