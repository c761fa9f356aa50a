"""TTS cards written for AgentScope 2.0 load unchanged and say at least what AgentScope makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, Field

from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    TTSModelBase,
    TTSModelCard,
)
from tests.cards.helpers import card, listed, write

# The two TTS cards of the AgentScope 2.0.3 documentation (building blocks, model, "TTS Model Card").
QWEN = """\
name: qwen3-tts-flash
label: Qwen3-TTS-Flash
status: active
input_types:
  - text/plain
output_types:
  - audio/wav
voices:
  - Cherry
  - Serena
  - Ethan
  - Chelsie
parameter_overrides: {}
"""
COSYVOICE = """\
name: cosyvoice-v3-plus
label: CosyVoice-v3-Plus
status: active
realtime: true
input_types:
  - text/plain
output_types:
  - audio/wav
voices:
  - longanyang
  - longxiaochun
  - longshuo
parameter_overrides: {}
"""
Model = type[TTSModelBase[Any]]


class VoiceAlone(BaseModel):
    """`Parameters` of AgentScope's Qwen, Qwen realtime and (2.0.3) CosyVoice realtime classes, but for the default."""

    voice: str = Field(default="Cherry", title="Voice", description="The voice to use for synthesis.")


class WithSwitch(VoiceAlone):
    """`Parameters` of AgentScope's CosyVoice class from 2.0.4 on."""

    realtime: bool = Field(default=False, title="Realtime", description="Whether to enable streaming input mode.")


class Speaking(TTSModelBase):
    """A class like AgentScope's for OpenAI, with a number besides."""

    type: Literal["speaking_tts"] = "speaking_tts"

    class Parameters(BaseModel):
        voice: str = Field(default="alloy", title="Voice", description="The voice to use for synthesis.")
        response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = Field(
            default="pcm", title="Response Format"
        )
        instructions: str | None = Field(default=None, title="Instructions")
        speed: float = Field(default=1.0, ge=0.25, le=4.0, title="Speed")


class Billed(TTSModelBase):
    """A third party's class with a required parameter."""

    type: Literal["billed_tts"] = "billed_tts"

    class Parameters(BaseModel):
        voice: str = Field(default="alloy", title="Voice")
        speed: float = Field(default=1.0, ge=0.25, le=4.0, title="Speed")
        project: str = Field(title="Project")


def theirs(text: str, parameters: type[BaseModel]) -> dict[str, Any]:
    """What `TTSModelCard.from_yaml` of AgentScope 2.0.10 does, facts and merge."""
    config = yaml.safe_load(text)
    base = parameters.model_json_schema()
    properties = dict(base["properties"])
    voices = config.get("voices", [])
    if voices and "voice" in properties:
        properties["voice"] = {**properties["voice"], "default": voices[0], "enum": voices}
    for name, override in config.get("parameter_overrides", {}).items():
        if override is None or override.get("hidden"):
            properties.pop(name, None)
        elif name in properties:
            properties[name] = {**properties[name], **override}
    return {
        "name": config["name"],
        "label": config["label"],
        "status": config.get("status", "active"),
        "input_types": config.get("input_types", ["text/plain"]),
        "output_types": config.get("output_types", ["audio/wav"]),
        "parameters_overrides": config.get("parameter_overrides", {}),
        "properties": properties,
        "required": [name for name in base.get("required", []) if name in properties],
    }


def only(model: Model, folder: Path, text: str) -> TTSModelCard:
    """The one card of a folder that holds one file, loaded without a word."""
    write(folder / "card.yaml", text)
    cards, warned = listed(model, folder)
    assert warned == []
    assert len(cards) == 1
    return cards[0]


def assert_at_least(ours: TTSModelCard, text: str, parameters: type[BaseModel]) -> None:
    expected = theirs(text, parameters)
    for fact in ("name", "label", "status", "input_types", "output_types", "parameters_overrides"):
        assert getattr(ours, fact) == expected[fact]
    schema = ours.parameter_schema
    assert schema["type"] == "object"
    assert set(schema.get("required", ())) == set(expected["required"])
    for name, prop in expected["properties"].items():
        mine = schema["properties"][name]
        for keyword, value in prop.items():
            if keyword == "anyOf":  # form shape: null goes, the one branch left moves up
                (branch,) = (one for one in value if one != {"type": "null"})
                assert branch.items() <= mine.items()
            elif keyword != "description" and value is not None:
                assert mine[keyword] == value, (name, keyword)


@pytest.mark.parametrize(
    ("model", "text"),
    [(DashScopeTTSModel, QWEN), (DashScopeCosyVoiceRealtimeTTSModel, COSYVOICE)],
    ids=["qwen", "cosyvoice"],
)
def test_a_card_of_the_documentation(tmp_path: Path, model: Model, text: str) -> None:
    ours = only(model, tmp_path, text)
    assert_at_least(ours, text, VoiceAlone)
    voices = yaml.safe_load(text)["voices"]
    assert ours.parameter_schema["properties"]["voice"]["enum"] == voices
    assert [voice.id for voice in ours.voices] == voices
    assert ours.realtime is model.realtime


def test_a_realtime_card_belongs_to_the_realtime_class(tmp_path: Path) -> None:
    text = card("qwen3-tts-flash-realtime", "realtime: true", "voices: [Serena, Cherry]")
    assert_at_least(only(DashScopeRealtimeTTSModel, tmp_path, text), text, VoiceAlone)
    cards, warned = listed(DashScopeTTSModel, tmp_path)
    assert cards == []
    assert "DashScopeRealtimeTTSModel" in warned[0]


def test_a_cosyvoice_card_without_a_word_about_realtime_keeps_the_switch(tmp_path: Path) -> None:
    text = card("cosyvoice-v3-flash", "status: active", "voices: [longanyang, longanhuan]", "parameter_overrides: {}")
    ours = only(DashScopeCosyVoiceTTSModel, tmp_path, text)
    assert_at_least(ours, text, WithSwitch)
    assert ours.realtime is False


@pytest.mark.parametrize(
    "lines",
    [
        ["parameter_overrides: {}"],
        ["output_types: [audio/mpeg, audio/opus, audio/aac, audio/flac, audio/wav, audio/pcm]"],
        ["status: deprecated", "deprecated_at: 2026-01-31T00:00:00"],
        ["status: sunset", "realtime: false", "type: tts_model"],
        ["voices: [alloy, ash, verse]  # Source: the provider's guide"],
        ["voices: [alloy, ash]", "parameter_overrides: {instructions: {hidden: true}}"],
        ["parameter_overrides: {speed: {minimum: 0.5, maximum: 2.0, default: 1.25, title: Tempo}}"],
        ["parameter_overrides: {response_format: {enum: [mp3, wav], default: mp3}}"],
        ["voices: [alloy, ash, verse]", "parameter_overrides: {voice: {enum: [ash, verse], default: ash}}"],
        ["voices: [alloy, ash]", "parameter_overrides: {voice: {default: ash, description: Who speaks.}}"],
        ["parameter_overrides: {instructions: {maxLength: 80, default: Calmly.}}"],
    ],
)
def test_what_a_card_of_agentscope_may_say(tmp_path: Path, lines: list[str]) -> None:
    text = card("m", *lines)
    ours = only(Speaking, tmp_path, text)
    assert_at_least(ours, text, Speaking.Parameters)
    assert ours.parameter_schema["properties"].keys() == theirs(text, Speaking.Parameters)["properties"].keys()


@pytest.mark.parametrize(
    "overrides",
    ["{}", "{speed: {default: 1.25}}", "{voice: {title: Speaker}}", "{voice: {default: ash}, speed: {maximum: 2}}"],
)
def test_a_class_may_require_a_parameter_that_the_card_does_not_name(tmp_path: Path, overrides: str) -> None:
    text = card("m", f"parameter_overrides: {overrides}")
    ours = only(Billed, tmp_path, text)
    assert_at_least(ours, text, Billed.Parameters)
    assert ours.parameter_schema["required"] == ["project"]


def test_a_default_ends_the_requirement_that_agentscope_keeps(tmp_path: Path) -> None:
    text = card("m", "parameter_overrides: {project: {default: main}}")
    ours = only(Billed, tmp_path, text)
    assert ours.parameter_schema["properties"]["project"]["default"] == "main"
    assert "required" not in ours.parameter_schema


def test_null_removes_a_parameter_where_agentscope_loses_the_card(tmp_path: Path) -> None:
    text = card("m", "parameter_overrides: {speed: null, project: null}")
    assert_at_least(only(Billed, tmp_path, text), text, Billed.Parameters)


def test_the_hidden_parameter_is_off_the_form_and_may_still_be_set(tmp_path: Path) -> None:
    text = card("m", "voices: [alloy]", "parameter_overrides: {instructions: {hidden: true}}")
    ours = only(Speaking, tmp_path, text)
    assert "instructions" not in ours.parameter_schema["properties"]
    assert "instructions" in ours.call_schema["properties"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("parameter_overrides: {instuctions: {hidden: true}}", "did you mean 'instructions'"),
        ("parameter_overrides: {speed: {maximum: 10}}", "wider than the class allows"),
        ("parameter_overrides: {speed: {type: banana}}", "no JSON type: 'banana'"),
        ("parameter_overrides: {speed: {default: 9, maximum: 2}}", "default"),
        ("staus: deprecated", "did you mean 'status'"),
    ],
)
def test_what_agentscope_lets_pass_is_said(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path / "card.yaml", card("m", line))
    cards, warned = listed(Speaking, tmp_path)
    assert cards == []
    assert said in warned[0]
