"""The speech of many providers behind LiveKit's inference gateway, text as it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, assert_never

from modeldeck.providers.livekit.credential import LiveKitCredential
from modeldeck.providers.livekit.parameters import LiveKitTTSParameters, split
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from collections import deque

    from modeldeck._transport.link import Dial, Link
    from modeldeck.providers.livekit.wire.tts import SpeechClient, Wanted
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.duplex import Opening
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechRequest
    from modeldeck.tts.sentences import SentenceCutter

_TIMEOUT = 10.0  # seconds that the gateway gives a provider, where nobody said how long the first audio may take


class LiveKitTTSModel(RealtimeTTSModelBase[LiveKitTTSParameters]):
    """Models by the gateway's names, with or without a voice: `cartesia/sonic-3`, `cartesia/sonic-3:<voice>`.

    Text goes sentence by sentence, each as soon as it is whole; one connection speaks turn after turn. The gateway
    takes nothing back: a turn that is interrupted gives its connection up, and the next has one that is open already.
    """

    provider: ClassVar[str] = "livekit"
    credential_class = LiveKitCredential
    credential: LiveKitCredential
    Parameters: ClassVar[type[LiveKitTTSParameters]] = LiveKitTTSParameters
    type: Literal["livekit_tts"] = "livekit_tts"

    def __init__(
        self,
        credential: LiveKitCredential,
        model: str | TTSModelCard = "cartesia/sonic-3",
        parameters: LiveKitTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        """A voice in `parameters` wins over the one behind the model's colon."""
        if isinstance(model, str):
            model, voice = split(model)
            parameters = _voiced(parameters, voice) if voice else parameters
        super().__init__(credential, model, parameters, stream, **options)
        self._owner_of_links = self.model

    def update_options(self, *, model: str | None = None, **parameters: Any) -> None:
        """Change the model, the voice, the language or any other parameter for what begins from now on.

        What is being spoken and the sessions that are open keep theirs; no connection is opened for it. None takes a
        parameter back. Raises ParameterError, and then nothing has changed.
        """
        name, voice = split(model) if model is not None else (self.model, "")
        named = {"voice": voice} if voice else {}
        given = {**self._settings.given, **named, **parameters}
        kept = {key: value for key, value in given.items() if value is not None or key not in parameters}
        card = self._card if name == self.model and self._card is not None else name
        changed = object.__new__(type(self))
        vars(changed).update(vars(self))
        changed._set(card, kept)
        vars(self).update({one: vars(changed)[one] for one in ("model", "_card", "_settings")})

    async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncGenerator[ConversationEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.livekit.wire.errors import SERVICE
        from modeldeck.providers.livekit.wire.tts import SpeechClient
        from modeldeck.tts.duplex import Opening
        from modeldeck.tts.links import lent

        asked, opening = self._wanted(request), Opening(inbox)
        async for event in opening:
            yield event
        while opening.text is not None:
            client = SpeechClient(asked)
            client.on_event = request.on_event
            async with (
                lent(self.transport, self._dial(asked), request, SERVICE) as link,
                aclosing(Nested(_turns(link, client, opening, inbox))) as events,
            ):
                async for event in events:
                    yield event

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._dial(self._wanted(request)))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.livekit.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._dial(self._wanted(request)), request, SERVICE)

    def _times(self, parameters: Mapping[str, Any]) -> bool:
        return bool(parameters.get("add_timestamps")) or parameters.get("timestamp_type") in ("WORD", "CHARACTER")

    def _wanted(self, request: SpeechRequest) -> Wanted:
        from modeldeck.providers.livekit.wire.tts import wanted

        parameters = dict(request.parameters)
        if request.output is not None:
            parameters["sample_rate"] = request.output.sample_rate
        timeout = float(request.timeouts.first_audio or _TIMEOUT)
        return wanted(request.model, parameters, request.extra, timeout=timeout, retries=self.retry.max_retries)

    def _dial(self, asked: Wanted) -> Dial:
        from modeldeck.providers.livekit.links import dial

        return dial(self.credential, asked, self._owner_of_links)


def _voiced(parameters: LiveKitTTSParameters | Mapping[str, Any] | None, voice: str) -> Any:
    """With `voice` unless they have one."""
    if isinstance(parameters, LiveKitTTSParameters):
        spoken_of = "voice" in parameters.model_fields_set
        return parameters if spoken_of else parameters.model_copy(update={"voice": voice})
    return {"voice": voice, **(parameters or {})}


async def _turns(
    link: Link, client: SpeechClient, opening: Opening, inbox: Inbox
) -> AsyncGenerator[ConversationEvent, None]:
    """As many as the connection lasts for."""
    from collections import deque

    from modeldeck._nested import Nested
    from modeldeck._wire.frames import text_of
    from modeldeck.tts.duplex import duplex
    from modeldeck.tts.sentences import SentenceCutter

    while opening.text is not None:
        link.salvaged = False
        told: deque[ConversationEvent] = deque()
        cutter = SentenceCutter(text_of(client.asked.language))
        writing = _written(link, client, cutter, opening.text, inbox, told)
        async with aclosing(Nested(duplex(link, client, writing, told))) as events:
            async for event in events:
                yield event
        link.salvage()  # between turns it is good for whoever comes next
        async for event in opening:
            yield event
        if not link.open:  # the next one takes another
            return
    link.keep()


async def _written(
    link: Link,
    client: SpeechClient,
    cutter: SentenceCutter,
    text: str,
    inbox: Inbox,
    told: deque[ConversationEvent],
) -> None:
    """One turn, from its first text to its flush."""
    from modeldeck.tts.hook import Clear, Cleared, Commit, Flush, Text

    await _sent(link, client, cutter.feed(text))
    async for item in inbox:
        match item:
            case Text():
                await _sent(link, client, cutter.feed(item.text))
            case Commit():
                await _sent(link, client, [cutter.rest()])
            case Clear():
                told.append(Cleared(len(cutter.rest())))
            case Flush():
                await _sent(link, client, [cutter.rest()])
                await link.send(client.flush())
                return
            case _:
                assert_never(item)


async def _sent(link: Link, client: SpeechClient, sentences: list[str]) -> None:
    for sentence in sentences:
        for frame in client.transcript(sentence):
            await link.send(frame)
