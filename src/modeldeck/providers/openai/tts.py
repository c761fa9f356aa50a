"""/v1/audio/speech, of OpenAI and of every server that speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.openai.credential import OpenAICredential
from modeldeck.providers.openai.parameters import OpenAITTSParameters
from modeldeck.providers.openai.wire.errors import SERVICE
from modeldeck.tts.http import Ask, HttpTTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.providers.openai.wire.speech import SpeechAnswer
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import SpeechRequest


class OpenAITTSModel(HttpTTSModelBase[OpenAICredential, OpenAITTSParameters]):
    """OpenAI's speech: whole texts in, a file out as it is made.

    What compatible servers take besides, `extra` adds to the request.
    """

    provider: ClassVar[str] = "openai"
    credential_class = OpenAICredential
    service = SERVICE
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

    def _ask(self, request: SpeechRequest) -> Ask:
        from modeldeck.providers.openai.wire.speech import HEADERS, PATH

        headers = {**self.credential.headers(), **HEADERS}
        return Ask(self.credential.host() + PATH, headers, self._body(request))

    def _answer(self, request: SpeechRequest, headers: Mapping[str, str]) -> SpeechAnswer:
        from modeldeck.providers.openai.wire.speech import RATE, SpeechAnswer

        facts = self._card.audio if self._card is not None else None
        asked = self._body(request).get("response_format")
        answer = SpeechAnswer(headers, asked, (facts and facts.sample_rate) or RATE)
        answer.on_event = request.on_event
        return answer

    def _body(self, request: SpeechRequest) -> dict[str, Any]:
        from modeldeck.providers.openai.wire.speech import body

        return body(self.model, request.text, _asked(request), request.extra)

    def _leaves(self, parameters: Mapping[str, Any]) -> str | None:
        asked = parameters.get("response_format")
        facts = self._card.audio if self._card is not None else None
        if asked is None and (facts is None or not facts.formats):
            return "mp3"  # the wire's own default
        return super()._leaves({"format": asked})


def _asked(request: SpeechRequest) -> Mapping[str, Any]:
    """What `output` asks for natively has the last word on the format."""
    if request.output is None:
        return request.parameters
    encoding = request.output.encoding
    return {**request.parameters, "response_format": "pcm" if encoding == "pcm_s16le" else encoding}
