"""A model as a Pipecat TTS service; needs the extra `pipecat`.

Written against pipecat-ai 1.14.0 (pipecat/services/tts_service.py, services/settings.py; read on 2026-11-30).
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any

from modeldeck import errors
from modeldeck.integrations._spoken import Spoken, conversing, unspaced
from modeldeck.tts import AudioFormat, Session, TTSModelBase, TTSResponse

try:
    from pipecat.frames.frames import EndFrame, ErrorFrame, Frame, StartFrame, TTSAudioRawFrame, TTSStoppedFrame
    from pipecat.services.settings import TTSSettings
    from pipecat.services.tts_service import TextAggregationMode, TTSService
    from pipecat.utils.errors import ErrorCategory
    from pipecat.utils.tracing.service_decorators import traced_tts
    from pipecat.utils.types import NOT_GIVEN
except ImportError as error:
    message = 'speaking inside Pipecat needs its extra: pip install "modeldeck[pipecat]"'
    raise errors.MissingExtraError(message, extra="pipecat") from error

_PATIENCE = 30.0  # seconds of silence after which Pipecat takes a turn for over; a model's own time-outs come first
_CATEGORIES = {
    errors.AuthenticationError: ErrorCategory.AUTHENTICATION,
    errors.PermissionDeniedError: ErrorCategory.AUTHORIZATION,
    errors.QuotaError: ErrorCategory.QUOTA,
    errors.RateLimitError: ErrorCategory.RATE_LIMIT,
    errors.ContentRefusedError: ErrorCategory.APPLICATION,
    errors.ParameterError: ErrorCategory.APPLICATION,  # the text's: settings are checked when they are made
    errors.ConnectionFailedError: ErrorCategory.CONNECTIVITY,
    errors.TimeoutExceededError: ErrorCategory.CONNECTIVITY,
    errors.ServiceError: ErrorCategory.SERVER,
}


@dataclass(eq=False)
class _Talk:
    """The conversation of one audio context. `said`: its utterances that are not over; `seconds`: of those that are."""

    session: Session
    said: deque[Spoken] = field(default_factory=deque[Spoken])
    seconds: float = 0.0
    over: bool = False  # no more text will come
    reader: asyncio.Task[None] | None = None


class PipecatTTSService(TTSService):
    """`Pipeline([..., PipecatTTSService(tts_model("openai/gpt-4o-mini-tts:alloy")), ...])`: any model.

    A sentence is an utterance; with `text_aggregation_mode=TextAggregationMode.TOKEN` a turn is one, and a realtime
    model speaks while it is written. Attempts (Pipecat makes none) and time-outs are the model's.
    """

    def __init__(
        self,
        model: TTSModelBase[Any],
        *,
        sample_rate: int | None = None,
        text_aggregation_mode: TextAggregationMode = TextAggregationMode.SENTENCE,
        **options: Any,
    ) -> None:
        """`sample_rate` in Hz, the model's own unless given. `options` are `TTSService`'s. Raises ParameterError."""
        raw = model.raw
        self._format = AudioFormat("pcm_s16le", sample_rate or raw.sample_rate, raw.channels)
        self._model = model
        self._parameters: dict[str, Any] = {"output": self._format}
        self._standing = model.session(**self._parameters)  # keeps open what the next conversation needs
        self._talks: dict[str, _Talk] = {}
        voice = getattr(model.parameters, "voice", None)
        options.setdefault("stop_frame_timeout_s", _PATIENCE)
        super().__init__(
            sample_rate=self._format.sample_rate,
            text_aggregation_mode=text_aggregation_mode,
            push_text_frames=text_aggregation_mode == TextAggregationMode.TOKEN and not model.word_timings,
            push_start_frame=True,
            settings=TTSSettings(model=model.model, voice=voice, language=None),
            **options,
        )

    def can_generate_metrics(self) -> bool:
        return True

    @property
    def supports_processing_metrics(self) -> bool:
        return False  # `run_tts` only hands the text on

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self._standing.__aenter__()

    async def stop(self, frame: EndFrame) -> None:
        for context_id in self.get_audio_contexts():
            await self.flush_audio(context_id)
        await super().stop(frame)

    async def cleanup(self) -> None:
        await super().cleanup()
        for context_id in list(self._talks):
            await self._drop(context_id)
        await self._standing.aclose()

    @traced_tts  # type: ignore[untyped-decorator]
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        try:
            talk = self._talks.get(context_id) or await self._begin(context_id)
            begins = not talk.session.unflushed
            await talk.session.send(text)
            if begins:
                talk.said.append(Spoken())
            talk.said[-1].text += text
            if not self._is_streaming_tokens:
                await talk.session.flush()
            await self.start_tts_usage_metrics(text)
            if context_id != self._turn_context_id:
                await self.flush_audio(context_id)
        except errors.ModelDeckError as error:
            if isinstance(error, errors.ParameterError) or context_id not in self._talks:  # else the reader tells
                yield ErrorFrame(str(error), exception=error)
        yield None

    async def _begin(self, context_id: str) -> _Talk:
        talk = _Talk(await self._model.session(**self._parameters).__aenter__())
        self._talks[context_id] = talk
        talk.reader = self.create_task(self._speak(context_id, talk))
        return talk

    async def flush_audio(self, context_id: str | None = None) -> None:
        """The turn's text is complete."""
        talk = self._talks.get(context_id or "")
        if talk is None:
            await self._finish(context_id)
            return
        talk.over = True
        try:
            await talk.session.end()
        except errors.ModelDeckError:
            pass  # the reader tells

    async def _update_settings(self, delta: TTSSettings) -> dict[str, Any]:
        """Voice, language and, in `extra`, any other parameter, for what begins from now on; not the model."""
        given = delta.given_fields()
        if given.pop("model", self._model.model) != self._model.model:
            self._warn_unhandled_updated_settings(["model"])
        parameters = {**self._parameters, **given}
        try:
            following = self._model.session(**parameters)
        except errors.ModelDeckError as error:
            await self.push_error(str(error), exception=error)
            return {}
        self._parameters = parameters
        await self._standing.aclose()
        self._standing = following
        await following.__aenter__()
        changed: dict[str, Any] = await super()._update_settings(replace(delta, model=NOT_GIVEN))
        return changed

    def _classify_error(self, exception: Exception) -> ErrorCategory | None:
        return next((category for kind, category in _CATEGORIES.items() if isinstance(exception, kind)), None)

    async def on_audio_context_interrupted(self, context_id: str) -> None:
        await self._drop(context_id)

    async def on_audio_context_completed(self, context_id: str) -> None:
        await self._drop(context_id)

    async def _speak(self, context_id: str, talk: _Talk) -> None:
        """Hand the audio and its words on until there is no more."""
        failure: errors.ModelDeckError | None = None
        try:
            async with conversing(talk.session) as session:
                async for one in session:
                    await self._hand_on(context_id, talk, one)
        except errors.ModelDeckError as error:
            failure = error
        if self._talks.get(context_id) is talk:
            del self._talks[context_id]
        if failure is not None:
            await self.push_error(str(failure), exception=failure)
        if talk.over:
            await self._finish(context_id)

    async def _hand_on(self, context_id: str, talk: _Talk, one: TTSResponse) -> None:
        spoken, rate = talk.said[0], self._format.sample_rate
        words = [(spoken.piece(word), talk.seconds + word.start) for word in one.timings]
        if one.audio:
            frame = TTSAudioRawFrame(one.audio, rate, self._format.channels, context_id=context_id)
            await self.append_to_audio_context(context_id, frame)
        if one.is_last:
            talk.said.popleft()
            talk.seconds += one.offset / rate
            if not spoken.timed and not self._push_text_frames:
                words.append((spoken.text, talk.seconds))  # all of it, once it was heard
        for word, seconds in words:
            await self.add_word_timestamps(
                [(word, seconds)], context_id, includes_inter_frame_spaces=unspaced(word) or None
            )

    async def _finish(self, context_id: str | None) -> None:
        if context_id and self.audio_context_available(context_id):
            await self.append_to_audio_context(context_id, TTSStoppedFrame(context_id=context_id))
            await self.remove_audio_context(context_id)

    async def _drop(self, context_id: str) -> None:
        talk = self._talks.pop(context_id, None)
        if talk is not None and talk.reader is not None:
            await self.cancel_task(talk.reader)
