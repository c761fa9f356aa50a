"""Models by reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modeldeck.credential import DashScopeCredential, OpenAICredential
from modeldeck.errors import CredentialError, ModelNotFoundError, ParameterError
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    LocalTTSModel,
    OpenAITTSModel,
    find_model,
    tts_model,
)


@pytest.mark.parametrize(
    ("reference", "model_class", "name", "voice"),
    [
        ("local/espeak-ng", LocalTTSModel, "espeak-ng", None),
        ("local/espeak-ng:en-us+f3", LocalTTSModel, "espeak-ng", "en-us+f3"),
        ("dashscope/qwen3-tts-flash", DashScopeTTSModel, "qwen3-tts-flash", None),
        ("dashscope/qwen3-tts-flash:Cherry", DashScopeTTSModel, "qwen3-tts-flash", "Cherry"),
        ("dashscope_credential/qwen3-tts-flash", DashScopeTTSModel, "qwen3-tts-flash", None),
        ("dashscope/qwen3-tts-flash-realtime:Ethan", DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", "Ethan"),
        ("openai/tts-1:nova", OpenAITTSModel, "tts-1", "nova"),
        ("dashscope/cosyvoice-v3-plus", DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-plus", None),
    ],
)
def test_a_reference_finds_class_name_and_voice(
    reference: str, model_class: type, name: str, voice: str | None
) -> None:
    found = find_model(reference)
    assert (found.model_class, found.name, found.voice) == (model_class, name, voice)
    assert found.card is not None


def test_a_model_that_only_a_server_of_ones_own_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for reference in ("kokoro:af_heart", "org/kokoro:af_heart"):
        found = find_model(f"openai/{reference}")
        assert (found.model_class, found.voice, found.card) == (OpenAITTSModel, "af_heart", None)
        assert found.name == reference.partition(":")[0]
    own = OpenAICredential(base_url="http://localhost:8880/v1")
    assert tts_model("openai/kokoro:af_heart", credential=own).parameters.voice == "af_heart"
    with pytest.raises(ModelNotFoundError, match="did you mean 'tts-1'"):
        find_model("openai/tts1")
    assert tts_model("openai/tts1", credential=own).model == "tts1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8880/v1")
    assert find_model("openai/tts1").model_class is OpenAITTSModel
    with pytest.raises(ModelNotFoundError, match="there are: neural"):
        find_model("azure/en-US-AvaMultilingualNeural")


@pytest.mark.parametrize("voice", [None, "Ethan"])
def test_a_fault_at_the_name_s_end_goes_out_with_it(voice: str | None) -> None:
    """The sandbox reads it; the rules are those of the model before it."""
    reference = "dashscope/qwen3-tts-flash!cut;after=3" + (f":{voice}" if voice else "")
    found = find_model(reference)
    assert (found.model_class, found.name) == (DashScopeTTSModel, "qwen3-tts-flash!cut;after=3")
    assert found.voice == voice
    assert found.card is not None
    assert found.card.call_schema == DashScopeTTSModel.card("qwen3-tts-flash").call_schema
    tts = tts_model(reference, credential=DashScopeCredential(api_key="sk-x"))
    assert tts.model == "qwen3-tts-flash!cut;after=3"
    assert tts.parameters.voice == (voice or "Cherry")
    with pytest.raises(ParameterError, match="instructions"):
        tts_model(reference, {"instructions": "gently"}, credential=DashScopeCredential(api_key="sk-x"))
    assert DashScopeTTSModel.card("qwen3-tts-flash").name == "qwen3-tts-flash"


def test_a_fault_hides_no_misspelling() -> None:
    for reference in ("dashscope/qwen3-tts-flahs!cut", "local/espeek!cut"):
        with pytest.raises(ModelNotFoundError, match="did you mean"):
            find_model(reference)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("espeak-ng", "write provider/model"),
        ("/x", "write provider/model"),
        ("local/", "write provider/model"),
        ("local//x", "write provider/model"),
        ("local/a//b", "write provider/model"),
        ("local/x/", "write provider/model"),
        ("local/:x", "write provider/model"),
        (5, "write provider/model"),
        ("dashscop/qwen3-tts-flash", "did you mean 'dashscope'"),
        ("nowhere/x", "there are: azure, dashscope, gemini, livekit, local, openai"),
        ("dashscope/qwen3-tts-flahs", "did you mean 'qwen3-tts-flash'"),
        ("dashscope/zzz", "there are: "),
    ],
)
def test_a_reference_that_means_nothing_lists_what_there_is(reference: Any, said: str) -> None:
    with pytest.raises(ModelNotFoundError, match=said):
        find_model(reference)
    with pytest.raises(ModelNotFoundError, match=said):
        tts_model(reference)


def test_the_longest_known_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dashscope" / "tts"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("name: m\nlabel: M\nvoices: ['7b', x]\n")
    (folder / "b.yaml").write_text("name: 'm:7b'\nlabel: M7\nvoices: [x]\n")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path))
    assert (find_model("dashscope/m:7b").name, find_model("dashscope/m:7b").voice) == ("m:7b", None)
    assert (find_model("dashscope/m:7b:x").name, find_model("dashscope/m:7b:x").voice) == ("m:7b", "x")
    assert (find_model("dashscope/m:x").name, find_model("dashscope/m:x").voice) == ("m", "x")


def test_a_name_of_two_classes_is_ambiguous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("realtime_tts", "cosyvoice"):
        folder = tmp_path / "dashscope" / module
        folder.mkdir(parents=True)
        (folder / "twin.yaml").write_text("name: twin\nlabel: Twin\nrealtime: true\nvoices: [x]\n")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="several classes: DashScopeRealtimeTTSModel, DashScopeCosyVoice"):
        find_model("dashscope/twin")


def test_the_credential_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    with pytest.raises(CredentialError, match="set DASHSCOPE_API_KEY"):
        tts_model("dashscope/qwen3-tts-flash")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-test")
    tts = tts_model("dashscope/qwen3-tts-flash:Ethan", {"language_type": "English"}, stream=False)
    assert tts._request("x", {}).parameters == {"voice": "Ethan", "language_type": "English"}
    assert not tts.streaming
    with pytest.raises(ParameterError):
        tts_model("dashscope/qwen3-tts-flash:Nobody", credential=DashScopeCredential(api_key="sk-x"))
