"""Every class with every parameter set to None, and to what no schema allows: nothing foreign leaves a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from modeldeck import Retry
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.errors import ModelDeckError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import TTSModelBase

TEXT = "Joe: Hello there.\nJane: Hello."  # a dialogue, too
ODD: dict[str, Any] = {
    "text": "odd",
    "whole": 5,
    "list": ["odd", 5],
    "map": {"odd": 5},
    "set": {"odd"},
}
# Beside the default of each class: the other dialect, the other wire.
MORE: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "GeminiTTSModel": [("gemini-3.8-flash-tts", {})],
    "AzureTTSModel": [("neural", {"wire": "rest"})],
    "OpenAITTSModel": [("gpt-4o-mini-tts", {})],
}


def _cases() -> list[Any]:
    found: list[Any] = []
    for provider in ("azure", "dashscope", "gemini", "livekit", "openai"):
        for cls in CredentialFactory.find(provider).get_tts_model_classes():
            for name, settings in [(None, {}), *MORE.get(cls.__name__, [])]:
                found.append(pytest.param(cls, name, settings, id=f"{cls.__name__}-{name or 'default'}"))
    return found


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        yield sandbox


def built(cls: type[TTSModelBase[Any]], name: str | None, parameters: dict[str, Any], **options: Any) -> Any:
    owner: type[CredentialBase] | None = cls.credential_class
    assert owner is not None
    given: Any = {"max_retries": 0} if cls.realtime else {"retry": Retry(max_retries=0)}
    model = {} if name is None else {"model": name}
    return cls(owner.from_env(), **model, parameters=parameters, **given, **options)  # type: ignore[arg-type]


async def spoken(tts: TTSModelBase[Any], path: Path, **parameters: Any) -> None:
    """In a conversation, and into a file."""
    async with tts.session(**parameters) as talk:
        await talk.send(TEXT)
        await talk.flush()
        async for _ in talk.utterance():
            pass
    await tts.save(TEXT, path, **parameters)


@pytest.mark.parametrize(("cls", "name", "settings"), _cases())
async def test_none_is_never_sent(
    box: Sandbox, tmp_path: Path, cls: type[TTSModelBase[Any]], name: str | None, settings: dict[str, Any]
) -> None:
    for parameter in cls.card(built(cls, name, settings).model).call_schema["properties"]:
        for given, call in (({parameter: None}, {}), ({}, {parameter: None})):
            with suppress(*[ModelDeckError] if parameter == "voice" else []):  # which some services need
                await spoken(built(cls, name, {**settings, **given}), tmp_path / "x.wav", **call)


@pytest.mark.parametrize(("cls", "name", "settings"), _cases())
@pytest.mark.parametrize("odd", ODD)
async def test_what_is_not_enforced_breaks_nothing(
    box: Sandbox, tmp_path: Path, cls: type[TTSModelBase[Any]], name: str | None, settings: dict[str, Any], odd: str
) -> None:
    for parameter in cls.Parameters.model_fields:
        with suppress(ModelDeckError):
            await spoken(built(cls, name, {**settings, parameter: ODD[odd]}, enforce="off"), tmp_path / "x.wav")
