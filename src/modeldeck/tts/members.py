"""The models behind one name: how each has fared, and which is next."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modeldeck._transport.limits import Retry
from modeldeck._transport.observe import Kind
from modeldeck.errors import (
    AllModelsFailedError,
    ConcurrentUseError,
    ContentRefusedError,
    ModelDeckError,
    ParameterError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
    UnsupportedError,
)
from modeldeck.tts import own
from modeldeck.tts.assemble import asked
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.delivery import Delivery, delivery_of
from modeldeck.tts.hook import SpeechEvent, SpeechRequest, Told
from modeldeck.tts.pace import attempted
from modeldeck.tts.response import AudioFormat
from modeldeck.tts.speaker import Speaker
from modeldeck.tts.text import filtered

if TYPE_CHECKING:
    from modeldeck.tts.cache.cache import TTSCache
    from modeldeck.tts.spoken import SpokenText

_OPTIONS = ("cache", "output", "timeouts")  # keyword arguments that are no parameters
_OURS = (TTSModelBase.synthesize,)  # what a hook stands behind; a class of one's own may say otherwise
_FINAL = (ParameterError, ContentRefusedError, UnsupportedError, ConcurrentUseError)


def moves_on(error: ModelDeckError) -> bool:
    """Whether another model may do what this one failed to: it is not the caller's text or call that is at fault."""
    return not isinstance(error, _FINAL)


def _is_down(error: ModelDeckError) -> bool:
    """Whether the next call is better off without the model: not where a refusal may be of this one request."""
    refused = isinstance(error, ProviderError) and not error.retryable and 400 <= (error.status or 0) < 500
    return moves_on(error) and not refused


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long a model that failed rests; then the next call tries it, alone, and a success brings it back.

    `pause`: seconds, twice as long with each failure in a row, `longest` at most; a quarter more or less by chance.
    What a `Retry-After` asks for is kept, up to `longest`.
    """

    pause: float = 10.0
    longest: float = 300.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value: Any = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
                raise ParameterError(f"{name} must be seconds from 0 on, not {value!r}", parameter=name)

    def rest(self, failures: int, error: ModelDeckError) -> float:
        """Seconds after the last of so many failures in a row."""
        pause = min(self.longest, self.pause * 2.0 ** min(failures - 1, 30)) * random.uniform(0.75, 1.25)  # noqa: S311
        return max(pause, min(self.longest, error.retry_after or 0.0))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model fares. `resting`: seconds until it is tried again, 0 when it is up; `error`: its last failure."""

    model: str
    resting: float
    failures: int
    error: ModelDeckError | None


class Member:
    """One of the models, what it is to give, and how it fares."""

    def __init__(self, model: TTSModelBase[Any], name: str, target: AudioFormat, recovery: Recovery) -> None:
        """Raises ParameterError when it cannot give `target`."""
        self.model = model
        self.name = name
        self._target = target
        self._recovery = recovery
        self._failures = 0
        self._until = 0.0  # of the monotonic clock
        self.error: ModelDeckError | None = None
        self._own = not isinstance(model.synthesize, MethodType) or model.synthesize.__func__ not in _OURS
        if not self._own:
            model._check_speaks()
        self._delivery = self._giving(target)

    @property
    def standing(self) -> Standing:
        return Standing(self.name, max(0.0, self._until - time.monotonic()), self._failures, self.error)

    @property
    def up(self) -> bool:
        return self._until <= time.monotonic()

    @property
    def until(self) -> float:
        return self._until

    def begin(self) -> None:
        """One that failed is tried by one call: for the others it goes on resting meanwhile."""
        if self._failures:
            assert self.error is not None
            self._until = time.monotonic() + self._recovery.rest(self._failures, self.error)

    def dropped(self) -> None:
        """The call was ended by its caller before it told anything."""
        if self._failures:
            self._until = 0.0

    def spoke(self) -> None:
        self._until = 0.0

    def well(self) -> None:
        self._until, self._failures, self.error = 0.0, 0, None

    def failed(self, error: ModelDeckError) -> None:
        if _is_down(error):
            self._failures += 1
            self.error = error
            self._until = time.monotonic() + self._recovery.rest(self._failures, error)
        else:  # it is there, and says no
            self._until = 0.0

    def events(
        self,
        request: SpeechRequest,
        given: Mapping[str, Any],
        retry: Retry,
        deadline: float | None = None,
    ) -> AsyncGenerator[SpeechEvent, None]:
        """What the model gives of `request`, made of `given`."""
        if self._own:
            hook = partial(own.events, self.model, {k: v for k, v in given.items() if k not in _OPTIONS})
            return attempted(hook, request, retry=retry, deadline=deadline, origin=self.model._origin)
        return self.model._attempts(request, deadline, retry=retry)

    def speaker(self, request: SpeechRequest, given: Mapping[str, Any], retry: Retry) -> Speaker:
        """The model in a conversation."""
        attempts = partial(self.events, given=given, retry=retry) if self._own else None
        return self.model._speaker(request, retry=retry, attempts=attempts)

    def asked(self, request: SpeechRequest, output: AudioFormat | None = None) -> SpeechRequest:
        """As the model gets it; ParameterError when it cannot give `output` (None: the target)."""
        return asked(request, self._delivery if output in (None, self._target) else self._giving(output))

    def _giving(self, target: AudioFormat | None) -> Delivery:
        model = self.model
        try:
            return delivery_of(model.model, model._card, model._pricing, target, model._gives, model._leaves)
        except ParameterError as error:
            error.args = (f"{self.name}: {error}",)
            raise


def name_of(model: TTSModelBase[Any]) -> str:
    """`provider/model`."""
    return f"{model.provider or type(model).__name__}/{model.model}"


class Plan:
    """What one call asks of each model."""

    def __init__(
        self,
        members: Sequence[Member],
        options: Mapping[str, Any],
        shared: Mapping[str, Any],
        each: Mapping[Any, Mapping[str, Any]],
        kind: Kind,
        cache: TTSCache | None,
        text_filter: SpokenText | None,
        output: AudioFormat | None,
    ) -> None:
        """`options`: what is no parameter; `shared`: parameters of all; `each`: name or number of a model -> what holds
        for it in place of those. `cache`: of models that have none. `text_filter`: what the texts went through, in
        place of the models' own. `output`: what the caller is given, in the place of the target.
        """
        self._kind: Kind = kind
        self._cache = cache
        self._filter = text_filter
        self._output = output
        self._made: dict[Member, SpeechRequest] = {}  # the last request of each
        self._given: dict[Member, dict[str, Any]] = {}
        for at, one in enumerate(members):
            self._given[one] = {**options, **each.get(at, each.get(one.name, shared))}

    def into(self, output: AudioFormat | None) -> None:
        """Before it begins: the caller is given that instead."""
        if output != self._output:
            self._output = output
            self._made.clear()

    def given(self, member: Member) -> Mapping[str, Any]:
        return self._given[member]

    def request(self, member: Member, text: str) -> SpeechRequest:
        """As the model gets it. Raises ParameterError for what that model does not take, or cannot give."""
        if (made := self._made.get(member)) is not None and made.text == text:
            return made
        given = self._given[member]
        request = member.model._request(text, dict(given), self._kind, plain=True)
        filtered(self._filter, "", request.parameters)  # raises for a document
        if self._cache is not None and request.cache is None and given.get("cache") is not False:
            request = replace(request, cache=self._cache)
        self._made[member] = request = member.asked(request, self._output)
        return request

    def refusal(self, member: Member) -> ParameterError | None:
        """Why that model does not take the parameters, whatever the text."""
        try:
            self.request(member, "")
        except ParameterError as error:
            return error
        return None

    @property
    def taker(self) -> Member:
        """The first model that takes the parameters: `first` has found that there is one."""
        return next(member for member in self._given if self.refusal(member) is None)

    def first(self, text: str) -> SpeechRequest:
        """Of the first model that takes it. Raises the first one's ParameterError when none does."""
        refusal: ParameterError | None = None
        for member in self._given:
            try:
                return self.request(member, text)
            except ParameterError as error:
                if error.parameter == "text":  # no voice of another model makes it a text that can be spoken
                    raise
                refusal = refusal or error
        assert refusal is not None
        raise refusal


class Failure(NamedTuple):
    """`state`: `failed` in this call, `resting` from one before, `refused` what the call asks for."""

    member: Member
    error: ModelDeckError
    state: Literal["failed", "resting", "refused"]

    def told(self) -> dict[str, str]:
        about = {"model": self.member.name, "state": self.state}
        return about | {"error": type(self.error).__name__, "message": str(self.error)}


class Round:
    """One utterance's way through the models: those that are up in their order, then those that rest."""

    def __init__(self, members: Sequence[Member], plan: Plan) -> None:
        self._members = members
        self._plan = plan
        self._tried: list[Member] = []
        self._failures: list[Failure] = []

    def next(self, text: str) -> tuple[Member, SpeechRequest] | None:
        """None when all were tried."""
        while left := [one for one in self._members if one not in self._tried]:
            member = next((one for one in left if one.up), None) or min(left, key=lambda one: one.until)
            if (request := self._request(member, text)) is not None:
                member.begin()
                return member, request
        return None

    async def kept(self, text: str) -> tuple[Member, SpeechRequest] | None:
        """One that rests, and before the first that is up, whose cache has this text: it can speak all the same."""
        for member in self._members:
            if member.up:
                return None
            if member in self._tried:
                continue
            try:
                request = self._plan.request(member, text)
            except ParameterError:
                continue
            if request.cache is not None and await request.cache.holds(member.model, request):
                self._tried.append(member)
                return member, request
        return None

    def better(self, than: Member) -> bool:
        """Whether one before that is up, and takes what is asked for."""
        for member in self._members[: self._members.index(than)]:
            if member.up and member not in self._tried and self._plan.refusal(member) is None:
                return True
        return False

    def _request(self, member: Member, text: str) -> SpeechRequest | None:
        self._tried.append(member)
        try:
            return self._plan.request(member, text)
        except ParameterError as error:
            self._failures.append(Failure(member, error, "refused"))
            return None

    def failed(self, member: Member, error: ModelDeckError) -> None:
        """Raises what ends the call: what no other model may do, with what failed before."""
        if member not in self._tried:
            self._tried.append(member)
        earlier = any(one.state == "failed" for one in self._failures)
        self._failures.append(Failure(member, error, "failed"))
        member.failed(error)
        if not moves_on(error):
            raise self.error() if earlier else error

    def told(self, speaking: Member) -> Told:
        """Who speaks, and why not another."""
        found = [*self._failures]
        known = {one.member for one in found}
        for one in self._members[: self._members.index(speaking)]:
            if one in known:
                continue
            if (refusal := self._plan.refusal(one)) is not None:
                found.append(Failure(one, refusal, "refused"))
            elif one.error is not None:
                found.append(Failure(one, one.error, "resting"))
        told = [failure.told() for failure in found]
        return Told({"fallback": {"model": speaking.name, "failed": told}})

    def error(self) -> ModelDeckError:
        """What every model failed with; the first one's ParameterError where none took what was asked for."""
        if all(one.state == "refused" for one in self._failures):
            return self._failures[0].error
        causes = "; ".join(f"{one.member.name}: {type(one.error).__name__}: {one.error}" for one in self._failures)
        return AllModelsFailedError(
            f"no model spoke: {causes}",
            models=tuple(one.member.name for one in self._failures),
            causes=tuple(one.error for one in self._failures),
        )


class QuickRetry(Retry):
    """One more attempt, at once, where that may help; not where it would only make the next model wait."""

    __slots__ = ()

    def pause(self, attempt: int, error: ModelDeckError, left: float | None) -> float | None:
        if isinstance(error, RateLimitError | TimeoutExceededError):
            return None
        return Retry.pause(self, attempt, error, left)


QUICK = QuickRetry(max_retries=1, delay=0.1, longest=0.1)
