"""What accounts have: asked for once, remembered with its age, used as long as there is nothing newer."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self
from uuid import uuid4

from modeldeck._cards.deck import order
from modeldeck._transport.limits import Retry, Timeouts
from modeldeck._transport.observe import Call, Watch
from modeldeck._transport.transport import Transport
from modeldeck.credential.asking import Asker, Listed
from modeldeck.credential.listing import Listing
from modeldeck.credential.merging import merged
from modeldeck.errors import ModelDeckError, ModelNotFoundError, ParameterError, ProtocolError, UnsupportedError

if TYPE_CHECKING:
    from modeldeck.credential.base import CredentialBase
    from modeldeck.tts.card import TTSModelCard

MAX_AGE = 600.0  # seconds
_PATIENCE = Timeouts(total=30.0)
_LEFT = ("id", "name")  # of a credential: they say nothing about the account
_UNITS = ((86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
Outcome = Listed | ModelDeckError | None


@dataclass(frozen=True, slots=True)
class Discovered:
    """The cards of an account, in the order of listings, and what kept them from being better.

    `at`: when the oldest part of what they are made of was said; None: they are the shipped ones. `error`: the first of
    those that were met now. `problems`: sentences, never with a secret.
    """

    cards: list[TTSModelCard]
    at: datetime | None = None
    problems: tuple[str, ...] = ()
    error: ModelDeckError | None = None


@dataclass(slots=True)
class _Account:
    """What one account has said, by the name of the list; None: it keeps no such list."""

    lists: dict[str, tuple[Listed | None, float]] = field(default_factory=dict[str, Any])
    made: tuple[Any, list[TTSModelCard], list[str]] | None = None


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[list[Outcome]]
    waiting: int = 0


class Discovery:
    """Remembers what `most` accounts have, for as long as it is kept itself; safe to share between tasks and loops.

    Who asks while somebody is asking waits for the same answer. An account is known by a digest that means nothing
    outside of this object; no secret is kept.
    """

    def __init__(self, most: int = 64) -> None:
        """Raises ParameterError."""
        number: Any = most
        if not isinstance(number, int) or isinstance(most, bool) or most < 1:
            raise ParameterError(f"most must be a number of accounts from 1 on, not {most!r}", parameter="most")
        self._most = most
        self._salt = secrets.token_bytes(32)
        self._accounts: OrderedDict[bytes, _Account] = OrderedDict()
        self._flights: dict[Any, _Flight] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Discovery of {len(self._accounts)} accounts>"

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError("a Discovery belongs to its process and is not pickled; make one where it is used")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Discovery:
        return Discovery(self._most)

    async def tts_models(
        self,
        credential: CredentialBase,
        transport: Transport | None = None,
        *,
        max_age: float | None = MAX_AGE,
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
    ) -> Discovered:
        """See `CredentialBase.discover_tts_models`; what goes wrong at the provider is in the answer."""
        _check_age(max_age)
        shipped = credential.list_tts_models()
        listings = credential._listings(shipped)
        if not listings:
            return Discovered(shipped)
        account = self._account(credential)
        due = [one for one in listings if not _is_fresh(account, one, max_age)]
        outcomes: list[Outcome] = []
        if due:
            names = tuple(one.name for one in due)
            key = (id(account), id(transport), id(asyncio.get_running_loop()), names)
            work = _Work(credential, due, transport, timeouts or _PATIENCE, retry or Retry())
            outcomes = await self._together(key, work.done)
            _remember(account, due, outcomes)
        # Some thousand voices take a moment, for which the event loop does not wait.
        asked = list(zip(due, outcomes, strict=True))
        return await asyncio.to_thread(_assembled, credential, shipped, listings, account, asked)

    def known(self, credential: CredentialBase) -> Discovered | None:
        """What is remembered, of any age, without asking anybody; None: nothing."""
        with self._lock:
            account = self._accounts.get(self._digest(credential))
        if account is None or not any(listed for listed, _ in account.lists.values()):
            return None
        shipped = credential.list_tts_models()
        return _assembled(credential, shipped, credential._listings(shipped), account, [])

    def card(self, credential: CredentialBase, name: str) -> TTSModelCard | None:
        """The model of that name as the account was last found to have it; None: nothing is known of it."""
        with self._lock:
            account = self._accounts.get(self._digest(credential))
        cards = account.made[1] if account is not None and account.made is not None else []
        found = next((card for card in cards if card.name == name and card.live is not None), None)
        return None if found is None else copy(found)

    def forget(self) -> None:
        """Everything that is remembered."""
        with self._lock:
            self._accounts.clear()

    # -- inside

    def _account(self, credential: CredentialBase) -> _Account:
        key = self._digest(credential)
        with self._lock:
            account = self._accounts.pop(key, None) or _Account()
            self._accounts[key] = account
            while len(self._accounts) > self._most:
                self._accounts.popitem(last=False)
        return account

    def _digest(self, credential: CredentialBase) -> bytes:
        fields = {name: value for name, value in credential.reveal().items() if name not in _LEFT}
        said = json.dumps([type(credential).__qualname__, fields], sort_keys=True, default=str)
        return hmac.digest(self._salt, said.encode("utf-8", "surrogatepass"), "sha256")

    async def _together(self, key: Any, work: Callable[[], Coroutine[Any, Any, list[Outcome]]]) -> list[Outcome]:
        """One run of `work` for all who ask meanwhile; it ends when the last of them has left."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if self._flights.get(key) is flight and (flight.task.done() or not flight.waiting):
                del self._flights[key]
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                await asyncio.gather(flight.task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Work:
    """The questions of one run, asked all at once."""

    credential: CredentialBase
    listings: Sequence[Listing]
    transport: Transport | None
    timeouts: Timeouts
    retry: Retry

    async def done(self) -> list[Outcome]:
        async with AsyncExitStack() as stack:
            given = self.transport
            transport = given if given is not None else await stack.enter_async_context(Transport())
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(self._outcome(one, transport)) for one in self.listings]
        return [one.result() for one in asked]

    async def _outcome(self, listing: Listing, transport: Transport) -> Outcome:
        provider = self.credential.provider_name()
        watch = Watch(Call(uuid4().hex, provider, "", "tts", "discover"), transport.observer)
        started, failure = time.perf_counter(), None
        watch.request()
        try:
            return await Asker(transport, self.timeouts, self.retry, watch).listed(listing)
        except ModelDeckError as error:
            failure = _told(error, self.credential, provider)
            return failure
        except Exception as error:  # a reader of a third party's: its mistake hides no other list
            message = f"the list of {listing.name} cannot be read: its reader raises {type(error).__name__}"
            failure = ProtocolError(message, provider=provider)
            return failure
        finally:
            watch.end(failure, time.perf_counter() - started)


def _told(error: ModelDeckError, credential: CredentialBase, provider: str) -> ModelDeckError:
    """`error`, which names the provider, and quotes nothing of the credential."""
    hide = credential.hide
    error.provider = error.provider or provider
    error.args = (hide(str(error)), *error.args[1:])
    error.code = error.code and hide(error.code)
    error.request_id = error.request_id and hide(error.request_id)
    return error.with_traceback(None)


def _check_age(max_age: float | None) -> None:
    number = isinstance(max_age, int | float) and not isinstance(max_age, bool)
    if max_age is not None and not (number and max_age >= 0):
        message = f"max_age must be seconds from 0 on or None, not {max_age!r}"
        raise ParameterError(message, parameter="max_age", value=max_age)


def _is_fresh(account: _Account, listing: Listing, max_age: float | None) -> bool:
    known = account.lists.get(listing.name)
    return known is not None and (max_age is None or time.monotonic() - known[1] < max_age)


def _remember(account: _Account, due: Sequence[Listing], outcomes: Sequence[Outcome]) -> None:
    """What came; of what failed the older word stays, and is asked for again the next time."""
    for listing, outcome in zip(due, outcomes, strict=True):
        if not isinstance(outcome, ModelDeckError):
            account.lists[listing.name] = (outcome, time.monotonic())
            account.made = None


def _assembled(
    credential: CredentialBase,
    shipped: list[TTSModelCard],
    listings: Sequence[Listing],
    account: _Account,
    asked: Sequence[tuple[Listing, Outcome]],
) -> Discovered:
    """The cards of all that is known by now."""
    provider = credential.provider_name()
    answers = [(one, listed) for one in listings if (listed := account.lists.get(one.name, (None, 0.0))[0])]
    failed = [(one, outcome) for one, outcome in asked if isinstance(outcome, ModelDeckError)]
    error = failed[0][1] if failed else None
    if not answers and error is None:
        error = ModelNotFoundError(f"{provider}: the server keeps no list of models or voices", provider=provider)
        return Discovered(shipped, None, (f"{error}; the shipped cards stand in",), error)
    by_name = {one.name: listed for one, listed in answers}
    problems = _failures(provider, failed, by_name)
    if not answers:
        return Discovered(shipped, None, tuple(problems), error)
    basis = [_basis(card) for card in shipped]
    known = account.made
    if known is None or len(known[0]) != len(basis) or any(a is not b for a, b in zip(known[0], basis, strict=True)):
        cards, wrong = merged(shipped, credential.get_tts_model_classes(), answers)
        known = account.made = (basis, sorted(cards, key=order), wrong)
    problems += [credential.hide(f"{provider}: {one}") for one in known[2]]
    at = min(listed.at for _, listed in answers)
    return Discovered([copy(card) for card in known[1]], at, tuple(problems), error)


def _basis(card: Any) -> object:
    """What is the same object for every copy of one card, as long as its file does not change."""
    private = getattr(card, "__pydantic_private__", None)
    return card if private is None else private


def _failures(
    provider: str, failed: Sequence[tuple[Listing, ModelDeckError]], known: Mapping[str, Listed]
) -> list[str]:
    """A sentence for each cause: a provider that is down has all of its lists fail of the same."""
    causes: dict[tuple[Any, ...], tuple[str, str, list[str]]] = {}
    for listing, error in failed:
        old = known.get(listing.name)
        instead = "the shipped cards stand in"
        if old is not None:
            instead = f"what it said {_age(time.monotonic() - old.clock)} ago stands in"
        kind, cause = type(error), f"{type(error).__name__}: {error}"
        same = (kind, error.status, error.code) if error.status else (kind, cause)  # else request ids tell them apart
        causes.setdefault((same, instead), (cause, instead, []))[2].append(listing.name)
    return [
        f"{provider}: its {', '.join(names)} cannot be listed ({cause}); {instead}"
        for cause, instead, names in causes.values()
    ]


def _age(seconds: float) -> str:
    """In the greatest unit that it has two of."""
    unit, word = next((one for one in _UNITS if seconds >= 2 * one[0]), _UNITS[-1])
    return f"{seconds / unit:.0f} {word}"
