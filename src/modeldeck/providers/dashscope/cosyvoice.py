"""CosyVoice and Sambert over the run-task WebSocket: one implementation, two names."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, assert_never

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import CosyVoiceParameters, CosyVoiceSwitchParameters
from modeldeck.tts.base import P
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial, Link
    from modeldeck.providers.dashscope.pauses import Tasks
    from modeldeck.providers.dashscope.wire.tasks import TaskClient
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechRequest

_PATIENCE = 20.0  # seconds that a started task may wait for text; the service gives up after 23 (documents, 2026-05-30)


class _RunTask(RealtimeTTSModelBase[P]):
    """Each utterance is a task, on a connection whose task was started beforehand; another where its text pauses."""

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    credential: DashScopeCredential

    @classmethod
    def _takes(cls, realtime: bool | None) -> bool:
        return True  # CosyVoice speaks both ways, and Sambert, which is not realtime, is of this wire

    async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncGenerator[ConversationEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.dashscope.pauses import Tasks
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.tts.duplex import Opening, duplex
        from modeldeck.tts.hook import Identity, UtteranceEnd
        from modeldeck.tts.links import lent

        dial, opening, tasks = self._dial(request), Opening(inbox), Tasks()
        whole = not self._takes_pieces or not self._cuts(request)
        while True:
            async for event in opening:
                yield event
                tasks = Tasks() if isinstance(event, UtteranceEnd) else tasks
            if opening.text is None:
                return
            if whole:
                async for event in opening.rest():
                    yield event
                if not opening.text:
                    yield UtteranceEnd()
                    continue
                self._check_document(opening.text)
            async with lent(self.transport, dial, request, SERVICE) as link:
                client = self._client_of(link, request)
                client.on_event = request.on_event
                if client.task_id:
                    yield Identity(request_id=client.task_id)
                told: deque[ConversationEvent] = deque()
                text = opening.text
                writing = _whole(link, client, text) if whole else _pieces(link, client, text, inbox, told, tasks)
                async with aclosing(Nested(duplex(link, client, writing, told))) as events:
                    async for event in events:
                        if (seen := tasks.event(event)) is not None:
                            yield seen
                tasks = tasks.next(client)
                client.on_event = None
                link.keep()

    def _cuts(self, request: SpeechRequest) -> bool:
        return not request.parameters.get("enable_ssml")

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._dial(request))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._dial(request), request, SERVICE)

    def _times(self, parameters: Mapping[str, Any]) -> bool:
        return bool(parameters.get("word_timestamp_enabled"))

    def _check_document(self, text: str) -> None:
        """SSML goes into one frame. Raises ParameterError, as `enforce` asks."""
        from modeldeck.providers.dashscope.wire.tasks import FRAME_CHARACTERS
        from modeldeck.tts.facts import Limits
        from modeldeck.tts.text import text_problem

        if self._takes_pieces:
            limits = Limits(max_characters=FRAME_CHARACTERS, counting="cjk_double")
            if (problem := text_problem(text, f"{self.model} with enable_ssml", limits)) is not None:
                self._settings.let_through(problem)

    @property
    def _takes_pieces(self) -> bool:
        """Sambert does not: its cards say that it is not realtime."""
        return self._card is None or self._card.realtime is not False

    def _dial(self, request: SpeechRequest) -> Dial:
        """Spares fit where model and settings agree: their task is started already."""
        from modeldeck._transport.link import Dial
        from modeldeck.providers.dashscope.wire.tasks import PATH

        settings = [self.model, dict(request.parameters), str(request.output), dict(request.extra)]
        return Dial(
            self.credential.socket_host() + PATH,
            self.credential.headers(),
            json.dumps(settings, sort_keys=True, default=str),
            partial(self._started, request) if self._takes_pieces else None,
            _PATIENCE,
        )

    async def _started(self, request: SpeechRequest, link: Link) -> None:
        client = self._client_of(link, request)
        await link.send(client.run())
        while not client.ready:
            client.receive(await link.receive())

    def _client_of(self, link: Link, request: SpeechRequest) -> TaskClient:
        """The link's own protocol state, made at its first use."""
        from modeldeck.providers.dashscope.links import parameters
        from modeldeck.providers.dashscope.wire.tasks import TaskClient

        if link.state is None:
            sent = parameters(request)
            sent.pop("realtime", None)
            link.state = TaskClient(self.model, sent, request.extra, duplex=self._takes_pieces)
        client: TaskClient = link.state
        return client


class DashScopeCosyVoiceRealtimeTTSModel(_RunTask[CosyVoiceParameters]):
    """CosyVoice with streamed text; the server speaks each sentence when it is whole."""

    Parameters: ClassVar[type[CosyVoiceParameters]] = CosyVoiceParameters
    type: Literal["dashscope_cosyvoice_realtime_tts"] = "dashscope_cosyvoice_realtime_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "cosyvoice-v3-plus",
        parameters: CosyVoiceParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    def _converses(self, request: SpeechRequest) -> bool:
        return self._takes_pieces


class DashScopeCosyVoiceTTSModel(_RunTask[CosyVoiceSwitchParameters]):
    """The same models with `Parameters.realtime` as the switch: whole texts unless it is set."""

    realtime: ClassVar[bool] = False
    Parameters: ClassVar[type[CosyVoiceSwitchParameters]] = CosyVoiceSwitchParameters
    type: Literal["dashscope_cosyvoice_tts"] = "dashscope_cosyvoice_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "cosyvoice-v3-flash",
        parameters: CosyVoiceSwitchParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    def _converses(self, request: SpeechRequest) -> bool:
        return self._takes_pieces and bool(request.parameters.get("realtime"))


async def _pieces(
    link: Link, client: TaskClient, text: str, inbox: Inbox, told: deque[ConversationEvent], tasks: Tasks
) -> None:
    """One utterance, from its first text to its flush, or to a pause that the service would not wait for."""
    import asyncio

    from modeldeck.tts.deadline import Deadline
    from modeldeck.tts.hook import Clear, Cleared, Commit, Flush, Text

    clock, patience = asyncio.get_running_loop().time, Deadline()
    tasks.sent(text)
    await _sent(link, client.text(text))
    try:
        while True:
            with patience.until(clock() + _PATIENCE):
                item = await anext(inbox)
            match item:
                case Text():
                    tasks.sent(item.text)
                    await _sent(link, client.text(item.text))
                case Commit():
                    await link.send(client.flush())
                case Clear():
                    told.append(Cleared(0))  # what was sent cannot be taken back
                case Flush():
                    await link.send(client.finish())
                    return
                case _:
                    assert_never(item)
    except TimeoutError:
        if not patience.passed:
            raise
        tasks.paused = True
        await link.send(client.finish())
    except StopAsyncIteration:
        pass
    finally:
        patience.close()


async def _whole(link: Link, client: TaskClient, text: str) -> None:
    """One utterance whose text the service wants in one piece."""
    await _sent(link, [*client.text(text), client.finish()] if client.duplex else [client.run(text)])


async def _sent(link: Link, frames: list[str]) -> None:
    for frame in frames:
        await link.send(frame)
