from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from modeldeck.errors import ModelNotFoundError
from modeldeck.providers import local
from modeldeck.providers.local.engine import Engine
from modeldeck.providers.local.voices import tag
from modeldeck.tts import LocalTTSModel, tts_model

CARD = Path(local.__file__).parent / "_models/tts/espeak-ng.yaml"
WELL_FORMED = re.compile(  # RFC 5646 section 2.1, without extensions and grandfathered tags
    r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-x(-[a-z0-9]{1,8})+)?"
)


def card() -> dict[str, Any]:
    return yaml.safe_load(CARD.read_text(encoding="utf-8"))


async def test_the_card_has_the_engines_languages_and_only_voices_it_has() -> None:
    known = await (await Engine.running()).voices()
    languages = {voice.id: voice for voice in known if not voice.variant}
    variants = {voice.id: voice for voice in known if voice.variant}
    listed = card()["voices"]
    assert [voice["id"] for voice in listed if "+" not in voice["id"]] == list(languages)
    for voice in listed:
        language, _, variant = voice["id"].partition("+")
        assert tuple(voice["languages"]) == languages[language].languages
        assert voice["gender"] == (variants[variant] if variant else languages[language]).gender
    pairs = [voice["id"] for voice in listed if "+" in voice["id"]]
    assert len(pairs) == len(set(pairs)) == 130


async def test_the_pattern_admits_what_the_engine_has_and_nothing_else() -> None:
    known = await (await Engine.running()).voices()
    pattern = re.compile(card()["parameter_overrides"]["voice"]["pattern"])
    names = [name for voice in known if not voice.variant for name in (voice.id, *voice.aliases)]
    variants = [voice.id for voice in known if voice.variant]
    assert len(names) == len(set(names))
    for name in names:
        assert pattern.search(name), name
    for variant in variants:
        assert pattern.search(f"en-us+{variant}"), variant
    for wrong in (
        "",
        "xx",
        "fo",
        "en-us+",
        "en-us+nosuch",
        "+f3",
        "EN-US",
        "en-us+f3+f3",
        "x en-us",
        "en-us x",
    ):
        assert not pattern.search(wrong), wrong


def test_languages_are_bcp_47() -> None:
    for voice in card()["voices"]:
        for language in voice["languages"]:
            assert WELL_FORMED.fullmatch(language) or language.startswith("art-x-"), voice


def test_codes_that_mean_another_place_are_mended() -> None:
    assert tag("ca-va") == "ca-valencia"
    assert tag("en-us-nyc") == "en-US-x-nyc"
    assert tag("piqd") == "tlh-Piqd"
    assert tag("chr-US-Qaaa-x-west") == "chr-Qaaa-US-x-west"
    assert tag("fa-latn") == "fa-Latn"


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelNotFoundError, match="espeak-ng"):
        LocalTTSModel(model="espeak")
    with pytest.raises(ModelNotFoundError):
        tts_model("local/nope")
