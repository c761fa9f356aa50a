"""The text of a card's YAML file: its one form, and what a new one begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from modeldeck._cards.enforce import base_schema
from modeldeck._cards.format import formatted

SCHEMA_LINE = "# yaml-language-server: $schema="
# The facts first, what they do to the parameters, and last the voices, which are many.
ORDER = (
    *("extends", "type", "name", "label", "status", "deprecated_at", "sunset_at", "replacement"),
    *("realtime", "interruption", "input_types", "output_types", "languages", "audio", "limits", "pricing"),
    *("source", "verified", "parameter_overrides", "custom_voices", "default_voice", "voices"),
)


def format_card(text: str, schema: str | None = None) -> str:
    """The card's text in its one form; with `schema`, its first line names that file for editors.

    Raises FormatError.
    """
    if schema is not None:
        lines = text.splitlines(keepends=True)
        own = next((index for index, line in enumerate(lines) if line.startswith(SCHEMA_LINE)), None)
        if own is not None:
            del lines[own]
        text = "".join([f"{SCHEMA_LINE}{schema}\n", *lines])
    return formatted(text, ORDER, lists=("voices",), maps=("parameter_overrides",))


def new_card(
    name: str,
    parameters: type[BaseModel],
    *,
    label: str | None = None,
    extends: str | None = None,
    realtime: bool | None = None,
    voices: Sequence[str] = (),
    schema: str,
    reference: str,
) -> str:
    """A card to go on with: what is known, and beside it, as comments, what may be said.

    `reference`: provider/module, for the first comment. `realtime`: where the class does not say it alone.
    """
    known: dict[str, Any] = {"extends": extends, "name": name, "label": label or name, "realtime": realtime}
    written = "".join(f"{key}: {_scalar(value)}\n" for key, value in known.items() if value is not None)
    said = f"voices:\n{''.join(f'  - {{id: {_scalar(one)}}}{chr(10)}' for one in voices)}" if voices else ""
    head = [
        f"{SCHEMA_LINE}{schema}",
        f"# A card of {reference}. What follows as a comment is not known yet: write it down when you have read it,",
        "# say where in source and when in verified, and leave out the rest. Then: modeldeck cards check",
    ]
    base = base_schema(parameters)
    hints = [] if extends else [*_FACTS, f"verified: {date.today()}  # when"]
    if not voices and "voice" in base["properties"] and not extends:
        hints += _VOICES
    hints += _overrides(base)
    comments = "".join(f"# {line}\n" for line in hints)
    return format_card("\n".join(head) + "\n" + written + said + comments)


_FACTS = (
    "status: active  # deprecated, sunset: with deprecated_at, sunset_at, replacement",
    "languages: [en-GB, zh]  # BCP 47",
    "audio: {sample_rate: 24000, formats: [pcm, wav], channels: 1}  # Hz; its default format first",
    "limits: {max_characters: 2000, counting: code_points}  # or bytes, cjk_double",
    "pricing: {unit: 1m_characters, currency: USD, input: 15.0}  # or 1k_, 10k_characters, 1m_tokens, minute",
    "source: https://…  # where these facts were read",
)
_VOICES = (
    "custom_voices: true  # ids that are not listed are valid too",
    "default_voice: anna  # else the first",
    "voices:",
    "  - {id: anna, label: Anna, languages: [en-GB], gender: female, styles: [warm]}",
)


def _overrides(base: Mapping[str, Any]) -> list[str]:
    """Examples that this class takes, and the names of its parameters."""
    properties: Mapping[str, Mapping[str, Any]] = base["properties"]
    names = [name for name in properties if name != "voice"]
    if not names:
        return []
    lines = ["parameter_overrides:  # the model's own ranges and defaults; null: it has no such parameter"]
    for name in names:
        prop = properties[name]
        if "enum" in prop:
            lines.append(f"  {name}: {{enum: [{', '.join(map(_scalar, prop['enum']))}]}}")
        elif "maximum" in prop and "minimum" in prop:
            lines.append(f"  {name}: {{minimum: {prop['minimum']}, maximum: {prop['maximum']}}}")
        else:
            lines.append(f"  {name}: null")
    return lines


def _scalar(value: object) -> str:
    """A value as YAML reads it back."""
    import yaml

    text = str(yaml.safe_dump(value, width=10_000, allow_unicode=True, default_flow_style=True))
    return text.removesuffix("\n").removesuffix("\n...").strip()
