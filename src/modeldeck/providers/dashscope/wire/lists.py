"""Voices that an account has cloned or designed: `POST /api/v1/services/audio/tts/customization`.

Documents of voice cloning (2026-07-15) and voice design (2026-05-12), and the SDK's VoiceEnrollmentService (2.0.2),
read 2026-11-30. Three services behind one path, told apart by `model`; the pages of each begin with 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from modeldeck._wire.frames import count_of, part, text_of
from modeldeck._wire.lists import (
    UNREADABLE,
    LiveVoice,
    Page,
    PageRequest,
    Source,
    entries,
    name_of,
    sorted_out,
    tags,
    text,
)
from modeldeck._wire.service import object_of
from modeldeck.providers.dashscope.wire.speech import Rejection

VERIFIED_LIVE: str | None = None
PATH = "/api/v1/services/audio/tts/customization"
PAGE_SIZE = 100
_USABLE = "OK"  # CosyVoice's states: DEPLOYING, OK, UNDEPLOYED
_DESIGNED = "-vd-"  # in the ids of CosyVoice voices that were designed


@dataclass(frozen=True, slots=True)
class Service:
    """One of the three. `id`: what it calls the voice's name; `source` of its voices."""

    model: str
    action: str
    id: str
    source: Source


COSYVOICE = Service("voice-enrollment", "list_voice", "voice_id", "cloned")
CLONED = Service("qwen-voice-enrollment", "list", "voice", "cloned")
DESIGNED = Service("qwen-voice-design", "list", "voice", "account")
SERVICES: dict[str, Service] = {one.model: one for one in (COSYVOICE, CLONED, DESIGNED)}


def ask(service: Service, url: str, page: Any = None) -> PageRequest:
    index = page if isinstance(page, int) else 0
    paging = {"action": service.action, "page_size": PAGE_SIZE, "page_index": index}
    return PageRequest(url, {"model": service.model, "input": paging})


def voices(service: Service, known: Collection[str], value: Any, page: Any = None) -> Page:
    """One page. `known`: names of models: CosyVoice's ids begin with one, which its list does not say otherwise."""
    found = entries(value, "output", "voice_list", absent=True)
    good, bad = sorted_out(found, partial(_voice, service, sorted(known, key=len, reverse=True)))
    output, index = part(cast("Mapping[str, Any]", value), "output"), page if isinstance(page, int) else 0
    size, total = count_of(output.get("page_size")) or PAGE_SIZE, output.get("total_count")
    rest = (index + 1) * size < total if isinstance(total, int) else len(found) >= PAGE_SIZE  # only Qwen's says
    return Page(voices=tuple(good), left_out=tuple(bad), more=index + 1 if found and rest else None)


def _voice(service: Service, known: list[str], one: Mapping[str, Any]) -> LiveVoice | str:
    name = name_of(one.get(service.id))
    if name is None:
        return UNREADABLE
    status = text_of(one.get("status"))
    if status not in (None, _USABLE):
        return f"its status is {text(status) or 'unknown'}"
    model = name_of(one.get("target_model")) or next((one for one in known if name.startswith(f"{one}-")), None)
    if model is None:
        return "of no model that is known"
    source: Source = "account" if service is COSYVOICE and _DESIGNED in name[len(model) :] else service.source
    languages = tags(one.get("language"))
    return LiveVoice(name, label=_label(name, model), languages=languages, models=(model,), source=source)


def _label(name: str, model: str) -> str:
    """What its maker called it: ids are `{model}-[vd-]{name}-{uid}`; Qwen's `qwen-tts-vc-{name}-voice-{time}-{uid}`."""
    parts = name.removeprefix(f"{model}-").removeprefix("vd-").split("-")
    if name.startswith("qwen-tts-v") and len(parts) > 3 and "voice" in parts[3:]:
        return "-".join(parts[3 : parts.index("voice", 3)])
    return "-".join(parts[:-1]) if len(parts) > 1 and not name.startswith("qwen-tts-v") else name


@dataclass(frozen=True, slots=True)
class Asked:
    """The server's side: a page that is asked for."""

    service: Service
    page_index: int
    page_size: int
    prefix: str


def parse_request(data: bytes) -> Asked | Rejection:
    """The server's side: which list and page, or what is wrong with the request."""
    request = object_of(data)
    service = SERVICES.get(text_of(request.get("model")) or "")
    if service is None:
        return Rejection(404, "ModelNotFound", "Model not exist.")
    given = part(request, "input")
    if given.get("action") != service.action:
        return Rejection(400, "InvalidParameter", f"input.action: the sandbox knows {service.action} alone")
    index, size, prefix = given.get("page_index", 0), given.get("page_size", 10), given.get("prefix", "")
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (index, size))
    if not whole or index < 0 or not 0 < size <= 1000:
        return Rejection(400, "InvalidParameter", "page_index is an integer from 0 on, page_size one from 1 to 1000")
    if not isinstance(prefix, str) or (prefix and service is not COSYVOICE):
        return Rejection(400, "InvalidParameter", "input.prefix is a text, and CosyVoice's alone")
    return Asked(service, index, size, prefix)


def answer(asked: Asked, found: Sequence[Mapping[str, Any]], size: int, total: int, request_id: str) -> dict[str, Any]:
    """The server's side: a page of `size` at most, of `total` voices; only Qwen's lists tell of the others."""
    if asked.service is COSYVOICE:
        return {"output": {"voice_list": found}, "usage": {"count": 1}, "request_id": request_id}
    paging = {"page_index": asked.page_index, "page_size": size, "total_count": total}
    return {"output": {**paging, "voice_list": found}, "usage": {"count": 0}, "request_id": request_id}
