"""Defects of the reference design that the comparison of registries verified (R1 to R13), at this layer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from modeldeck.credential import DashScopeCredential, LocalCredential
from modeldeck.errors import CardError, ModelDeckError, ParameterError
from modeldeck.tts import DashScopeTTSModel
from modeldeck.tts.reference import find_model, tts_model
from tests.cards.helpers import House, card, listed


def test_r1_null_override_keeps_the_card(house: House) -> None:
    model = house.model()
    house.ship(card("a", "parameter_overrides:", "  voice:"))
    cards, said = listed(model)
    assert [one.name for one in cards] == ["a"]
    assert not said
    assert "voice" not in cards[0].parameter_schema["properties"]


@pytest.mark.parametrize("path", ["", "/compatible-mode/v1", "/api/v1", "/api-ws/v1/inference", "/api-ws/v1/realtime"])
def test_r3_a_base_url_leads_every_wire_to_one_host(path: str) -> None:
    one = DashScopeCredential(api_key="k", base_url=f"https://dashscope-intl.aliyuncs.com{path}")
    assert one.host() == "https://dashscope-intl.aliyuncs.com"


def test_r4_keys_stay_in_their_credentials() -> None:
    keys = [f"sk-{number}" for number in range(8)]
    seen: list[str] = []

    def build(key: str) -> None:
        for _ in range(50):
            tts = DashScopeTTSModel(DashScopeCredential(api_key=key))
            seen.append(f"{key} {tts.credential.reveal()['api_key']}")

    threads = [threading.Thread(target=build, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {f"{key} {key}" for key in keys}
    assert not any(key in value for key in keys for value in os.environ.values())


def test_r5_hidden_and_unknown_values_are_refused() -> None:
    credential = DashScopeCredential(api_key="k")
    for parameters in ({"voice": "NotAVoice"}, {"instructions": "x"}):
        with pytest.raises(ParameterError):
            DashScopeTTSModel(credential, "qwen3-tts-flash", parameters)


def test_r6_nothing_is_ignored_in_silence(house: House) -> None:
    model = house.model()
    house.ship(card("a", "statuss: active"), "a.yaml")
    house.ship(card("b"), "b.yml")
    cards, said = listed(model)
    assert [one.name for one in cards] == ["b"]
    assert "unknown key 'statuss'; did you mean 'status'?" in said[0]
    with pytest.raises(CardError):
        model.list_models(house.root / "missing")


def test_r8_listing_imports_little() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from modeldeck.credential import CredentialFactory as F\n"
        "cards = [card for one in F.credential_classes() for card in one.list_tts_models()]\n"
        "assert len(cards) > 25\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new & {'httpx', 'websockets', 'jsonschema', 'requests', 'openai', 'dashscope', 'numpy'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stderr


def test_r9_a_name_means_one_class_or_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    assert type(tts_model("dashscope/qwen3-tts-flash:Cherry")).__name__ == "DashScopeTTSModel"
    assert find_model("dashscope/cosyvoice-v3-flash").model_class.__name__ == "DashScopeCosyVoiceRealtimeTTSModel"
    for reference in ("dashscope/nope-model", "nope/x", "dashscope", "dashscope/", "/x"):
        with pytest.raises(ModelDeckError):
            find_model(reference)


def test_r13_a_family_that_is_missing_is_an_empty_list() -> None:
    assert LocalCredential.list_models() == LocalCredential.list_embedding_models() == []
    assert LocalCredential.get_chat_model_class() is None
    assert LocalCredential.list_tts_models()
