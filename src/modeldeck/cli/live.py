"""What the accounts of this environment really have, for `models --live` and `voices --live`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modeldeck._near import shortened
from modeldeck.cli.show import say_to_user
from modeldeck.credential import Discovery
from modeldeck.errors import CredentialError, ModelDeckError

if TYPE_CHECKING:
    from modeldeck.credential import CredentialBase, Discovered
    from modeldeck.tts import TTSModelCard


def cards(owners: Sequence[type[CredentialBase]]) -> list[TTSModelCard]:
    """Theirs, as their accounts have them; the shipped ones where there is no key, or where the provider fails.

    Says on standard error whose they are, what went wrong, and what an account does not have. What cannot be listed at
    all is an error only of a provider that is alone.
    """
    found: list[TTSModelCard] = []
    keyless: list[str] = []
    asked: list[CredentialBase] = []
    for owner in owners:
        try:
            asked.append(owner.from_env())
        except CredentialError as error:
            keyless.append(owner.provider_name())
            if len(owners) == 1:
                say_to_user(f"{error}; these are the shipped models")
    by_type = dict(zip(map(type, asked), asyncio.run(_all(asked)), strict=True))
    for owner in owners:
        outcome = by_type.get(owner)
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            cards = outcome.cards if outcome is not None else owner.list_tts_models()
        except Exception as error:  # a third party's class must not hide the others
            if len(owners) == 1:
                raise
            kind = "" if isinstance(error, ModelDeckError) else f"{type(error).__name__}: "
            say_to_user(f"warning: {owner.provider_name()}: {kind}{error}")
            continue
        for problem in outcome.problems if outcome is not None else ():
            say_to_user(f"warning: {problem}")
        found += _had(cards, owner.provider_name())
    if keyless and len(owners) > 1:
        say_to_user(f"Without a key in the environment, so as shipped: {', '.join(keyless)}")
    return found


async def _all(asked: Sequence[CredentialBase]) -> list[Discovered | BaseException]:
    memory = Discovery()
    return await asyncio.gather(*(memory.tts_models(one) for one in asked), return_exceptions=True)


def _had(cards: Sequence[TTSModelCard], provider: str) -> list[TTSModelCard]:
    """Without those that the account's own list does not have."""
    gone = [card.name for card in cards if card.live is not None and card.live.listed is False]
    if gone:
        say_to_user(f"Not in this account's list of {provider}: {shortened(gone, 4)}")
    return [card for card in cards if card.live is None or card.live.listed is not False]
