"""The starting document's "Custom Provider" and "Custom TTS Provider", as printed there but for the import root."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr

from modeldeck.credential import CredentialFactory, LocalCredential
from modeldeck.errors import CredentialError, ParameterError

CREDENTIAL = """
from typing import Literal, Type, TYPE_CHECKING
from pydantic import ConfigDict, Field, SecretStr
from modeldeck.credential import CredentialBase

if TYPE_CHECKING:
    from modeldeck.model import ChatModelBase

class MyProviderCredential(CredentialBase):
    model_config = ConfigDict(title="My Provider API")
    type: Literal["my_provider_credential"] = "my_provider_credential"

    api_key: SecretStr = Field(description="API key for My Provider.")
    base_url: str = Field(default="https://api.myprovider.com/v1")

    @classmethod
    def get_chat_model_class(cls) -> Type["ChatModelBase"]:
        from .my_model import MyProviderChatModel
        return MyProviderChatModel
"""
SPEECH = """
from typing import Literal, Type, TYPE_CHECKING, AsyncGenerator, Any
from pydantic import BaseModel, Field
from modeldeck.tts import TTSModelBase, TTSResponse
from modeldeck.credential import CredentialBase

if TYPE_CHECKING:
    from modeldeck.tts import TTSModelBase as TTSBase

class MyTTSModel(TTSModelBase):
    class Parameters(BaseModel):
        voice: str = Field(default="default", title="Voice")

    type: Literal["my_tts"] = "my_tts"

    async def synthesize(
        self, text: str | None = None, **kwargs: Any
    ) -> TTSResponse | AsyncGenerator[TTSResponse, None]:
        # Call your provider's API here
        ...

# Register on your credential
class MyCredential(CredentialBase):
    @classmethod
    def get_tts_model_classes(cls) -> list[Type["TTSBase"]]:
        return [MyTTSModel]
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A third party's package that can be imported."""
    folder = tmp_path / "my_package"
    folder.mkdir()
    for name, source in (("__init__", ""), ("credential", CREDENTIAL), ("speech", SPEECH)):
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("", ".credential", ".speech", ".my_model"):
        monkeypatch.delitem(sys.modules, f"my_package{name}", raising=False)
    return folder


def imported(name: str) -> ModuleType:
    __import__(f"my_package.{name}")
    return sys.modules[f"my_package.{name}"]


def test_the_custom_credential_registers_and_round_trips(package: Path) -> None:
    cls = imported("credential").MyProviderCredential
    CredentialFactory.register_credential(cls)
    assert CredentialFactory.get_credential_class("my_provider") is cls
    one = CredentialFactory.from_dict({"type": "my_provider_credential", "api_key": "sk-1"})
    again = CredentialFactory.from_dict(one.reveal())
    assert isinstance(again, cls)
    assert again == one
    data: dict[str, Any] = again.reveal()
    assert (data["api_key"], data["base_url"]) == ("sk-1", "https://api.myprovider.com/v1")
    assert "sk-1" not in repr(one)
    with pytest.raises(CredentialError, match="api_key is missing"):
        CredentialFactory.from_dict({"type": "my_provider_credential"})


def test_its_form_is_listed_with_a_password_field(package: Path) -> None:
    CredentialFactory.register_credential(imported("credential").MyProviderCredential)
    form = next(one for one in CredentialFactory.list_schemas() if one["title"] == "My Provider API")
    key = form["properties"]["api_key"]
    assert (key["format"], key["writeOnly"], key["description"]) == ("password", True, "API key for My Provider.")
    assert form["required"] == ["api_key"]
    assert form["properties"]["type"]["const"] == "my_provider_credential"


def test_its_overridden_hook_is_used_for_every_list(package: Path) -> None:
    source = (
        "class Card:\n    name = label = 'mine'\n    status = 'active'\n\n\n"
        "class MyProviderChatModel:\n    @classmethod\n    def list_models(cls):\n        return [Card()]\n"
    )
    (package / "my_model.py").write_text(source, encoding="utf-8")
    cls = imported("credential").MyProviderCredential
    assert [one.name for one in cls.list_models()] == ["mine"]
    assert cls.list_tts_models() == cls.list_embedding_models() == []


def test_the_custom_speech_model_is_built_checked_and_listed(package: Path) -> None:
    module = imported("speech")
    tts = module.MyTTSModel(module.MyCredential(), "any-model")
    assert tts.parameters == module.MyTTSModel.Parameters()
    assert module.MyTTSModel(LocalCredential(), "any", {"voice": "x"}).parameters.voice == "x"
    with pytest.raises(ParameterError, match="did you mean 'voice'"):
        module.MyTTSModel(module.MyCredential(), "any-model", {"voce": "x"})
    assert module.MyCredential.list_tts_models() == []
    (package / "_models").mkdir()
    (package / "_models" / "one.yaml").write_text("name: one\nlabel: One\nvoices: [a, b]\n", encoding="utf-8")
    (one,) = module.MyCredential.list_tts_models()
    assert (one.name, one.model_type) == ("one", "my_tts")
    assert one.parameter_schema["properties"]["voice"] == {
        "type": "string",
        "title": "Voice",
        "enum": ["a", "b"],
        "default": "a",
    }
    with pytest.raises(ParameterError, match="voice='c'"):
        module.MyTTSModel(module.MyCredential(), "one", {"voice": "c"})


async def test_the_custom_speech_model_is_called_as_printed(package: Path) -> None:
    module = imported("speech")
    assert await module.MyTTSModel(module.MyCredential(), "any-model").synthesize("Hello") is None


def test_a_credential_without_type_is_refused_by_the_factory_alone(package: Path) -> None:
    cls = imported("speech").MyCredential
    with pytest.raises(CredentialError, match="MyCredential has no type; add: type: Literal"):
        CredentialFactory.register_credential(cls)
    assert CredentialFactory.from_dict({"type": "local_credential"}).provider_name() == "local"


def test_a_mistake_in_the_hook_keeps_its_own_error(package: Path) -> None:
    cls = imported("credential").MyProviderCredential
    with pytest.raises(ModuleNotFoundError, match="my_model"):
        cls(api_key=SecretStr("k")).list_models()
