"""Qwen-TTS over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import QwenTTSParameters
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import SpeechEvent, SpeechRequest


class DashScopeTTSModel(TTSModelBase[QwenTTSParameters]):
    """Qwen3-TTS: whole texts in, audio as it is made."""

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    credential: DashScopeCredential
    Parameters: ClassVar[type[QwenTTSParameters]] = QwenTTSParameters
    type: Literal["dashscope_tts"] = "dashscope_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "qwen3-tts-flash",
        parameters: QwenTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from modeldeck._wire.service import is_page
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.providers.dashscope.wire.speech import HEADERS, PATH, Download, SpeechAnswer, body

        headers = {**self.credential.headers(), **HEADERS}
        json = body(self.model, request.text, request.parameters, request.extra)
        answer = SpeechAnswer()
        answer.on_event = request.on_event
        async with self.transport.exchange(
            "POST",
            self.credential.host() + PATH,
            headers=headers,
            json=json,
            connect=request.timeouts.connect,
            watch=request.watch,
        ) as response:
            if response.status != 200 or is_page(response.headers):
                raise SERVICE.http_error(response.status, await response.body(), response.headers)
            async for data in response.chunks():
                for event in answer.feed(data):
                    if not isinstance(event, Download):
                        yield event
                if answer.stopped:
                    response.leave()
                    break
        for event in answer.end():
            if not isinstance(event, Download):
                yield event
                continue
            async with aclosing(self._downloaded(event.url, request)) as parts:
                async for part in parts:
                    yield part

    async def _downloaded(self, url: str, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """The audio of an answer that only says where it is; the key does not go there."""
        from modeldeck._wire.service import is_page
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.providers.dashscope.wire.speech import FORMAT
        from modeldeck.tts.hook import Audio
        from modeldeck.tts.wav import Samples

        samples = Samples(FORMAT)
        async with self.transport.exchange("GET", url, headers={}, connect=request.timeouts.connect) as response:
            if response.status != 200 or is_page(response.headers):
                raise SERVICE.http_error(response.status, await response.body(), response.headers)
            async for data in response.chunks():
                if pcm := samples.feed(data):
                    yield Audio(pcm, samples.format)
        if pcm := samples.rest():
            yield Audio(pcm, samples.format)

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self.credential.host())

    async def _warm(self, request: SpeechRequest) -> None:
        await self.transport.prewarm(self.credential.host(), connect=request.timeouts.connect)
