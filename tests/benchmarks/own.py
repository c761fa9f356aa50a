"""Our side of the listings in a fresh process, as peer.py is theirs; says the seconds in JSON.

`files <folder with the folders of cards> <rounds>`, `deck <ours|bare: which goes first> <rounds>`,
`build - <rounds>`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Literal

import yaml
from pydantic import BaseModel, Field, SecretStr

from modeldeck._cards import enforce, load, locate
from modeldeck.credential import CredentialFactory, DashScopeCredential, LocalCredential
from modeldeck.tts import (
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    LocalTTSModel,
    TTSModelBase,
    ownership,  # noqa: F401 - imports are not what is measured here
)
from tests.benchmarks.measure import clocked


class OpenAITTSModel(TTSModelBase):
    """What AgentScope's class of this name lets people set."""

    class Parameters(BaseModel):
        voice: str = Field(default="alloy", title="Voice", description="The voice to use for synthesis.")
        response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = Field(
            default="mp3", title="Response Format", description="The audio format of the synthesized speech."
        )
        instructions: str | None = Field(default=None, title="Instructions", description="How to speak.")

    type: Literal["openai_tts"] = "openai_tts"


class GeminiTTSModel(TTSModelBase):
    """What AgentScope's class of this name lets people set."""

    class Parameters(BaseModel):
        voice: str = Field(default="Kore", title="Voice", description="The voice to use for synthesis.")

    type: Literal["gemini_tts"] = "gemini_tts"


CLASSES: dict[str, type[TTSModelBase]] = {
    "qwen": DashScopeTTSModel,
    "qwen_realtime": DashScopeRealtimeTTSModel,
    "cosyvoice": DashScopeCosyVoiceTTSModel,
    "openai": OpenAITTSModel,
    "gemini": GeminiTTSModel,
}


def every_class() -> list[type[TTSModelBase]]:
    credentials = CredentialFactory.credential_classes()
    return [*CLASSES.values(), *(cls for credential in credentials for cls in credential.get_tts_model_classes())]


def forget(classes: bool = True) -> None:
    """As if nothing had been listed in this process; else as if the files alone were new."""
    for cache in (load._files, locate._found):
        cache.clear()
    for cls in every_class():
        cls._own_cards = None
    if classes:
        enforce._bases.clear()


def files(folder: str, rounds: int) -> dict[str, object]:
    """The same files as AgentScope lists: first in the process, with nothing cached, the files new, and again."""

    def listing() -> int:
        return sum(len(cls.list_models(f"{folder}/{name}")) for name, cls in CLASSES.items())

    first = clocked(listing)
    taken: dict[str, list[float]] = {"cold": [], "new": [], "later": []}
    for _ in range(rounds):
        forget()
        taken["cold"].append(clocked(listing))
        forget(classes=False)
        taken["new"].append(clocked(listing))
        taken["later"].append(clocked(listing, times=20))
    return {"cards": listing(), "first": first, **taken}


def shipped(first: str, rounds: int) -> dict[str, object]:
    """Our whole deck beside a bare libyaml load of its files, in one process, whichever comes first."""
    credentials = CredentialFactory.credential_classes()
    classes = [cls for credential in credentials for cls in credential.get_tts_model_classes()]
    folders = {folder for cls in classes if (folder := locate.shipped_folder(cls))}
    paths = sorted(path for folder in folders for path in locate.card_files(folder))
    forget()

    def ours() -> int:
        return sum(len(credential.list_tts_models()) for credential in credentials)

    def bare() -> None:
        for path in paths:
            with open(path, "rb") as file:
                yaml.load(file, yaml.CSafeLoader)

    calls = {"ours": ours, "bare": bare}
    order = ("ours", "bare") if first == "ours" else ("bare", "ours")
    taken: dict[str, object] = {f"first {name}": clocked(calls[name]) for name in order}
    cold: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds):
        for name in order[:: -1 if number % 2 else 1]:
            forget()
            cold[name].append(clocked(calls[name]))
    return {**taken, "cold ours": cold["ours"], "cold bare": cold["bare"], "cards": ours(), "files": len(paths)}


def build(_: str, rounds: int) -> dict[str, object]:
    """Models built and parameters enforced; the decks are known by then."""
    qwen_credential, local_credential = DashScopeCredential(api_key=SecretStr("none")), LocalCredential()
    model = LocalTTSModel(local_credential)
    calls: dict[str, Callable[[], object]] = {
        "qwen": lambda: DashScopeTTSModel(qwen_credential, parameters={"voice": "Cherry"}),
        "local": lambda: LocalTTSModel(local_credential, parameters={"rate": 200}),
        "call": lambda: model.synthesize("Hello", voice="de", rate=200),
    }
    taken = {name: [clocked(call, times=100) for _ in range(rounds)] for name, call in calls.items()}
    return {**taken, "jsonschema": int("jsonschema" in sys.modules)}


if __name__ == "__main__":
    print(json.dumps({"files": files, "deck": shipped, "build": build}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
