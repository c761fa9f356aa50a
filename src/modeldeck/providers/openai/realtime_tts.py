"""The Realtime API as a voice, text as it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractContextManager, aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.openai.credential import OpenAICredential
from modeldeck.providers.openai.parameters import OpenAIRealtimeTTSParameters
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechEvent, SpeechRequest
    from modeldeck.tts.response import AudioFormat


class OpenAIRealtimeTTSModel(RealtimeTTSModelBase[OpenAIRealtimeTTSParameters]):
    """A Realtime model that reads aloud: one connection speaks all utterances of a conversation.

    Sentences of streamed text are spoken one response after the other, whole texts in one. The model is told to read
    word for word, which it does not promise: what it says that it said is the last response's `metadata["transcript"]`.
    """

    provider: ClassVar[str] = "openai"
    credential_class = OpenAICredential
    credential: OpenAICredential
    Parameters: ClassVar[type[OpenAIRealtimeTTSParameters]] = OpenAIRealtimeTTSParameters
    type: Literal["openai_realtime_tts"] = "openai_realtime_tts"

    def __init__(
        self,
        credential: OpenAICredential,
        model: str | TTSModelCard = "gpt-realtime-2.1-mini",
        parameters: OpenAIRealtimeTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    def _speak(self, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        from modeldeck.tts import monologue

        return monologue.whole(partial(self._spoken, whole=True), request)

    def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
        return self._spoken(request, inbox)

    async def _spoken(
        self, request: SpeechRequest, inbox: Inbox, whole: bool = False
    ) -> AsyncGenerator[ConversationEvent, None]:
        """`whole`: nothing is said before the flush, and then as much as possible at a time."""
        from modeldeck._nested import Nested
        from modeldeck.providers.openai.turns import Script, prepared, utterance
        from modeldeck.providers.openai.wire.errors import SERVICE
        from modeldeck.tts.duplex import Opening
        from modeldeck.tts.links import lent

        settings = self._session(request)
        dial, opening = self._dial(settings), Opening(inbox)
        async for event in opening:
            yield event
        while opening.text is not None:
            async with lent(self.transport, dial, request, SERVICE) as link:
                link.salvage()  # the wire has a cancel
                await prepared(settings, link)
                for event in link.state.begin(request.on_event):
                    yield event
                text: str | None = opening.text
                while text is not None:
                    script = Script(text, self._language, whole)
                    async with aclosing(Nested(utterance(link, script, inbox))) as events:
                        async for event in events:
                            yield event
                    async for event in opening:
                        yield event
                    text = opening.text if link.open else None  # the next one takes another
                link.keep()

    def _leaves(self, parameters: Mapping[str, Any]) -> str | None:
        from modeldeck.providers.openai.wire.realtime import FORMATS

        asked = parameters.get("format")
        found = FORMATS.get(asked) if isinstance(asked, str) else None
        return found.encoding if found is not None else None

    def _gives(self, target: AudioFormat) -> bool:
        from modeldeck.providers.openai.wire.realtime import FORMATS

        return target in FORMATS.values()

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._dial(self._session(request)))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.openai.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._dial(self._session(request)), request, SERVICE)

    def _session(self, request: SpeechRequest) -> dict[str, Any]:
        from modeldeck.providers.openai.wire.realtime import session

        return session(self._asked(request), request.extra)

    def _dial(self, settings: Mapping[str, Any]) -> Dial:
        """The settings are the session's: only with other instructions a connection fits, which are told anew."""
        from modeldeck._transport.link import Dial
        from modeldeck._wire.frames import encoded
        from modeldeck.providers.openai.turns import prepared
        from modeldeck.providers.openai.wire.realtime import path

        return Dial(
            self.credential.host() + path(self.model),
            self.credential.headers(),
            key=encoded({**settings, "instructions": ""}),
            prepare=partial(prepared, settings),
        )

    def _asked(self, request: SpeechRequest) -> Mapping[str, Any]:
        """What `output` asks for natively has the last word on the format."""
        from modeldeck.providers.openai.wire.realtime import FORMATS

        if request.output is None:
            return request.parameters
        encoding = "pcm_s16le" if request.output.encoding == "wav" else request.output.encoding
        name = next((name for name, one in FORMATS.items() if one.encoding == encoding), "pcm")
        return {**request.parameters, "format": name}
