"""Which wires have met the real services, and recordings that let others confirm them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from modeldeck import __version__, credential
from modeldeck._transport.limits import NO_RETRY
from modeldeck.errors import ModelDeckError

if TYPE_CHECKING:
    from pathlib import Path

    from modeldeck.credential import CredentialBase
    from modeldeck.tts import TTSModelBase

SENTENCE = "Hello, 你好。"
_ID = re.compile(r"(?:^|_)(?:u?id|uuid|user|account|workspace|key|token|signature)$|[a-z]I[dD]$")
# UUIDs, long hexadecimal and decimal numbers (an account's has 16 digits, a time in milliseconds 13).
_NUMBER = re.compile(r"\b(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{24,}|\d{14,})\b")
_ADDRESS = re.compile(r"\b(?:https?|wss?)://[^\s\"'<>]+")
_AUDIO = re.compile(r"[A-Za-z0-9+/]{128,}={0,2}")  # in base64
_KEPT = 64  # of its characters, which are 24 samples


def verified(cls: type[CredentialBase]) -> dict[str, str | None]:
    """The wires of a provider, and the day on which each agreed with the real service; None: never yet.

    They are the modules of its package `wire`, or its module `wire`.
    """
    package = cls.__module__.rpartition(".")[0]
    try:
        wire = import_module(f"{package}.wire") if package else None
    except ImportError:
        return {}
    places = getattr(wire, "__path__", ())
    modules: dict[str, Any] = {"wire": wire}
    modules |= {one.name: import_module(f"{package}.wire.{one.name}") for one in iter_modules(places)}
    return {name: module.VERIFIED_LIVE for name, module in modules.items() if hasattr(module, "VERIFIED_LIVE")}


def meetings(providers: Iterable[str]) -> Iterator[str]:
    """A line for each of these providers: when its wires met the real service."""
    for provider in providers:
        found = credential.CredentialFactory.get_credential_class(provider)
        days = verified(found) if found is not None else {}  # an emulator need not have a provider
        said = ", ".join(f"{wire} {day or 'never'}" for wire, day in days.items())
        if said:
            yield f"Verified against the real service of {provider}: {said}"


def record(cls: type[TTSModelBase[Any]], key: CredentialBase, path: Path) -> int:
    """Speak `SENTENCE` once and write the wire's raw events to `path`; returns how many there were.

    What came before an error is written too, then the error is raised: ModelDeckError, OSError.
    """
    default = signature(cls).parameters["model"].default
    model = default if isinstance(default, str) else cls.list_models()[0].name
    events: list[Mapping[str, Any]] = []
    failure: str | None = None
    try:
        asyncio.run(_speak(cls(key, model, retry=NO_RETRY, on_event=events.append)))
    except ModelDeckError as error:
        failure = type(error).__name__
        raise
    finally:
        mask = Mask(value for name, value in key if isinstance(value, str) and _ID.search(name))
        about = {"model": model, "class": cls.__name__, "text": SENTENCE, "error": failure}
        lines = [{"recorded": f"{datetime.now(UTC):%Y-%m-%d}", "modeldeck": __version__, **about}, *map(mask, events)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return len(events)


async def _speak(model: TTSModelBase[Any]) -> None:
    async with model.transport, aclosing(model.synthesize(SENTENCE)) as speech:
        async for _ in speech:
            pass


class Mask:
    """Makes events fit to be shown. The same id has the same mask in all of them."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """`known`: ids that are masked wherever they stand."""
        self._masks: dict[str, str] = {}
        for one in known:
            self._mask(one)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._masked(name, value) for name, value in event.items()}

    def _masked(self, name: str, value: Any) -> Any:
        match value:
            case Mapping():
                return self(value)
            case list():
                return [self._masked(name, one) for one in value]
            case str() if _AUDIO.fullmatch(value):
                return value[:_KEPT]
            case str() | int() if _ID.search(name) and value and not isinstance(value, bool):
                return self._mask(str(value))
            case str():
                return self._text(value)
            case _:
                return value

    def _mask(self, word: str) -> str:
        kind = re.match(r"[a-z]+_", word)  # event_, sess_, resp_
        return self._masks.setdefault(word, f"{kind[0] if kind else ''}masked{len(self._masks) + 1}")

    def _text(self, text: str) -> str:
        text = _ADDRESS.sub("https://masked.invalid/", text)
        for word, mask in self._masks.items():
            text = text.replace(word, mask) if len(word) >= 8 else text
        return _NUMBER.sub(lambda found: self._mask(found[0]), text)
