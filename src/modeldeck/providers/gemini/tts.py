"""Gemini's text-to-speech models over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck._transport.limits import Timeouts
from modeldeck.providers.gemini.credential import GeminiCredential
from modeldeck.providers.gemini.parameters import GeminiTTSParameters
from modeldeck.providers.gemini.wire.errors import SERVICE
from modeldeck.tts.http import Ask, HttpTTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck._transport.observe import Kind
    from modeldeck.providers.gemini.wire.speech import SpeechAnswer
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import SpeechRequest
    from modeldeck.tts.response import AudioFormat


_WHOLE = 300.0  # seconds: an answer that is not streamed begins when all of it is made


class GeminiTTSModel(HttpTTSModelBase[GeminiCredential, GeminiTTSParameters]):
    """Gemini TTS: whole texts in, one speaker or two, audio as it is made."""

    provider: ClassVar[str] = "gemini"
    credential_class = GeminiCredential
    service = SERVICE
    Parameters: ClassVar[type[GeminiTTSParameters]] = GeminiTTSParameters
    type: Literal["gemini_tts"] = "gemini_tts"

    def __init__(
        self,
        credential: GeminiCredential,
        model: str | TTSModelCard = "gemini-2.5-flash-preview-tts",
        parameters: GeminiTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    def _ask(self, request: SpeechRequest) -> Ask:
        from modeldeck.providers.gemini.wire.request import body, path

        parameters = self._sent(request)
        url = self.credential.host() + path(self.model, parameters["delivery"])
        return Ask(url, self.credential.headers(), body(request.text, parameters, request.extra))

    def _answer(self, request: SpeechRequest, headers: Mapping[str, str]) -> SpeechAnswer:
        from modeldeck.providers.gemini.wire.speech import SpeechAnswer

        answer = SpeechAnswer()
        answer.on_event = request.on_event
        return answer

    def _request(
        self, text: str, kwargs: dict[str, Any], kind: Kind = "synthesize", *, plain: bool = False
    ) -> SpeechRequest:
        """No stream, and nobody's own limit: the first audio may take as long as the last."""
        request = super()._request(text, kwargs, kind, plain=plain)
        own = request.timeouts.first_audio != Timeouts().first_audio
        if own or self._switch("delivery", request.parameters) != "whole":
            return request
        return replace(request, timeouts=replace(request.timeouts, first_audio=_WHOLE))

    def _cuts(self, request: SpeechRequest) -> bool:
        return not request.parameters.get("speakers")  # the turns of a dialogue are one request

    def _gives(self, target: AudioFormat) -> bool:
        from modeldeck.providers.gemini.wire.audio import TELEPHONE

        offered = self.Parameters.model_fields if self._card is None else self._card.call_schema["properties"]
        return target in TELEPHONE.values() and "format" in offered

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self.credential.host())  # a dialogue has no request without its text

    async def _warm(self, request: SpeechRequest) -> None:
        await self.transport.prewarm(self.credential.host(), connect=request.timeouts.connect)

    def _sent(self, request: SpeechRequest) -> dict[str, Any]:
        """As the wire sends them: what `output` asks for natively has the last word where a format can be asked for."""
        from modeldeck.providers.gemini.wire.audio import TELEPHONE

        given = dict(request.parameters)
        given |= {name: self._switch(name, given) for name in ("delivery", "dialect")}
        if request.output is not None and "format" in given:
            given["format"] = request.output.encoding if request.output in TELEPHONE.values() else "pcm"
        return given

    def _switch(self, name: str, parameters: Mapping[str, Any]) -> Any:
        """What is a choice of ours, not sent: whoever sets it to None gets the card's, else the class's."""
        preset = self.Parameters.model_fields[name].default
        if self._card is not None:
            preset = self._card.call_schema["properties"].get(name, {}).get("default", preset)
        return parameters.get(name, preset)
