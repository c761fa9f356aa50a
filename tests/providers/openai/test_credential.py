"""Keys, hosts and what the environment says."""

from __future__ import annotations

import json

import pytest

from modeldeck.credential import CredentialFactory, OpenAICredential
from modeldeck.errors import CredentialError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import OpenAIRealtimeTTSModel, OpenAITTSModel

VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        (None, "https://api.openai.com/v1"),
        ("https://eu.api.openai.com/v1", "https://eu.api.openai.com/v1"),
        ("http://localhost:8880", "http://localhost:8880/v1"),
        ("http://localhost:8880/v1/", "http://localhost:8880/v1"),
        ("http://localhost:8880/v1/audio/speech", "http://localhost:8880/v1"),
        ("wss://api.openai.com/v1/realtime", "https://api.openai.com/v1"),
        ("https://proxy.example/openai", "https://proxy.example/openai/v1"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("https://ark.example/api/v3", "https://ark.example/api/v3"),
        ("https://generativelanguage.example/v1beta/openai/", "https://generativelanguage.example/v1beta/openai"),
        ("https://vast.example/volume", "https://vast.example/volume/v1"),
    ],
)
def test_hosts(base_url: str | None, host: str) -> None:
    assert OpenAICredential(api_key="sk-1", base_url=base_url).host() == host


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    assert OpenAICredential().api_key is None, "keys come from the environment only when that is asked for"
    found = OpenAICredential.from_env()
    assert found.host() == "http://localhost:1/v1"
    assert found.headers() == {
        "Authorization": "Bearer sk-environment",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj_1",
    }
    given = OpenAICredential(api_key="sk-1", base_url=None, organization=None, project=None)
    assert (given.host(), given.headers()) == ("https://api.openai.com/v1", {"Authorization": "Bearer sk-1"})


@pytest.mark.parametrize("make", [OpenAICredential, OpenAICredential.from_env])
def test_openai_itself_wants_a_key(make: type[OpenAICredential]) -> None:
    with pytest.raises(CredentialError, match="OPENAI_API_KEY"):
        make()


def test_a_server_of_ones_own_may_want_none() -> None:
    found = OpenAICredential(base_url="http://localhost:8880/v1")
    assert found.headers() == {}
    assert found.hide("text") == "text"
    assert CredentialFactory.from_dict(found.reveal()) == found


def test_the_form() -> None:
    schema = OpenAICredential.form_schema()
    assert "api_key" not in schema.get("required", [])
    assert schema["properties"]["api_key"]["format"] == "password"
    assert "sk-1" not in repr(OpenAICredential(api_key="sk-1"))
    json.dumps(schema)


@pytest.mark.parametrize("field", ["organization", "project"])
def test_what_goes_into_a_header_is_one_line(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match=f"{field}.*line break"):
        OpenAICredential(api_key="sk-1", **{field: "org-1\nX-Evil: 1"})
    assert getattr(OpenAICredential(api_key="sk-1", **{field: " org-1\n"}), field) == "org-1"
    monkeypatch.setenv({"organization": "OPENAI_ORG_ID", "project": "OPENAI_PROJECT_ID"}[field], "a\nb")
    with pytest.raises(CredentialError, match=field):
        OpenAICredential(api_key="sk-1")


def test_its_models() -> None:
    assert OpenAICredential.get_tts_model_classes() == [OpenAITTSModel, OpenAIRealtimeTTSModel]


async def test_without_a_key_no_authorization_is_sent() -> None:
    async with Sandbox() as box:
        found = await OpenAICredential(base_url=box.url).check()
        (sent,) = box.requests()
    assert found.grade == "key_rejected"  # this one wants one
    assert "authorization" not in dict(sent["headers"])


@pytest.mark.parametrize(("key", "grade"), [("sk-good", "ok"), ("sk-invalid", "key_rejected")])
async def test_check(key: str, grade: str) -> None:
    async with Sandbox() as box:
        found = await OpenAICredential(api_key=key, base_url=box.url).check()
    assert found.grade == grade
    assert found.request_id
