"""`models --live` and `voices --live`: what the accounts of the environment have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from modeldeck.credential import CredentialFactory
from modeldeck.sandbox import SandboxProcess
from modeldeck.sandbox.emulators.openai import kokoro


@pytest.fixture(autouse=True)
def _nothing(monkeypatch: pytest.MonkeyPatch, modeldeck_sandbox: SandboxProcess) -> None:
    """No key of this machine."""
    for cls in CredentialFactory.credential_classes():
        for names in cls.env.values():
            for name in names:
                monkeypatch.delenv(name, raising=False)
    for name in modeldeck_sandbox.environment():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, modeldeck_sandbox: SandboxProcess) -> Callable[..., None]:
    """Sets the variables of these providers, by the beginning of their names."""

    def put(*beginnings: str) -> None:
        for name, value in modeldeck_sandbox.environment().items():
            if name.startswith(beginnings):
                monkeypatch.setenv(name, value)

    return put


def shipped(provider: str) -> list[str]:
    return [f"{provider}/{card.name}" for card in CredentialFactory.find(provider).list_tts_models()]


def test_without_a_key_the_shipped_ones_and_a_line_that_says_so(deck: Any) -> None:
    plain, live = deck("models", "--json"), deck("models", "--live", "--json")
    assert live.code == 0
    assert live.out == plain.out
    assert live.err == ("Without a key in the environment, so as shipped: azure, dashscope, gemini, livekit, openai\n")
    one = deck("models", "--live", "--provider", "gemini")
    assert [line.split()[0] for line in one.out.splitlines()[1:]] == shipped("gemini")
    assert "GOOGLE_API_KEY or GEMINI_API_KEY" in one.err
    assert "these are the shipped models" in one.err


def test_models_of_the_accounts_there_are(deck: Any, at_home: Callable[..., None]) -> None:
    at_home("AZURE", "DASHSCOPE", "GEMINI", "GOOGLE", "OPENAI")
    found = deck("models", "--live", "--json")
    cards = {one["reference"]: one for one in json.loads(found.out)}
    assert found.code == 0
    assert cards["gemini/gemini-3.8-flash-tts"]["live"]["listed"] is True
    assert cards["azure/neural"]["live"]["voices"] == "all"
    assert cards["dashscope/qwen3-tts-flash"]["live"] is None
    assert "its status is DEPLOYING" in found.err
    assert "as shipped: livekit\n" in found.err
    table = deck("models", "--live", "--provider", "dashscope").out.splitlines()
    assert [line.split()[-1] == "voices" for line in table[1:] if "/cosyvoice-v3-plus " in line] == [True]


def test_a_server_of_ones_own(deck: Any, monkeypatch: pytest.MonkeyPatch, modeldeck_sandbox: SandboxProcess) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", modeldeck_sandbox.url + kokoro.PREFIX)
    found = deck("models", "--live", "--provider", "openai")
    assert sorted(line.split()[0] for line in found.out.splitlines()[1:]) == sorted(
        f"openai/{one}" for one in kokoro.MODELS
    )
    assert found.err.startswith("Not in this account's list of openai: gpt-realtime-1.5, ")
    voices = json.loads(deck("voices", "openai/kokoro", "--live", "--json").out)
    assert [one["id"] for one in voices] == list(kokoro.VOICES)
    assert {one["source"] for one in voices} == {"live"}
    assert [line.split()[0] for line in deck("voices", "openai/kokoro:bf_emma", "--live").out.splitlines()[1:]] == [
        "bf_emma"
    ]
    missing = deck("voices", "openai/gpt-realtime", "--live")
    assert (missing.code, "the account has no model 'gpt-realtime'" in missing.err) == (2, True)


def test_voices_of_the_account(deck: Any, at_home: Callable[..., None]) -> None:
    at_home("DASHSCOPE")
    found = json.loads(deck("voices", "--live", "--provider", "dashscope", "--json").out)
    own = {one["label"]: one["source"] for one in found if one["source"] != "card"}
    assert own["captain"] == "account"
    assert own["sandbox"] == "cloned"


def test_a_provider_that_is_down(deck: Any, at_home: Callable[..., None], modeldeck_sandbox: SandboxProcess) -> None:
    at_home("DASHSCOPE")
    modeldeck_sandbox.arm("status=401")
    found = deck("models", "--live", "--provider", "dashscope")
    assert found.code == 0
    assert [line.split()[0] for line in found.out.splitlines()[1:]] == shipped("dashscope")
    assert found.err.count("warning: ") == 1
    assert "AuthenticationError" in found.err
    assert "sk-sandbox" not in found.err
