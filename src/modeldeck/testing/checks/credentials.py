"""A credential is judged by itself, and two of one provider work side by side in one process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import CredentialBase
from modeldeck.errors import AuthenticationError, CredentialError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import expect
from modeldeck.testing.cases import each_row, over
from modeldeck.testing.rows import Row
from modeldeck.testing.suite import Suite
from modeldeck.tts import TTSResponse

_HERE = "http://127.0.0.1:1"
_GOOD = ["TTSResponse", "AuthenticationError", "TTSResponse", "AuthenticationError", "TTSResponse"]


def checks(suite: Suite) -> list[str]:
    """Good keys and bad ones, where the credential can be asked."""
    own = suite.credential
    silent = own.check is CredentialBase.check and own._probes is CredentialBase._probes
    return [] if silent else ["good", "invalid"]


class Credentials(Suite):
    @over("name", checks, "its credential has neither `_probes` nor a check of its own")
    async def test_a_key_is_judged_without_speech(self, box: Sandbox, name: str) -> None:
        """`credential.check()`, as the command line and the page ask it."""
        key = self.key(name)
        async with self.nothing_left(box), Transport() as transport:
            found = await self.make(key, box.url).check(transport)
        who = f"{self.credential.__name__}.check()"
        expect(
            found.ok is (name != "invalid"),
            f"{who} says of a {'wrong' if name == 'invalid' else 'good'} key: {found}. Let `_probes` name a request "
            "that is free, needs the key and follows the base URL, `takes` what of its answers is right, and let the "
            "emulator serve it (`Endpoints.listing`)",
        )
        expect(
            found.ok or found.grade in ("key_rejected", "wrong_region"),
            f"{who} says of a key that the service refuses: {found}. Give the Probe the service's own errors "
            "(`SERVICE.http_error`), and raise AuthenticationError for a wrong key",
        )
        expect(key not in repr(found), f"{who} shows the key: {_KEEP}")

    def test_an_address_in_the_environment_is_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As one that is given: before anything is sent to it."""
        found = self.environment(_HERE)
        wrong = {name: "no address" for name, value in found.items() if _HERE.partition(":")[2] in value}
        for name, value in {**found, **wrong}.items():
            monkeypatch.setenv(name, value)
        try:
            taken = self.credential.from_env()
        except CredentialError:
            return
        expect(
            not wrong,
            f"{type(taken).__name__} takes 'no address' from {', '.join(wrong)}: a default is not checked unless its "
            "field or the `model_config` says `validate_default=True`; the field is a `BaseUrl` (or a `host_field`)",
        )

    @each_row
    async def test_two_credentials_never_mix(self, box: Sandbox, row: Row) -> None:
        """One transport, two keys, one of them bad, all at once: each fares as its own key does."""
        good, other, bad = (self.key(name) for name in ("good-one", "another", "invalid"))
        async with self.nothing_left(box):
            alone = await self.seen_of(box, row, good, fine=True), await self.seen_of(box, row, other, fine=True)
            await self.seen_of(box, row, bad, fine=False)
            async with Transport() as transport:
                of_good, of_other, of_bad = (
                    row.build(box.url, transport, stream=False, key=key) for key in (good, other, bad)
                )
                for _ in range(3):
                    calls = [model.synthesize("Hi there.") for model in (of_good, of_bad, of_other, of_bad, of_good)]
                    found = await asyncio.gather(*map(awaited, calls), return_exceptions=True)
                    kinds = [type(one).__name__ for one in found]
                    expect(kinds == _GOOD, _mixed(row, f"good and bad keys at once ended in {kinds}"))
                for key in (good, other):
                    await row.build(box.url, transport, key=key).prewarm()
                box.forget()
                await of_other.synthesize("Hi there.")
        seen = secrets_of(box)
        expect(
            seen <= alone[1],
            _mixed(row, f"a call of the second sent secrets of {sorted(seen)}, alone it sends {sorted(alone[1])}"),
        )
        if self.header and (sent := self.sent(other)) is not None:
            expect(seen <= {(self.header, f"({len(sent)} characters)")}, f"{row.name} sends the secrets {sorted(seen)}")

    async def seen_of(self, box: Sandbox, row: Row, key: str, *, fine: bool) -> set[tuple[str, str]]:
        """What a call of that key alone shows of its secrets: where they are and how long."""
        box.forget()
        error: Exception | None = None
        async with Transport() as transport:
            try:
                await row.build(box.url, transport, stream=False, key=key).synthesize("Hi there.")
            except AuthenticationError as refused:
                error = refused
        if fine:
            expect(
                error is None,
                f"the emulator refuses {key!r}, a key that begins with its own: take all that do, but for those with "
                f"`invalid` in them (`box.key_problem(key, (KEY,))`), or write `key` in the suite. Else {_OTHERS}",
            )
        else:
            expect(
                error is not None,
                f"the emulator takes {key!r}: refuse keys with `invalid` in them as the service refuses a wrong one "
                f"(`box.key_problem`). Else the class swallows the refusal, or {_OTHERS}",
            )
        return secrets_of(box)


def secrets_of(box: Sandbox) -> set[tuple[str, str]]:
    """Where the requests have secrets, which the sandbox shows as their length."""
    found = {(name, value) for one in box.requests() for name, value in one["headers"] if value.endswith("characters)")}
    queries = (part.partition("=") for one in box.requests() for part in one["query"].split("&"))
    return found | {(name, value) for name, _, value in queries if value.endswith("characters)")}


_KEEP = (
    "keep nothing of a credential in a class, a module or a library's global, and read `self.credential` when the "
    "request is made"
)
_OTHERS = f"the class asked with the key of another credential: {_KEEP}"


def _mixed(row: Row, what: str) -> str:
    return f"{row.name} mixes credentials ({row.id}): {what}: {_KEEP}"


async def awaited(call: Any) -> TTSResponse:
    response: TTSResponse = await call
    return response
