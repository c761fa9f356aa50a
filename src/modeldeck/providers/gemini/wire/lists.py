"""What a key of the Gemini API opens: `models.list`, and the voices of its project.

`GET /v1beta/models` and, of the Voices API, `GET /v1beta/voices`; by pages (google-genai 3.4.0, read 2026-11-30).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, cast
from urllib.parse import quote

from modeldeck._wire.frames import text_of
from modeldeck._wire.lists import (
    UNREADABLE,
    LiveModel,
    LiveVoice,
    Page,
    PageRequest,
    Source,
    entries,
    gender,
    name_of,
    sorted_out,
    tags,
    text,
    texts,
)

VERIFIED_LIVE: str | None = None
MODELS, VOICES = "/models", "/voices"
_SIZES = {MODELS: "pageSize=1000", VOICES: "page_size=1000"}
_TOKENS = {MODELS: "pageToken", VOICES: "page_token"}
_SPEAKING = re.compile(r"-tts(-|$)")
_METHOD = "generateContent"
_SOURCES: dict[str, Source] = {"prebuilt": "live", "prompted": "account", "replicated": "cloned"}


def ask(host: str, path: str, more: Any = None) -> PageRequest:
    """Each of the two spells its parameters in its own way."""
    after = f"&{_TOKENS[path]}={quote(more, safe='')}" if isinstance(more, str) else ""
    return PageRequest(f"{host}{path}?{_SIZES[path]}{after}")


def models(known: Collection[str], value: Any, _: Any = None) -> Page:
    """Those that speak: `known` by name, and others that are called so."""
    good, bad = sorted_out(entries(value, "models", absent=True), partial(_model, known))
    token = cast("Mapping[str, Any]", value).get("nextPageToken")
    return Page(models=tuple(good), left_out=tuple(bad), more=text_of(token))


def _model(known: Collection[str], one: Mapping[str, Any]) -> LiveModel | str:
    name = name_of(one.get("name"))
    if name is None:
        return UNREADABLE
    name, methods = name.removeprefix("models/"), one.get("supportedGenerationMethods")
    does = not isinstance(methods, list) or _METHOD in methods
    return LiveModel(name, does and (name in known or bool(_SPEAKING.search(name))), model_type="gemini_tts")


def voices(value: Any, _: Any = None) -> Page:
    """Prebuilt ones, the Extended Voice Library among them, then designed and replicated ones."""
    good, bad = sorted_out(entries(value, "voices", absent=True), _voice)
    token = cast("Mapping[str, Any]", value).get("next_page_token")
    return Page(voices=tuple(good), left_out=tuple(bad), more=text_of(token))


def _voice(one: Mapping[str, Any]) -> LiveVoice | str:
    name = name_of(one.get("id"))
    if name is None:
        return UNREADABLE
    persona = [word.strip() for word in text(one.get("persona")).split(",")]
    return LiveVoice(
        name,
        label=text(one.get("display_name")),
        languages=tags(one.get("language_code")),
        gender=gender(one.get("gender")),
        styles=texts([word.lower() for word in persona if word]),
        source=_SOURCES.get(str(one.get("type")).lower(), "account"),
    )
