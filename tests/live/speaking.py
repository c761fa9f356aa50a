"""One short sentence through a class, at the service itself or at the sandbox.

`pytest -m live` with a provider's key in the environment asks the service. What passes there may say so:
`VERIFIED_LIVE` in the provider's wire. Without the mark the sandbox stands in for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import CredentialBase
from modeldeck.tts import TTSModelBase

TEXT = "Hello, 你好。"


@dataclass(frozen=True)
class Case:
    """`counted`: the service says what the sentence cost."""

    made_of: type[TTSModelBase[Any]]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    counted: bool = True


def only_when_asked(config: pytest.Config, *variables: str) -> None:
    """Skips the test unless it was asked for and the environment has one of these keys."""
    if config.option.markexpr.strip() != "live":
        pytest.skip("`-m live` asks for it")  # another `-m` lets it in, and it bills
    if not any(os.environ.get(name) for name in variables):
        pytest.skip(f"set {' or '.join(variables)} to speak with the service; it bills a sentence")


async def speaks(credential: CredentialBase, case: Case) -> None:
    """Audio, what it cost, and an end."""
    async with Transport() as transport:
        model = case.made_of(credential, case.model, parameters=case.parameters, transport=transport)
        parts = [part async for part in model.synthesize(TEXT)]
    assert sum(len(part.audio) for part in parts) > 1000
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    usage = parts[-1].usage
    assert usage is not None
    assert usage.characters or usage.output_tokens or not case.counted
