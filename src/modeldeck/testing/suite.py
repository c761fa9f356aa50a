"""What a suite says of a provider, and what its checks have of it."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from modeldeck._transport.limits import without_pauses
from modeldeck.credential import CredentialBase
from modeldeck.errors import CardWarning
from modeldeck.sandbox import Sandbox
from modeldeck.testing import witness
from modeldeck.testing.cases import generate
from modeldeck.testing.expectations import COLUMNS, FAILURE, REFUSALS, Column, Fails, Outcome
from modeldeck.testing.home import at_home
from modeldeck.testing.rows import Events, Exchange, Row, ways
from modeldeck.tts import TTSModelBase, TTSModelCard

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_SECRETS = ("api_key", "key", "token", "api_secret", "secret")


class Deck:
    """What a suite says of a provider that has no emulator: its credential.

    `credential`: the class. `unlisted`: classes that it does not list. `exempt`: by a check's subject (a parameter, a
    card) why it does not hold there.
    """

    credential: ClassVar[type[CredentialBase]]
    unlisted: ClassVar[Sequence[type[TTSModelBase[Any]]]] = ()
    exempt: ClassVar[Mapping[str, str]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        generate(self, metafunc)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    @property
    def provider(self) -> str:
        return self.credential.provider_name()

    @property
    def classes(self) -> list[type[TTSModelBase[Any]]]:
        """Those that the credential lists."""
        return self.credential.get_tts_model_classes()

    @property
    def cards(self) -> list[TTSModelCard]:
        """Every good card of every class; what is wrong with the others, a check of its own says."""
        return self._listed(self.classes)

    @property
    def cards_of_all(self) -> list[TTSModelCard]:
        """Those of unlisted classes too."""
        return self._listed([*self.classes, *self.unlisted])

    def class_of(self, card: TTSModelCard) -> type[TTSModelBase[Any]]:
        """The one that lists it."""
        return next(one for one in (*self.classes, *self.unlisted) if one.type == card.model_type)

    def credential_of_nobody(self) -> CredentialBase:
        """One with which models can be built, and nobody can be asked."""
        return self.credential()

    def _listed(self, classes: Sequence[type[TTSModelBase[Any]]]) -> list[TTSModelCard]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CardWarning)
            return [card for one in classes for card in one.list_models()]

    @property
    def package(self) -> str:
        """The folder of the provider's own code."""
        module = sys.modules[self.credential.__module__]
        return os.path.dirname(os.path.abspath(str(module.__file__))) + os.sep


class Suite(Deck):
    """What a suite says of a provider. Only `credential` and `emulator` must be said.

    `emulator`: a module as those of `modeldeck.sandbox.emulators`, or None where the sandbox knows it by its entry
    point (`modeldeck.emulators`) under the provider's name. `rows`: the classes with their settings; unless given each
    class of the credential with its first active card.

    `title`: the service as errors name it. `request_ids`: its answers and errors have one. `refusals`: by HTTP status,
    in a handshake too, what differs from `REFUSALS`. `failure`: an error frame. `throttled`: the code of one that means
    too many requests; `throttled_close`: code and reason of a WebSocket closed for that; empty and None where it has
    none. `differences`: by column, then by row or wire (or `""`: all), what a fault ends in there. `thorough`: every
    word of the table counts and every fault must strike, as with modeldeck's own providers.

    `header`: the name of the one that has the key; empty: found by looking. `marks`: other signs of a secret.
    `any_key`: there is none that cannot be sent. `extras`: what `extra=` may bring to a model and to a call; empty: the
    service takes nothing besides.
    """

    emulator: Any = None  # no ClassVar: to mypy a module in a class body is none
    rows: ClassVar[Sequence[Row]] = ()
    title: ClassVar[str] = ""
    request_ids: ClassVar[bool] = True
    refusals: ClassVar[Mapping[int, Fails]] = {}
    failure: ClassVar[Fails] = FAILURE
    throttled: ClassVar[str] = ""
    throttled_close: ClassVar[tuple[int, str] | None] = None
    differences: ClassVar[Mapping[str, Mapping[str, Outcome]]] = {}
    thorough: ClassVar[bool] = False
    header: ClassVar[str] = ""
    marks: ClassVar[tuple[str, ...]] = ()
    any_key: ClassVar[bool] = False
    extras: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"modeldeck_extra": "of the model"},
        {"modeldeck_extra": "of the call"},
    )

    # -- what a suite may say in code

    def environment(self, url: str) -> dict[str, str]:
        """The variables that point the credential at the sandbox there, with a key that is good there."""
        found: dict[str, str] = self._emulator.environment(url)
        return found

    def key(self, name: str = "") -> str:
        """The sandbox's good key, or another one that is as good, or with `name` "invalid" one that it refuses."""
        good = self._secret(self._found("http://127.0.0.1:1"))
        return f"{good}-{name}" if name else good

    def make(self, key: str, url: str) -> CredentialBase:
        """The credential of that key for the sandbox at `url`."""
        found = self._found(url)
        return type(found).model_validate({**found.reveal(), self._secret_field(found): key})

    def texts(self, exchange: Exchange) -> list[str] | None:
        """What a request asked to be spoken, in its order; None: nobody looks."""
        return None

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        """Where a request has what `extra=` brings."""
        return {}

    def sent(self, key: str) -> str | None:
        """What the header has where the key goes; None: nobody looks."""
        return None

    def events(self, row: Row, told: Events) -> None:
        """Asserts what must be true of a row's raw events."""

    # -- what checks have of it

    def credential_of_nobody(self) -> CredentialBase:
        return self.make(self.key(), "http://127.0.0.1:1")

    @property
    def table(self) -> list[Row]:
        """The rows, all that was left open filled in."""
        made: list[Row] | None = type(self).__dict__.get("_table")
        if made is None:
            made = [row.settled(self) for row in self.rows or self._first_cards()]
            type(self)._table = made  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        return made

    @property
    def defaults(self) -> list[Row]:
        """Every class and model once, without any settings."""
        return [
            replace(row, parameters={})
            for at, row in enumerate(self.table)
            if (row.made_of, row.model) not in {(before.made_of, before.model) for before in self.table[:at]}
        ]

    @property
    def columns(self) -> list[Column]:
        """The faults that the service can have."""
        absent = {"{throttled}": not self.throttled, "{throttled_close}": not (self.throttled_close or self.thorough)}
        return [column for column in COLUMNS if not any(absent[part] for part in absent if part in column.asks)]

    def refusal(self, status: int) -> Fails:
        return self.refusals.get(status) or REFUSALS[status]

    def ways_of_all(self) -> int:
        return sum(len(ways(row)) for row in self.table)

    def nothing_left(self, box: Sandbox) -> AbstractAsyncContextManager[None]:
        """Around the life of a transport: no task, descriptor or thread stays, and nobody went elsewhere."""
        return witness.nothing_left(box, [self.package])

    def spoken(self, box: Sandbox) -> str | None:
        """The text as the sandbox got it, of all its requests; None where nobody looks."""
        found = [self.texts(one) for one in box.requests()]
        return None if any(one is None for one in found) else "".join(text for one in found for text in one or ())

    @pytest_asyncio.fixture(loop_scope="function")
    async def box(self) -> AsyncIterator[Sandbox]:
        """The emulator, served."""
        async with self.sandbox() as running:
            yield running

    def sandbox(self, **settings: Any) -> Sandbox:
        return Sandbox(emulators={self.provider: self._emulator}, **settings)

    @pytest.fixture
    def no_pauses(self) -> Iterator[None]:
        """Retries happen at once."""
        with without_pauses():
            yield

    @pytest.fixture(autouse=True)
    def _at_home(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """No proxy, no cards of an operator's, and nobody goes anywhere but to the sandbox."""
        for name in (*_PROXIES, *map(str.lower, _PROXIES), "MODELDECK_CARDS_PATH"):
            monkeypatch.delenv(name, raising=False)
        with at_home(self.credential.__name__):
            yield

    # -- inside

    @property
    def _emulator(self) -> Any:
        from modeldeck.sandbox.known import known_emulators

        return known_emulators()[self.provider] if self.emulator is None else self.emulator

    def _first_cards(self) -> list[Row]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CardWarning)
            return [Row(one, cards[0].name) for one in self.classes if (cards := one.list_models())]

    def _found(self, url: str) -> CredentialBase:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment(url).items():
                patch.setenv(name, value)
            return self.credential.from_env()

    def _secret_field(self, found: CredentialBase) -> str:
        """The field of the key: of all secrets the one with the likeliest name."""
        secrets = [name for name, value in found if hasattr(value, "get_secret_value")]
        if not secrets:
            raise AssertionError(
                f"{self.credential.__name__}.from_env() finds no secret in what the emulator's environment() says "
                f"({', '.join(self.environment('http://127.0.0.1:1'))}): name its variables in `env`, or write `make` "
                "and `key` in the suite"
            )
        return min(secrets, key=lambda name: _SECRETS.index(name) if name in _SECRETS else len(_SECRETS))

    def _secret(self, found: CredentialBase) -> str:
        return str(found.reveal()[self._secret_field(found)])
