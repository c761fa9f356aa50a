"""Write the card of the local voice from the engine's own lists.

Usage: python tools/local_card.py [--check]
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

from generated import ROOT, settle
from modeldeck.providers.local.engine import Engine, EngineVoice
from modeldeck.tts.card_text import format_card

CARD = ROOT / "src/modeldeck/providers/local/_models/tts/espeak-ng.yaml"
MOST_USED = ("en-us", "en-gb", "cmn", "es", "fr-fr", "de", "it", "pt-br", "ru", "ja")
VARIANTS = tuple([f"m{n}" for n in range(1, 9)] + [f"f{n}" for n in range(1, 6)])
SCHEMA = "../../../../../../schemas/card/local/tts.json"
HEAD = """\
# Written by tools/local_card.py from the engine's own lists; `make fix` writes it anew.
type: tts_model
name: espeak-ng
label: eSpeak NG
status: active
realtime: false
input_types: [text/plain]
output_types: [audio/wav]
custom_voices: true  # any variant goes with any language: the pattern below says which
default_voice: en-us
audio: {sample_rate: 22050, formats: [pcm, wav], channels: 1}
limits: {max_characters: 200000, counting: code_points}
source: https://github.com/espeak-ng/espeak-ng/blob/1.52.0/docs/languages.md
verified: 2026-11-21
"""


async def card() -> str:
    engine = await Engine.running()
    voices = await engine.voices()
    languages = [voice for voice in voices if not voice.variant]
    variants = [voice for voice in voices if voice.variant]
    by_id = {voice.id: voice for voice in voices}
    lines = [_line(voice.id, voice.label, voice.languages, voice.gender) for voice in languages]
    for code in MOST_USED:
        for name in VARIANTS:
            language, variant = by_id[code], by_id[name]
            label = f"{language.label}, {re.sub(r'(?<=[a-z])(?=[0-9])', ' ', variant.label)}"
            lines.append(_line(f"{code}+{name}", label, language.languages, variant.gender))
    override = f"parameter_overrides:\n  voice:\n    pattern: {_pattern(languages, variants)}\n"
    return format_card("".join([HEAD, "voices:\n", *lines, override]), SCHEMA)


def _line(name: str, label: str, languages: tuple[str, ...], gender: str) -> str:
    tags = ", ".join(_plain(tag) for tag in languages)
    return f"  - {{id: {_plain(name)}, label: {_quoted(label)}, languages: [{tags}], gender: {gender}}}\n"


def _plain(text: str) -> str:
    """Unquoted where YAML 1.1 reads a string: it takes "no" for false."""
    reserved = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    return text if re.fullmatch(r"[a-z][\w+-]*", text) and text.lower() not in reserved else _quoted(text)


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Z][\w ()'-]*[\w)]", text) else json.dumps(text, ensure_ascii=False)


def _pattern(languages: list[EngineVoice], variants: list[EngineVoice]) -> str:
    """What the engine accepts, aliases too, for a YAML string in single quotes."""
    codes = sorted(name for voice in languages for name in (voice.id, *voice.aliases))
    names = sorted(re.escape(voice.id).replace("\\ ", " ") for voice in variants)
    pattern = rf"^(?:{'|'.join(codes)})(?:\+(?:{'|'.join(names)}))?$"
    return "'" + pattern.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(settle({CARD: asyncio.run(card())}, check="--check" in sys.argv[1:]))
