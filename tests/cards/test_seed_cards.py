"""The starting document's TTS cards load as printed and make at least the form that they made there."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, DashScopeTTSModel, TTSModelBase, TTSModelCard
from tests.cards.helpers import House, listed, write

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
COSY = """\
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
MY_MODEL = """\
name: my-model-v1
label: My Model V1
status: active
input_types:
  - text/plain
output_types:
  - text/plain
context_size: 128000
output_size: 4096
parameter_overrides:
  max_tokens: {"maximum": 4096}
"""
ROWS: list[tuple[type[TTSModelBase[Any]], str, str, bool, list[str]]] = [
    (DashScopeTTSModel, QWEN, "Qwen3-TTS-Flash", False, ["Cherry", "Serena", "Ethan", "Chelsie"]),
    (DashScopeCosyVoiceRealtimeTTSModel, COSY, "CosyVoice-v3-Plus", True, ["longanyang", "longxiaochun", "longshuo"]),
]


@pytest.mark.parametrize(("model", "text", "label", "realtime", "voices"), ROWS)
def test_the_printed_cards_load(
    model: type[TTSModelBase[Any]], text: str, label: str, realtime: bool, voices: list[str], house: House
) -> None:
    write(house.root / "custom" / "one.yaml", text)
    (one,), said = listed(model, house.root / "custom")
    assert not said
    assert (one.label, one.realtime, one.status) == (label, realtime, "active")
    assert (one.input_types, one.output_types) == (["text/plain"], ["audio/wav"])
    assert one.parameters_overrides == {}
    voice = one.parameter_schema["properties"]["voice"]
    assert (voice["enum"], voice["default"]) == (voices, voices[0])
    assert model.Parameters.model_fields.keys() == one.parameter_schema["properties"].keys()
    alone = TTSModelCard.from_yaml(str(house.root / "custom" / "one.yaml"), model.Parameters)
    assert alone.parameter_schema == one.parameter_schema


def test_the_printed_chat_card_is_refused_by_name_not_in_silence(house: House) -> None:
    """It has no `type`; in a folder of speech it says what a speech card cannot."""
    write(house.root / "custom" / "one.yaml", MY_MODEL)
    cards, said = listed(DashScopeTTSModel, house.root / "custom")
    assert not cards
    assert any("unknown key 'context_size'" in line for line in said)
