"""What an account of OpenAI, or a compatible server, has: models, and voices where the server lists them.

OpenAI: `GET /v1/models` (SDK 3.52.0: id, created, object, owned_by), no list of voices. Of compatible servers, as their
sources have it, read 2026-11-30:

* Kokoro-FastAPI 26eec06: `/v1/models`; `/v1/audio/voices` {voices: [{id, name}]}, before 0.3 [id].
* Speaches 870e1e1: `/v1/models`, each with a `task`, those that speak with `voices` [{name, language, gender, id}],
  `sample_rate` and `language`; `/v1/audio/voices` has the same voices again, without their models.
* vLLM-Omni 078de2d: `/v1/audio/voices` {voices: [id], uploaded_voices: [{name, …}]}.
* LocalAI 82c191a: `/v1/models/capabilities`, like `/v1/models` with `capabilities` (tts and others); no list of voices.
* Chatterbox TTS API a5f4661: `/v1/voices` {voices: [{name, language, …}]}.
* Orpheus-FastAPI 7bd4cfc: `/v1/audio/voices` {voices: [id]}, no list of models; it speaks whatever the model's name.
* openedai-speech 31f0335: `/v1/models` with OpenAI's names; no list of voices.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from modeldeck._wire.frames import text_of
from modeldeck._wire.lists import (
    UNREADABLE,
    LiveModel,
    LiveVoice,
    Page,
    PageRequest,
    entries,
    gender,
    name_of,
    sorted_out,
    tags,
    text,
)

VERIFIED_LIVE: str | None = None
MODELS, CAPABILITIES = "/models", "/models/capabilities"
VOICES, LIBRARY = "/audio/voices", "/voices"
ANY_MODEL = "tts-1"  # what a server is asked for that lists no models: OpenAI's own clients say it
_SPEECH = "text-to-speech"  # Speaches' name of the task, which is Hugging Face's
_OWNERS = frozenset({"openai", "openai-internal", "system"})
_SPEAKING = re.compile(r"(?:^|[^a-z])tts(?:[^a-z]|$)|text-to-speech", re.IGNORECASE)
_REALTIME = re.compile(r"gpt-realtime(?:-\d+(?:\.\d+)?)?(?:-mini)?(?:-\d{4}-\d{2}-\d{2})?")
_REALTIME_TYPE = "openai_realtime_tts"


def ask(url: str, _: Any = None) -> PageRequest:
    """The one page that there is."""
    return PageRequest(url)


def models(value: Any, _: Any = None, *, known: Collection[str], described: Collection[str], elsewhere: bool) -> Page:
    """Those that speak, or may.

    `known`: names that cards have; `described`: those of cards that are not OpenAI's own. `elsewhere`: it is another
    server than OpenAI's.
    """
    read = partial(_model, known=known, described=described, elsewhere=elsewhere)
    good, bad = sorted_out(entries(value, "data"), read)
    return Page(models=tuple(good), left_out=tuple(bad))


def _model(
    one: Mapping[str, Any], *, known: Collection[str], described: Collection[str], elsewhere: bool
) -> LiveModel | str | None:
    name = name_of(one.get("id"))
    if name is None:
        return UNREADABLE
    theirs = not elsewhere or one.get("owned_by") in _OWNERS
    kind = _REALTIME_TYPE if theirs and _REALTIME.fullmatch(name) else ""
    speaks: bool | None = name in known or bool(kind) or bool(_SPEAKING.search(name))
    capabilities: Any = one.get("capabilities")
    task = text_of(one.get("task"))
    if isinstance(capabilities, list):
        speaks = "tts" in capabilities
    elif task is not None:
        speaks = task == _SPEECH
    elif not speaks:
        speaks = False if theirs else None
    rate, spoken = one.get("sample_rate"), one.get("language")
    return LiveModel(
        name,
        speaks,
        another=not theirs and name not in described,
        model_type=kind,
        voices=_own_voices(one),
        languages=tags(*spoken) if isinstance(spoken, list) else (),
        sample_rate=rate if isinstance(rate, int) and not isinstance(rate, bool) and rate > 0 else None,
    )


def _own_voices(model: Mapping[str, Any]) -> tuple[LiveVoice, ...] | None:
    found: Any = model.get("voices")
    if not isinstance(found, list):
        return None
    good, _ = sorted_out(map(_entry, found), _voice)
    return tuple(good) or None


def voices(value: Any, _: Any = None) -> Page:
    """Of the whole server; uploaded ones are cloned."""
    found = entries(value, "voices")
    good, bad = sorted_out(map(_entry, found), _voice)
    uploaded, worse = sorted_out(entries(value, "uploaded_voices", absent=True), partial(_voice, cloned=True))
    cloned = {voice.id for voice in uploaded}
    kept = [voice for voice in good if voice.id not in cloned]
    return Page(voices=(*kept, *uploaded), left_out=(*bad, *worse))


def _entry(one: Any) -> Any:
    return {"id": one} if isinstance(one, str) else one


def _voice(one: Mapping[str, Any], *, cloned: bool = False) -> LiveVoice | str:
    name = name_of(one.get("id")) or name_of(one.get("name"))
    if name is None:
        return UNREADABLE
    return LiveVoice(
        name,
        label=text(one.get("name")),
        languages=tags(one.get("language")),
        gender=gender(one.get("gender")),
        source="cloned" if cloned else "live",
    )
