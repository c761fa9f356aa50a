"""An HTTP server whose lists a test writes, and a provider that keeps two of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from modeldeck._wire.lists import entries, name_of, sorted_out
from modeldeck.credential import ApiKey, CredentialBase, Listing, LiveModel, LiveVoice, Page, PageRequest
from modeldeck.providers.openai.wire.errors import SERVICE
from modeldeck.tts import TTSModelBase, TTSModelCard
from tests.credential.servers import listening

KEY = "sk-CANARY-7f3a90"
Answer = tuple[int, bytes] | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def said(value: Any, status: int = 200) -> Answer:
    return status, json.dumps(value).encode()


@dataclass
class Account:
    """What is at each path: an answer, or several in turn, the last of which stays. `asked`: paths with their query."""

    lists: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    url: str = ""
    asked: list[str] = field(default_factory=list[str])
    gate: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, path: str, *answers: Answer) -> None:
        self.lists[path] = list(answers)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        self.asked.append(target)
        self.came.set()
        if self.gate is not None:
            await self.gate.wait()
        answers = self.lists.get(target, self.lists.get(target.partition("?")[0], [(404, b'{"detail":"Not Found"}')]))
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            await answer(reader, writer)
        else:
            status, body = answer
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()


@asynccontextmanager
async def serving(account: Account) -> AsyncGenerator[Account]:
    async with listening(account.talk) as port:
        account.url = f"http://127.0.0.1:{port}"
        yield account


class Parameters(BaseModel):
    voice: str = Field(default="anna", title="Voice")
    speed: float | None = Field(default=None, ge=0.5, le=2.0)


class EchoTTSModel(TTSModelBase[Parameters]):
    provider: ClassVar[str] = "echo"
    any_model: ClassVar[bool] = True
    Parameters: ClassVar[type[Parameters]] = Parameters
    type: Literal["echo_tts"] = "echo_tts"

    @classmethod
    def list_models(cls, custom_yaml_dir: Any = None, *, strict: bool = False) -> list[TTSModelCard]:
        return [_card(name) for name in ("echo-1", "echo-2")]


def _card(name: str) -> TTSModelCard:
    from modeldeck.tts.card import build_card

    anna = {"id": "anna", "label": "Anna, of Echo", "languages": ["de"], "styles": ["calm"]}
    return build_card(
        {
            "name": name,
            "label": name.title(),
            "voices": [anna, "ben"],
            "default_voice": "ben",
            "limits": {"max_characters": 9},
        },
        f"/cards/{name}.yaml",
        Parameters,
        provider="echo",
        model_type="echo_tts",
    )


class EchoCredential(CredentialBase):
    """Lists models and voices: `{"list": [{"id", "models"?}], "next"?}`."""

    models: ClassVar = {"tts": (":EchoTTSModel",)}
    type: Literal["echo_credential"] = "echo_credential"
    api_key: ApiKey
    url: str

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        make = partial(
            Listing, headers={"authorization": f"Bearer {self.api_key.get_secret_value()}"}, error=SERVICE.http_error
        )
        return [
            make("models", partial(_ask, f"{self.url}/models"), read=_models, models=True),
            make(
                "voices",
                partial(_ask, f"{self.url}/voices"),
                read=_voices,
                about=frozenset(card.name for card in cards),
                absent=frozenset({404}),
            ),
        ]


def _ask(url: str, more: Any) -> PageRequest:
    return PageRequest(url if more is None else f"{url}?page={more}")


def _models(value: Any, _: Any) -> Page:
    good, bad = sorted_out(
        entries(value, "list"), lambda one: LiveModel(name) if (name := name_of(one.get("id"))) else "odd"
    )
    return Page(models=tuple(good), left_out=tuple(bad), more=value.get("next"))


def _voices(value: Any, _: Any) -> Page:
    def voice(one: Any) -> LiveVoice | str:
        name = name_of(one.get("id"))
        return LiveVoice(name, models=tuple(one.get("models", ())), source="cloned") if name else "odd"

    good, bad = sorted_out(entries(value, "list"), voice)
    return Page(voices=tuple(good), left_out=tuple(bad), more=value.get("next"))
