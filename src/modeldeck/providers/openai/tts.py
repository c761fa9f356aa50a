"""/v1/audio/speech, of OpenAI and of every server that speaks it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.openai.credential import OpenAICredential
from modeldeck.providers.openai.parameters import OpenAITTSParameters
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import SpeechEvent, SpeechRequest


class OpenAITTSModel(TTSModelBase[OpenAITTSParameters]):
    """OpenAI's speech: whole texts in, a file out as it is made.

    What compatible servers take besides, `extra` adds to the request.
    """

    provider: ClassVar[str] = "openai"
    credential_class = OpenAICredential
    credential: OpenAICredential
    Parameters: ClassVar[type[OpenAITTSParameters]] = OpenAITTSParameters
    type: Literal["openai_tts"] = "openai_tts"
    any_model: ClassVar[bool] = True  # compatible servers have names that nobody here knows

    def __init__(
        self,
        credential: OpenAICredential,
        model: str | TTSModelCard = "tts-1",
        parameters: OpenAITTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from modeldeck._wire.service import is_page
        from modeldeck.providers.openai.wire.errors import SERVICE
        from modeldeck.providers.openai.wire.speech import HEADERS, PATH, RATE, SpeechAnswer, body
        from modeldeck.tts.hook import Identity

        facts = self._card.audio if self._card is not None else None
        json = body(self.model, request.text, _asked(request), request.extra)
        async with self.transport.exchange(
            "POST",
            self.credential.host() + PATH,
            headers={**self.credential.headers(), **HEADERS},
            json=json,
            connect=request.timeouts.connect,
            watch=request.watch,
        ) as response:
            if response.status != 200 or is_page(response.headers):
                raise SERVICE.http_error(response.status, await response.body(), response.headers)
            answer = SpeechAnswer(response.headers, json.get("response_format"), (facts and facts.sample_rate) or RATE)
            answer.on_event = request.on_event
            yield Identity(request_id=answer.request_id)
            async for data in response.chunks():
                for event in answer.feed(data):
                    yield event
        for event in answer.end():
            yield event

    def _leaves(self, parameters: Mapping[str, Any]) -> str | None:
        asked = parameters.get("response_format")
        facts = self._card.audio if self._card is not None else None
        if asked is None and (facts is None or not facts.formats):
            return "mp3"  # the wire's own default
        return super()._leaves({"format": asked})

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self.credential.host())

    async def _warm(self, request: SpeechRequest) -> None:
        await self.transport.prewarm(self.credential.host(), connect=request.timeouts.connect)


def _asked(request: SpeechRequest) -> Mapping[str, Any]:
    """What `output` asks for natively has the last word on the format."""
    if request.output is None:
        return request.parameters
    encoding = request.output.encoding
    return {**request.parameters, "response_format": "pcm" if encoding == "pcm_s16le" else encoding}
