"""The contract of a text-to-speech model, and the policy that all of them share."""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

from pydantic import BaseModel
from typing_extensions import TypeVar

from modeldeck._cards import enforce as enforcement
from modeldeck._transport.limits import NO_RETRY, Retry, Timeouts
from modeldeck.credential.base import CredentialBase
from modeldeck.errors import (
    CredentialError,
    ModelDeckError,
    ParameterError,
    UnsupportedError,
)
from modeldeck.tts.carded import Carded
from modeldeck.tts.connected import Connected
from modeldeck.tts.cost import Priced
from modeldeck.tts.formats import Formats
from modeldeck.tts.options import Enforce, NoParameters, OnEvent, TextFilter, TTSOptions, check_options
from modeldeck.tts.settings import Settings
from modeldeck.tts.text import filter_of, filtered, message_id, plain_text

if TYPE_CHECKING:
    import os

    from modeldeck._transport.observe import Kind
    from modeldeck._transport.transport import Transport
    from modeldeck.message import Msg
    from modeldeck.tts.cache.cache import TTSCache
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.cold_start import ColdStart
    from modeldeck.tts.events import Origin
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechEvent, SpeechRequest
    from modeldeck.tts.response import AudioFormat
    from modeldeck.tts.save import SavedSpeech
    from modeldeck.tts.session import Session
    from modeldeck.tts.speaker import Attempts, Speaker
    from modeldeck.tts.speech import Speech

_FIXED = {"credential", "model", "streaming", *TTSOptions.__annotations__}
P = TypeVar("P", bound=BaseModel, default=Any)


class TTSModelBase(Connected, Carded, Formats, Priced, Generic[P]):
    """A text-to-speech model: a configuration, safe to share between tasks.

    A provider fills one hook, `_speak` (or `_converse`, where text may come while audio goes). The rest is here:
    what may be set, attempts before the first audio, time-outs, WAV headers, usage, sessions. A class that
    overrides `synthesize` itself is built, checked and listed like any other.

    `provider`: the first part of references. `realtime`: takes text while it speaks. `any_model`: of a provider's
    classes the one that a reference to a model without a card means. `Parameters`: what may be set. `type` (a Literal
    in each class): the name of the class in schemas and cards.
    """

    provider: ClassVar[str] = ""
    realtime: ClassVar[bool] = False
    any_model: ClassVar[bool] = False
    credential_class: ClassVar[builtins.type[CredentialBase] | None] = None
    Parameters: ClassVar[Any] = NoParameters  # Any: every class narrows it to a pydantic class of its own
    type: Any = ""  # Any: every class narrows it to a Literal of its own

    def __init__(
        self,
        credential: CredentialBase,
        model: str | TTSModelCard,
        parameters: P | Mapping[str, Any] | None = None,
        stream: bool = True,
        *,
        output: AudioFormat | None = None,
        enforce: Enforce = "error",
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        transport: Transport | None = None,
        extra: Mapping[str, Any] | None = None,
        on_event: OnEvent | None = None,
        text_filter: TextFilter | None = None,
        cache: TTSCache | None = None,
    ) -> None:
        """`model`: a name, or a card that brings its own schema. `parameters`: an instance, a dict, or nothing.

        `output`: the format to deliver. `enforce`: what happens to values outside the schema. `transport`: one
        to share with other models, else this model keeps its own. `extra` goes into the provider's request last.
        `on_event` is called with each raw event of the wire, secrets masked. `text_filter` makes speech of Markdown.
        `cache`: where whole texts are looked up and kept; `cache=False` in a call leaves it out, `"renew"` speaks
        anew. Raises ParameterError, CredentialError.
        """
        self._check_credential(credential)
        check_options(
            stream=stream,
            enforce=enforce,
            timeouts=timeouts,
            retry=retry,
            transport=transport,
            on_event=on_event,
            cache=cache,
        )
        self.credential = credential
        self.streaming = stream
        self.output = output
        self.enforce: Enforce = enforce
        self.timeouts = timeouts or Timeouts()
        self.retry = retry or Retry()
        self.extra = dict(extra or {})
        self.on_event = on_event
        self.text_filter = filter_of(text_filter)
        self.cache = cache
        self._transport = transport
        self._set(model, parameters)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and name in self.__dict__:
            raise AttributeError(f"a {builtins.type(self).__name__} cannot be changed; build another with that {name}")
        super().__setattr__(name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parameters: Any = cls.__dict__.get("Parameters")
        if getattr(parameters, "__module__", None) != cls.__module__:
            return  # a class of somebody else's; unknown names of a dict are found all the same
        pydantic = isinstance(parameters, builtins.type) and issubclass(parameters, BaseModel)
        if pydantic and "extra" not in parameters.model_config:  # a typo must not pass in silence
            parameters.model_config["extra"] = "forbid"
            parameters.model_rebuild(force=True)

    # -- what providers fill

    def _speak(self, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        """Yield the audio of `request.text` as it arrives. Every provider without streamed text fills this."""
        if not self._has_converse():
            raise self._silent()
        from modeldeck.tts import monologue  # asyncio is paid for by those who call

        return monologue.whole(self._converse, request)

    def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
        """Speak what comes in `inbox`. Realtime providers override this; the rest speak sentence by sentence."""
        raise self._silent()

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[Any]:
        """While a conversation is open, keep open what its next utterance will need."""
        return nullcontext()

    async def _warm(self, request: SpeechRequest) -> None:
        """Open what the next call with these settings would have to open. Providers with a network fill this."""

    @classmethod
    def _takes(cls, realtime: bool | None) -> bool:
        """Whether a card that says `realtime` (None: says nothing) is this class's. Seldom overridden."""
        return realtime is None or realtime == cls.realtime

    # -- calls

    def synthesize(self, text: str | Any | None = None, **kwargs: Any) -> Speech | Any:
        """Speak `text`, a str or a Msg. Await the result or iterate it; keyword arguments are parameters.

        `output`, `timeouts`, `extra` and `on_event` may be given as well, in the place of the model's own.

        Inside `async with`, `text` is appended to what was pushed and the utterance is finished. (Any stands in
        the signature so that a subclass may override this with a coroutine function of its own.)
        """
        from modeldeck.tts import speech

        if self._private is not None:
            self._no_parameters(kwargs)
            more, message = ("", None) if text is None else (plain_text(text), message_id(text))
            if self.text_filter is None:
                self._settings.check_text(self._private.new(more, message))
            return speech.Speech(self._private.finish(more, message), stream=self.streaming)
        if text is None:
            raise ParameterError("nothing to speak: give a text, or push it inside `async with`", parameter="text")
        request = self._request(plain_text(text), kwargs)
        self._check_speaks()
        if not request.text.strip():
            return speech.Speech(speech.silence, stream=self.streaming)
        increments = partial(
            speech.spoken,
            self._attempts,
            request,
            delivery=self._delivered(kwargs, request.output),
            origin=self._origin,
        )
        return speech.Speech(increments, stream=self.streaming)

    def stream(self, texts: AsyncIterable[str] | Iterable[str], **kwargs: Any) -> Speech:
        """Speak a stream of text as one utterance, beginning before it has ended."""
        from modeldeck.tts import speech

        session = self.session(**kwargs)
        return speech.Speech(partial(speech.fed, session, texts), stream=True)

    async def save(self, text: str | Msg, path: str | os.PathLike[str], **kwargs: Any) -> SavedSpeech:
        """Speak `text` into a file, of any length in little memory. A WAV has true sizes."""
        from contextlib import aclosing

        from modeldeck.tts import save

        async with aclosing(self.synthesize(text, **kwargs)) as increments:
            return await save.save(increments, path)

    def session(self, **kwargs: Any) -> Session:
        """A conversation: `async with tts.session() as s`. Keyword arguments are parameters for all of it."""
        from modeldeck.tts import assemble, conversation, session, speaker

        request = self._request("", kwargs, "session")
        delivery = self._delivered(kwargs, request.output)
        request = assemble.asked(request, delivery)
        self._check_speaks()
        one = self._speaker(request)
        return session.Session(
            partial(conversation.Conversation, partial(speaker.Solo, one), delivery=delivery),
            attend=partial(self._attend, request),
            check=one.check,
            watch=request.watch,
            cold_start=self._cold_start,
            text_filter=self.text_filter,
        )

    async def prewarm(self, **kwargs: Any) -> None:
        """Open now what the next call would have to open. Keyword arguments are parameters, as of that call."""
        from modeldeck.tts.assemble import asked

        try:
            request = self._request("", kwargs, "prewarm")
            await self._warm(asked(request, self._delivered(kwargs, request.output)))
        except ModelDeckError as error:
            self._origin.complete(error)
            raise

    @property
    def transport(self) -> Transport:
        """The connections: the given ones, else this model's own, which go when it goes."""
        if self._transport is None:
            from modeldeck._transport.transport import Transport  # network code is paid for by those who call

            self._transport = Transport()
        return self._transport

    # -- inside

    def _attempts(
        self, request: SpeechRequest, deadline: float | None = None, *, retry: Retry | None = None
    ) -> AsyncGenerator[SpeechEvent, None]:
        """The events of one request: from the cache, else from the hook, tried again while no audio came."""
        from modeldeck.tts.pace import attempted

        said = partial(attempted, self._speak, request, retry=retry or self.retry, origin=self._origin)
        if request.cache is None:
            return said(deadline=deadline)
        return request.cache.events(self, request, partial(said, deadline=None), deadline)

    def _speaker(
        self, request: SpeechRequest, *, retry: Retry | None = None, attempts: Attempts | None = None
    ) -> Speaker:
        """How this model takes part in a conversation. `attempts`: another way to the events of one sentence."""
        from modeldeck.tts import sentencewise, speaker
        from modeldeck.tts.sentences import SentenceCutter, Uncut

        retry, settings, timeouts = retry or self.retry, self._settings, request.timeouts
        price = self._pricing
        check: Callable[[str, int], int] = settings.check_text
        if self._converses(request):
            return speaker.Speaker(self._converse, request, timeouts, retry, self._origin, check, price)
        cuts = self._cuts(request)  # each sentence has attempts, time-outs and a length of its own
        converse = partial(
            sentencewise.sentence_by_sentence,
            attempts or partial(self._attempts, retry=retry),
            check=settings.check_text,
            cutter=partial(SentenceCutter, self._language) if cuts else Uncut,
        )
        timeouts = Timeouts(None, None, None, timeouts.total)
        if cuts:
            check = settings.check_piece
        return speaker.Speaker(converse, request, timeouts, NO_RETRY, self._origin, check, price)

    def _set(self, model: str | TTSModelCard, parameters: P | Mapping[str, Any] | None) -> None:
        """Name, card and settings, whatever they were. Raises ParameterError."""
        name, card = self._resolve(model)
        self._settings = Settings(
            enforcement.Rules(self.Parameters, card.rules(self.Parameters) if card else None, name),
            parameters,
            model=name,
            limits=card.limits if card is not None else None,
            enforce=self.enforce,
            provider=self.provider or None,
            hide=self.credential.hide,
        )
        self.__dict__ |= {"model": name, "_card": card}
        self._warn_when_sunset()
        self._delivery(self.output)  # what is missing to convert shows now, not at the first audio

    def _silent(self) -> UnsupportedError:
        return UnsupportedError(
            f"{builtins.type(self).__name__} does not speak yet: its models can be listed, shown and built, its calls "
            "are still to come (authors: the hook is _speak); local/espeak-ng speaks now",
            provider=self.provider or None,
        )

    def _check_speaks(self) -> None:
        """A class without a hook says so at once, not when somebody comes for the audio."""
        if not self._has_converse() and builtins.type(self)._speak is TTSModelBase._speak:
            raise self._silent()

    @classmethod
    def _has_converse(cls) -> bool:
        return cls._converse is not TTSModelBase._converse

    def _converses(self, request: SpeechRequest) -> bool:
        """Whether a conversation is the provider's own, not spoken sentence by sentence. Seldom overridden."""
        return self._has_converse()

    def _cuts(self, request: SpeechRequest) -> bool:
        """Whether a text may be spoken sentence by sentence. Seldom overridden: a document is one request."""
        return True

    @property
    def _cold_start(self) -> ColdStart | None:
        """How much text an utterance of a conversation begins with."""
        return None

    @property
    def _language(self) -> str | None:
        """BCP 47, of the text, as far as the parameters or the card tell."""
        return self._card.languages[0] if self._card is not None and len(self._card.languages) == 1 else None

    @property
    def parameters(self) -> P:
        """The effective parameters as an instance of `Parameters`."""
        try:
            return cast("P", self.Parameters.model_validate(self._settings.effective))
        except ValueError:  # a required one was set to None, or the card removed it
            return cast("P", self.Parameters.model_construct(**self._settings.effective))

    def _check_credential(self, credential: CredentialBase) -> None:
        wanted = self.credential_class or CredentialBase
        if not isinstance(credential, wanted):
            got = builtins.type(credential).__name__
            raise CredentialError(f"{builtins.type(self).__name__} takes a {wanted.__name__}, not {got}")

    @property
    def _origin(self) -> Origin:
        from modeldeck.tts.events import Origin

        return Origin(self.provider or None, self.credential.hide)

    def _request(
        self, text: str, kwargs: dict[str, Any], kind: Kind = "synthesize", *, plain: bool = False
    ) -> SpeechRequest:
        """`plain`: the text is as it is to be spoken, whatever this model's filter."""
        from modeldeck.tts.events import shown, watch
        from modeldeck.tts.hook import SpeechRequest

        more: Mapping[str, Any] = kwargs.pop("extra", None) or {}
        output: AudioFormat | None = kwargs.pop("output", None) or self.output
        timeouts: Timeouts = kwargs.pop("timeouts", None) or self.timeouts
        on_event: OnEvent | None = kwargs.pop("on_event", None) or self.on_event
        asked: Any = kwargs.pop("cache", None)
        cache: TTSCache | None = None if asked is False else self.cache if asked in (None, "renew") else asked
        check_options(timeouts=timeouts, on_event=on_event, cache=cache)
        effective = self._settings.with_more(kwargs)
        text, written = filtered(None if plain else self.text_filter, text, effective)
        self._settings.check_text(text)
        return SpeechRequest(
            text,
            self.model,
            MappingProxyType(effective),
            {**self.extra, **more},
            output,
            timeouts,
            watch(self._transport, self.provider, self.model, kind, text),
            on_event and shown(on_event, self.credential.hide),
            written,
            cache,
            asked == "renew",
        )

    def __repr__(self) -> str:
        return f"<{builtins.type(self).__name__} {self.model}{self._settings.shown()}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise UnsupportedError(f"{builtins.type(self).__name__} holds a credential and is not pickled")
