"""Several models behind one: the next one speaks where one fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from modeldeck._nested import Nested
from modeldeck._transport.limits import Retry, Timeouts
from modeldeck._transport.observe import Kind, Watch
from modeldeck.errors import ModelDeckError, ParameterError, UnsupportedError
from modeldeck.tts import members
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.cost import charged
from modeldeck.tts.events import Origin
from modeldeck.tts.hook import SpeechEvent, SpeechRequest, Told
from modeldeck.tts.members import Member, Plan, Recovery, Round, Standing
from modeldeck.tts.options import TextFilter, check_options
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.text import filter_of, filtered, plain_text

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.message import Msg
    from modeldeck.tts.cache.cache import TTSCache
    from modeldeck.tts.cost import Estimate
    from modeldeck.tts.session import Session

__all__ = ["FallbackTTSModel", "Recovery", "Standing"]


@dataclass(frozen=True, slots=True)
class FallbackRequest(SpeechRequest):
    """What a call asks of the first model that takes it; `plan`: of each."""

    plan: Plan | None = None


class FallbackTTSModel(TTSModelBase[Any]):
    """Speaks with the first of `models` that can; a model like any other, and safe to share.

        tts = FallbackTTSModel(["dashscope/qwen3-tts-flash:Cherry", "azure/neural:en-US-JennyNeural"])

    The next one takes over before the first audio (in a conversation: of each utterance, whose text is said to it
    again), whatever failed: connection, time-out, service, quota, key; not where it is the caller's text or a
    parameter, or where the content was refused. After the first audio the error is raised: nothing is spoken twice.
    Where all fail AllModelsFailedError names every cause. Each model has its own time-outs (a silent one is left after
    its `first_audio`) unless `timeouts` says otherwise, whose `total` holds for all of them together.

    One that failed rests (`recovery`), then the next call tries it; while all rest they are tried all the same. Nothing
    runs in between. `standings` says how they fare, `metadata["fallback"]` of a call's last response which model spoke
    and why not the others.

    Voices and other parameters belong to each model, as it was built. Keyword arguments of a call go to the models
    that take them, name and value; the others are left out of that call, for nobody shall hear another voice than was
    asked for. `parameters={"azure/neural": {"voice": "de-DE-KatjaNeural"}}` says what holds for one in their place (or
    by its number in the list; the second of one name is `azure/neural#2`).
    """

    type: Literal["fallback_tts"] = "fallback_tts"

    def __init__(
        self,
        models: Sequence[TTSModelBase[Any] | str],
        *,
        output: AudioFormat | None = None,
        stream: bool | None = None,
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        recovery: Recovery | None = None,
        cache: TTSCache | None = None,
        text_filter: TextFilter | None = None,
    ) -> None:
        """`models`: best first; references are looked up with `tts_model`, a group of this kind counts as its models.

        `output`: what all of them deliver, else what the first one does; others are converted (extra `audio`).
        `stream`: None: as the first. `retry`: attempts of each model, by default one more at once, and none after a
        time-out or too many requests. `cache`: for models that have none of their own; each has its own entries, and a
        model that rests still speaks what was kept of it. `text_filter`: for all, else as the first has it. Raises
        ParameterError.
        """
        listed = _models(models)
        first = listed[0]
        check_options(stream=first.streaming if stream is None else stream, timeouts=timeouts, retry=retry, cache=cache)
        if recovery is not None and not isinstance(recovery, Recovery):
            raise ParameterError(f"recovery must be a Recovery(...), not {recovery!r}", parameter="recovery")
        target = output or _format_of(first)
        self._members = _members(listed, target, recovery or Recovery())
        self._all_timeouts = timeouts
        self._transport = None
        self.models = tuple(listed)
        self.credential = first.credential
        self.streaming = first.streaming if stream is None else stream
        self.output = target
        self.enforce = first.enforce
        self.timeouts = timeouts or Timeouts(None, None, None, None)
        self.retry = retry or members.QUICK
        self.extra = {}
        self.on_event = None
        self.cache = cache
        self.text_filter = first.text_filter if text_filter is None else filter_of(text_filter)
        names = " | ".join(one.name for one in self._members)
        self.__dict__ |= {
            "model": names,
            "realtime": all(one.realtime for one in listed),
            "_card": None,
            "_settings": first._settings,
        }

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How each model fares, in order."""
        return tuple(one.standing for one in self._members)

    def estimate(self, text: str | Msg, **kwargs: Any) -> Estimate:
        """Of the first model that takes what is asked for; where another one speaks it may be more."""
        plan = self._request("", kwargs).plan
        assert plan is not None
        parameters = plan.request(plan.taker, "").parameters
        said, _ = filtered(self.text_filter, plain_text(text), parameters)
        return plan.taker.model._cost_of(said, parameters)

    @property
    def word_timings(self) -> bool:
        """Whether speech comes with the times of its words, whichever model speaks."""
        return all(one.word_timings for one in self.models)

    @property
    def parameters(self) -> Any:
        """Of the first model."""
        return self.models[0].parameters

    @property
    def transport(self) -> Transport:
        """Of the first model."""
        return self.models[0].transport

    def session(self, **kwargs: Any) -> Session:
        """A conversation: `async with tts.session() as s`. Each utterance is spoken by one model.

        Once one that was left is up again, it speaks the next utterance. Only the connections of models that speak are
        kept open.
        """
        from modeldeck.tts import conversation, session
        from modeldeck.tts.understudies import Talk, Understudies

        request = self._request("", kwargs, "session")
        assert request.plan is not None
        talk = Talk(self._members, request.plan, self.retry, request.timeouts.total)
        first = request.plan.taker
        return session.Session(
            partial(conversation.Conversation, partial(Understudies, talk), delivery=self._delivery(request.output)),
            attend=talk.attended,
            check=talk.speaker(first).check,
            watch=talk.watch,
            cold_start=first.model._cold_start,
            text_filter=self.text_filter,
        )

    # -- inside

    async def _attempts(
        self, request: SpeechRequest, deadline: float | None = None, *, retry: Retry | None = None
    ) -> AsyncGenerator[SpeechEvent, None]:
        """The events of one text, from the first model that can."""
        assert isinstance(request, FallbackRequest)
        assert request.plan is not None
        request.plan.into(request.output)
        way, clock = Round(self._members, request.plan), asyncio.get_running_loop().time
        while found := await way.kept(request.text) or way.next(request.text):
            member, asked = found
            due = _earlier(deadline, asked.timeouts.total, clock())
            events = member.events(asked, request.plan.given(member), retry or self.retry, due)
            async with aclosing(Nested(_said(way, member, asked.watch, events))) as said:
                async for event in said:
                    if event is None:
                        break  # the next one
                    yield event
                else:
                    return
            if deadline is not None and clock() >= deadline:
                break
        raise way.error()

    def _request(
        self, text: str, kwargs: dict[str, Any], kind: Kind = "synthesize", *, plain: bool = False
    ) -> FallbackRequest:
        """What the first model that takes it is asked for. Raises ParameterError when none does."""
        each = _checked(kwargs.pop("parameters", None) or {}, self._members)
        if "extra" in kwargs:
            name = self._members[0].name
            message = f'extra is one provider\'s: parameters={{"{name}": {{"extra": ...}}}} says whose'
            raise ParameterError(message, parameter="extra")
        output: AudioFormat | None = kwargs.pop("output", None) or self.output
        options: dict[str, Any] = {
            name: kwargs.pop(name) for name in ("cache", "timeouts", "on_event") if name in kwargs
        }
        check_options(timeouts=options.get("timeouts"))
        timeouts = options.setdefault("timeouts", self._all_timeouts)
        plan = Plan(self._members, options, kwargs, each, kind, self.cache, self.text_filter, output)
        text, written = filtered(None if plain else self.text_filter, text, {})
        first = plan.first(text)
        return FallbackRequest(
            text,
            self.model,
            MappingProxyType(dict(first.parameters)),
            output=output,
            timeouts=Timeouts(None, None, None, timeouts and timeouts.total),
            written=written,
            plan=plan,
        )

    async def _warm(self, request: SpeechRequest) -> None:
        """Of the model that would speak now."""
        assert isinstance(request, FallbackRequest)
        assert request.plan is not None
        way = Round(self._members, request.plan)
        while found := way.next(""):
            member, asked = found
            try:
                await member.model._warm(asked)
                return
            except ModelDeckError as error:
                member.model._origin.complete(error)
                way.failed(member, error)
        raise way.error()

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[Any]:
        return self.models[0]._attend(request)

    def _check_speaks(self) -> None:
        """Each was asked when this was built."""

    @property
    def _origin(self) -> Origin:
        def hide(text: str) -> str:
            for one in self.models:
                text = one._origin.hide(text)
            return text

        return Origin(None, hide)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' | '.join(map(_shown, self.models))}>"


async def _said(
    way: Round, member: Member, watch: Watch, events: AsyncGenerator[SpeechEvent, None]
) -> AsyncGenerator[SpeechEvent | None, None]:
    """The events of one model; None where the next one is to speak."""
    clock = asyncio.get_running_loop().time
    began, begun, spoke = clock(), False, False
    failure: BaseException | None = None
    watch.request()
    try:
        async with aclosing(Nested(events)) as said:
            async for event in said:
                if not begun:
                    begun, spoke = True, not _is_kept(event)
                    if spoke:
                        member.spoke()
                    watch.first_audio(clock() - began)
                    yield way.told(member)
                yield charged(event, member.model._pricing, 0.0) if isinstance(event, TTSUsage) else event
        if spoke:
            member.well()
    except ModelDeckError as error:
        failure = error
        if begun:
            member.failed(error)
            raise
        way.failed(member, error)
        watch.fallback(error)
        yield None
    except BaseException as error:
        failure = error
        if not begun:
            member.dropped()
        raise
    finally:
        watch.end(failure, clock() - began)


def _earlier(deadline: float | None, total: float | None, now: float) -> float | None:
    """The call's own deadline, or that of a model which has `total` seconds from now."""
    if total is None:
        return deadline
    return now + total if deadline is None else min(deadline, now + total)


def _is_kept(event: SpeechEvent) -> bool:
    """The first event of speech out of a cache: it says nothing of how the model fares."""
    return isinstance(event, Told) and event.metadata.get("cache") == "hit"


def _models(models: Any) -> list[TTSModelBase[Any]]:
    from modeldeck.tts.reference import tts_model

    if isinstance(models, str) or not isinstance(models, Sequence) or not models:
        raise ParameterError(f"models must be a list of models or references, not {models!r}", parameter="models")
    given = [tts_model(one) if isinstance(one, str) else one for one in models]
    found = [each for one in given for each in (one.models if isinstance(one, FallbackTTSModel) else (one,))]
    for one in found:
        if not isinstance(one, TTSModelBase):
            raise ParameterError(f"models must be text-to-speech models, not {one!r}", parameter="models")
        if one._private is not None:
            raise UnsupportedError(f"{one!r} is in a conversation of its own (`async with`)")
    return found


def _members(models: Sequence[TTSModelBase[Any]], target: AudioFormat, recovery: Recovery) -> list[Member]:
    """The second of one name is called `provider/model#2`: the same model with another key, or another voice."""
    found: list[Member] = []
    seen = Counter[str]()
    for one in models:
        name = members.name_of(one)
        seen[name] += 1
        found.append(Member(one, f"{name}#{seen[name]}" if seen[name] > 1 else name, target, recovery))
    return found


def _format_of(model: TTSModelBase[Any]) -> AudioFormat:
    """What that model delivers. Raises ParameterError where nothing tells before it speaks."""
    if model.output is not None:
        return model.output
    facts = model._card.audio if model._card is not None else None
    parameters = model._settings.effective
    encoding = model._leaves(parameters) or next(iter(facts.formats if facts is not None else ()), None)
    asked = parameters.get("sample_rate")
    rate = model._leaves_at(parameters) or (asked if isinstance(asked, int) else None) or (facts and facts.sample_rate)
    if facts is None or not encoding or not rate:
        message = (
            f"which format {members.name_of(model)} delivers is not known before it speaks; say what all of them are "
            'to deliver, like output=AudioFormat("wav", 24000)'
        )
        raise ParameterError(message, parameter="output")
    if encoding in ("pcm", "pcm_s16le"):
        encoding = "wav" if model._delivered({}, None).wav else "pcm_s16le"
    return AudioFormat(encoding, rate, facts.channels)


def _checked(each: Any, known: Sequence[Member]) -> Mapping[Any, Mapping[str, Any]]:
    """Raises ParameterError for a model that is not there."""
    from modeldeck._near import near_or_list

    names = [one.name for one in known]
    if not isinstance(each, Mapping):
        raise ParameterError(f"parameters must be a map of models, not {each!r}", parameter="parameters")
    for name, given in each.items():
        if name not in names and not (isinstance(name, int) and 0 <= name < len(known)):
            message = f"parameters: no model {name!r} here{near_or_list(str(name), names)}"
            raise ParameterError(message, parameter="parameters")
        if not isinstance(given, Mapping):
            raise ParameterError(f"parameters of {name!r} must be a map, not {given!r}", parameter="parameters")
    return each


def _shown(model: TTSModelBase[Any]) -> str:
    voice = model._settings.effective.get("voice")
    return members.name_of(model) + (f":{voice}" if isinstance(voice, str) else "")
