"""AzureCredential: where it leads, who asks, what the environment says, whether the key works."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.credential import AzureCredential, CredentialFactory
from modeldeck.errors import CredentialError
from modeldeck.sandbox import Sandbox

KEY = "0123456789abcdef0123456789abcdef"
VARIABLES = [
    *("AZURE_SPEECH_KEY", "SPEECH_KEY", "AZURE_KEY", "AZURE_SPEECH_AUTH_TOKEN"),
    *("AZURE_SPEECH_REGION", "SPEECH_REGION", "AZURE_REGION"),
    *("AZURE_SPEECH_ENDPOINT", "SPEECH_ENDPOINT", "AZURE_SPEECH_HOST"),
]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def made(**fields: Any) -> AzureCredential:
    return AzureCredential(**{"api_key": KEY, **fields})


@pytest.mark.parametrize(
    ("region", "host", "deployment"),
    [
        ("eastus", "https://eastus.tts.speech.microsoft.com", "https://eastus.voice.speech.microsoft.com"),
        ("East US 2", "https://eastus2.tts.speech.microsoft.com", "https://eastus2.voice.speech.microsoft.com"),
        ("chinaeast2", "https://chinaeast2.tts.speech.azure.cn", "https://chinaeast2.voice.speech.azure.cn"),
        ("usgovvirginia", "https://usgovvirginia.tts.speech.azure.us", "https://usgovvirginia.voice.speech.azure.us"),
    ],
)
def test_a_region_has_hosts(region: str, host: str, deployment: str) -> None:
    one = made(region=region)
    assert (one.host(), one.host(deployment=True)) == (host, deployment)


OWN = {
    "http://127.0.0.1:5000": "http://127.0.0.1:5000",
    "ws://127.0.0.1:5000/": "http://127.0.0.1:5000",
    "https://proxy.test/azure": "https://proxy.test/azure",
    "https://mine.cognitiveservices.azure.com/": "https://mine.cognitiveservices.azure.com/tts",
    "https://mine.cognitiveservices.azure.us": "https://mine.cognitiveservices.azure.us/tts",
    "https://mine.services.ai.azure.com": "https://mine.services.ai.azure.com/tts",
    "https://mine.cognitiveservices.azure.com/tts": "https://mine.cognitiveservices.azure.com/tts",
    "https://mine.cognitiveservices.azure.com/tts/cognitiveservices/v1": "https://mine.cognitiveservices.azure.com/tts",
    "https://westus.api.cognitive.microsoft.com/": "https://westus.tts.speech.microsoft.com",
    "https://westus.api.cognitive.microsoft.com/sts/v1.0/issueToken": "https://westus.tts.speech.microsoft.com",
    "https://westus.stt.speech.microsoft.com": "https://westus.tts.speech.microsoft.com",
    "wss://westus.tts.speech.microsoft.com/cognitiveservices/websocket/v2": "https://westus.tts.speech.microsoft.com",
    "https://chinanorth3.api.cognitive.azure.cn": "https://chinanorth3.tts.speech.azure.cn",
    "https://usgovarizona.api.cognitive.microsoft.us": "https://usgovarizona.tts.speech.azure.us",
    "https://virginia.api.cognitive.microsoft.us/": "https://virginia.tts.speech.azure.us",
    "https://virginia.tts.speech.azure.us": "https://virginia.tts.speech.azure.us",
    "https://usdodeast.api.cognitive.microsoft.us/": "https://usdodeast.tts.speech.azure.us",
    "https://east2.stt.speech.azure.cn": "https://east2.tts.speech.azure.cn",
    "https://chinaeast2.api.cognitive.microsoft.com": "https://chinaeast2.tts.speech.azure.cn",
}


@pytest.mark.parametrize("url", OWN)
def test_an_endpoint_of_ones_own(url: str) -> None:
    assert made(base_url=url).host() == made(base_url=url, region="eastus").host() == OWN[url]


def test_trained_voices_are_where_the_region_has_them() -> None:
    assert made(base_url="https://westus.api.cognitive.microsoft.com").host(deployment=True) == (
        "https://westus.voice.speech.microsoft.com"
    )
    assert made(base_url="http://127.0.0.1:5000").host(deployment=True) == "http://127.0.0.1:5000"
    for path in ("", "/tts", "/voice", "/voice/cognitiveservices/v1"):
        private = made(base_url=f"https://mine.cognitiveservices.azure.com{path}")
        assert private.host(deployment=True) == "https://mine.cognitiveservices.azure.com/voice"
        assert private.host() == "https://mine.cognitiveservices.azure.com/tts"


@pytest.mark.parametrize("region", ["east.us", "http://eastus", "east/us", ""])
def test_what_is_no_region(region: str) -> None:
    with pytest.raises(CredentialError, match="region"):
        made(region=region)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(CredentialError, match=r"api_key is missing.*AZURE_SPEECH_KEY"):
        AzureCredential(region="eastus")
    with pytest.raises(CredentialError, match=r"region is missing.*AZURE_SPEECH_REGION"):
        made()
    with pytest.raises(CredentialError, match="AZURE_SPEECH_KEY"):
        AzureCredential.from_env(region="eastus")


def test_who_asks() -> None:
    assert made(region="eastus").headers() == {"Ocp-Apim-Subscription-Key": KEY}
    entra = "aad#/subscriptions/x#eyJ0"
    assert AzureCredential(token=entra, region="eastus").headers() == {"Authorization": f"Bearer {entra}"}
    one = made(region="eastus")
    ids = [one.opening()["X-ConnectionId"] for _ in range(2)]
    assert len({*ids}) == 2
    assert all(len(name) == 32 for name in ids)


def test_nothing_shows_the_secrets() -> None:
    one = made(token="t0ken-of-mine", region="eastus")
    for shown in (repr(one), str(one), one.model_dump_json()):
        assert KEY not in shown
        assert "t0ken-of-mine" not in shown
    again = CredentialFactory.from_dict(one.reveal())
    assert again == one
    assert one.hide(f"{KEY} t0ken-of-mine") == "*** ***"


@pytest.mark.parametrize("names", [("AZURE_SPEECH_KEY", "AZURE_SPEECH_REGION"), ("SPEECH_KEY", "SPEECH_REGION")])
def test_the_environment_names_key_and_region(monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]) -> None:
    for name, value in zip(names, (KEY, "westeurope"), strict=True):
        monkeypatch.setenv(name, value)
    assert AzureCredential.from_env().host() == "https://westeurope.tts.speech.microsoft.com"
    assert AzureCredential.from_env().headers() == {"Ocp-Apim-Subscription-Key": KEY}
    assert AzureCredential.from_env(region="eastus").host() == "https://eastus.tts.speech.microsoft.com"


def test_the_environment_names_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECH_ENDPOINT", "http://127.0.0.1:5000")
    monkeypatch.setenv("SPEECH_REGION", "eastus")
    assert made().host() == "http://127.0.0.1:5000"
    assert made(region="westus").host() == "https://westus.tts.speech.microsoft.com"
    assert made(base_url="http://127.0.0.1:6000").host() == "http://127.0.0.1:6000"
    assert made(base_url=None).host() == "https://eastus.tts.speech.microsoft.com"


def test_a_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SPEECH_AUTH_TOKEN", "t0ken")
    assert AzureCredential.from_env(region="eastus").headers() == {"Authorization": "Bearer t0ken"}


def test_a_key_beats_the_environments_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which may be of yesterday, while arguments are of now."""
    monkeypatch.setenv("AZURE_SPEECH_AUTH_TOKEN", "t0ken")
    key = {"Ocp-Apim-Subscription-Key": KEY}
    assert AzureCredential.from_env(region="eastus", api_key=KEY).headers() == key
    monkeypatch.setenv("AZURE_KEY", KEY)
    assert AzureCredential.from_env(region="eastus").headers() == key
    assert AzureCredential.from_env(region="eastus", token=None).headers() == key
    assert AzureCredential.from_env(region="eastus", token="now").headers() == {"Authorization": "Bearer now"}
    assert AzureCredential.from_env(region="eastus", api_key=None).token is not None


async def test_whether_the_key_works() -> None:
    async with Sandbox() as box:
        assert (await made(base_url=box.url).check()).grade == "ok"
        assert (await made(base_url=f"{box.url}/tts").check()).grade == "ok"
        assert (await made(api_key="invalid", base_url=box.url).check()).grade == "key_rejected"
        wrong = await made(base_url=f"{box.url}/elsewhere").check()
        assert (wrong.ok, "base_url" in wrong.advice, "deployment" in wrong.advice) == (False, True, False)
        assert (await AzureCredential(token="t0ken", base_url=box.url).check()).grade == "ok"
        box.arm("status=429")
        assert (await made(base_url=box.url).check()).grade == "quota"


def test_its_form() -> None:
    schema = AzureCredential.form_schema()
    assert list(schema["properties"]) == ["name", "type", "api_key", "token", "region", "base_url"]
    assert schema["properties"]["type"]["const"] == "azure_credential"
