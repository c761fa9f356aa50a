"""Key, secret and gateway: where they come from, and what becomes of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from modeldeck import Limits, Transport
from modeldeck.credential import LiveKitCredential
from modeldeck.errors import CredentialError
from modeldeck.providers.livekit import credential as module
from modeldeck.providers.livekit.wire import token
from modeldeck.sandbox import Sandbox
from modeldeck.tts import LiveKitTTSModel

GIVEN = {"api_key": "APIkey", "api_secret": "a-secret-nobody-may-see"}
CLOUD = "https://agent-gateway.livekit.cloud"
VARIABLES = [
    "LIVEKIT_INFERENCE_API_KEY",
    "LIVEKIT_API_KEY",
    "LIVEKIT_INFERENCE_API_SECRET",
    "LIVEKIT_API_SECRET",
    "LIVEKIT_INFERENCE_URL",
    "LIVEKIT_URL",
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match=r"LIVEKIT_API_KEY.*LIVEKIT_API_SECRET"):
        LiveKitCredential.from_env()
    monkeypatch.setenv("LIVEKIT_API_KEY", "APIproject")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret-of-the-project")
    assert LiveKitCredential.from_env().reveal()["api_key"] == "APIproject"
    monkeypatch.setenv("LIVEKIT_INFERENCE_API_KEY", "APIinference")
    monkeypatch.setenv("LIVEKIT_INFERENCE_API_SECRET", "secret-of-inference")
    found = LiveKitCredential.from_env().reveal()
    assert (found["api_key"], found["api_secret"]) == ("APIinference", "secret-of-inference")


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, CLOUD),
        ({"LIVEKIT_URL": "wss://x.livekit.cloud"}, CLOUD),
        ({"LIVEKIT_URL": "wss://x.staging.livekit.cloud"}, "https://agent-gateway.staging.livekit.cloud"),
        (
            {"LIVEKIT_INFERENCE_URL": "http://127.0.0.1:8/v1", "LIVEKIT_URL": "wss://x.staging.livekit.cloud"},
            "http://127.0.0.1:8",
        ),
    ],
)
def test_the_gateway_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], host: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert LiveKitCredential(**GIVEN).host() == host
    assert LiveKitCredential(**GIVEN, base_url=None).host() == CLOUD
    assert LiveKitCredential(**GIVEN, base_url="wss://eu.example/v1/").host() == "https://eu.example"


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/tts", "/tts"])
def test_suffixes(suffix: str) -> None:
    assert (
        LiveKitCredential(**GIVEN, base_url=f"https://eu.example/livekit{suffix}").host()
        == "https://eu.example/livekit"
    )


def test_a_new_token_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    one = LiveKitCredential(**GIVEN)
    for now in (1_800_000_000.0, 1_800_001_000.0):
        monkeypatch.setattr(module.time, "time", lambda now=now: now)
        made = token.access_token("APIkey", GIVEN["api_secret"], now)
        assert one.headers() == {"Authorization": f"Bearer {made}"}


async def test_a_new_token_for_each_connection(
    box: Sandbox, credential: LiveKitCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session may be open for longer than a token lasts: its next connection has another."""
    tokens: list[str] = []
    judged = token.problem

    def problem(made: str, secret_of: Any, now: float) -> str | None:
        tokens.append(made)
        return judged(made, secret_of, now)

    monkeypatch.setattr(token, "problem", problem)
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now)
    box.arm("silence;after=1")
    transport = Transport(limits=Limits(spares=0))
    async with transport, LiveKitTTSModel(credential, transport=transport).session() as talk:
        for _ in range(2):
            await talk.send("One.")
            await talk.flush()
            await anext(talk)
            now += 1000
            await talk.interrupt()
    assert len(set(tokens)) == 2


def test_secrets_are_not_shown() -> None:
    one = LiveKitCredential(**GIVEN)
    for shown in (repr(one), one.model_dump_json(), one.hide(f"a {GIVEN['api_secret']} b")):
        assert GIVEN["api_secret"] not in shown


async def test_check(box: Sandbox, credential: LiveKitCredential) -> None:
    assert (await credential.check()).grade == "ok"
    wrong = credential.model_copy(update={"api_secret": "another"})
    assert (await wrong.check()).grade == "key_rejected"
    box.arm("status=429")
    assert (await credential.check()).grade == "quota"
    box.arm("status=403")
    assert (await credential.check()).grade == "permission"
