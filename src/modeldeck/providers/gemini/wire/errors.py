"""What Gemini's refusals mean.

Status codes from Google's API troubleshooting guide and google.rpc (2025); reasons of an early end and of a blocked
prompt from google-genai 3.4.0 (`types.FinishReason`, `types.BlockedReason`, read 2026-11-21).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from modeldeck._wire.frames import part, parts, text_of
from modeldeck._wire.service import Meaning, Service, Told
from modeldeck.errors import (
    AuthenticationError,
    ContentRefusedError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

_DELAY = re.compile(r"(\d+(?:\.\d+)?)s\Z")
_KEY_WORDS = re.compile(r"api key (not valid|not found|expired)", re.IGNORECASE)
_NO_TRANSCRIPT = "Model tried to generate text"

_KEY_REFUSED = Meaning(
    AuthenticationError, "Gemini refuses the API key", "Check api_key of the credential, or make a key in AI Studio."
)
_NO_KEY = Meaning(
    PermissionDeniedError,
    "Gemini does not open this to the key",
    "Check in AI Studio which project the key belongs to and what it is restricted to.",
)
_NOT_HERE = Meaning(
    PermissionDeniedError,
    "Gemini does not serve this account or place yet",
    "Turn on billing for the project, or see where the Gemini API is available.",
)
_NO_MODEL = Meaning(
    ModelNotFoundError, "Gemini has no such model for this key", "Check the model's name and api_version."
)
_TOO_FAST = Meaning(RateLimitError, "Too many requests to Gemini", "Wait, or ask for a higher limit.", True)
_DAY_SPENT = Meaning(
    QuotaError, "The day's quota of this project is used up", "It comes back at midnight Pacific time."
)
_WRONG = Meaning(ProviderError, "Gemini refuses the request")
_BROKEN = Meaning(ProviderError, "Gemini failed", "Try again.", True)
_NOT_READ = Meaning(
    ProviderError,
    "Gemini took the text for something to answer",
    "Give instructions that say it is to be read aloud, or take a 3.8 model: those read every text.",
)
_REFUSED = Meaning(ContentRefusedError, "Gemini's filter refuses to speak this text", "Change the text.")
_BLOCKED = Meaning(ContentRefusedError, "Gemini's filter refuses the request", "Change text or instructions.")
_EARLY = Meaning(
    ProviderError,
    "Gemini stopped before the end of the text",
    "Split the text, or set delivery to whole: streams are known to stop after a minute.",
)
_TOO_LONG = Meaning(
    ProviderError, "The speech is longer than the tokens of one answer", "Split the text, or raise max_output_tokens."
)
_QUOTED = Meaning(ProviderError, "Gemini stopped: the speech would recite a source", "Split or change the text.")
_LANGUAGE = Meaning(ProviderError, "Gemini does not speak the language of this text")
_MISMADE = Meaning(ProviderError, "Gemini made an answer that does not hold together", "Try again.", True)

_CODES = {
    "INVALID_ARGUMENT": _WRONG,
    "INVALID_ARGUMENT.API_KEY_INVALID": _KEY_REFUSED,
    "INVALID_ARGUMENT.NO_TRANSCRIPT": _NOT_READ,
    "FAILED_PRECONDITION": _NOT_HERE,
    "UNAUTHENTICATED": _KEY_REFUSED,
    "PERMISSION_DENIED": _NO_KEY,
    "NOT_FOUND": _NO_MODEL,
    "RESOURCE_EXHAUSTED": _TOO_FAST,
    "RESOURCE_EXHAUSTED.PerDay": _DAY_SPENT,
    "INTERNAL": _BROKEN,
    "UNAVAILABLE": _BROKEN,
    "DEADLINE_EXCEEDED": _BROKEN,
    "CANCELLED": _BROKEN,
    "finishReason": _EARLY,
    "finishReason.MAX_TOKENS": _TOO_LONG,
    "finishReason.RECITATION": _QUOTED,
    "finishReason.LANGUAGE": _LANGUAGE,
    "finishReason.MALFORMED_RESPONSE": _MISMADE,
    "finishReason.SAFETY": _REFUSED,
    "finishReason.BLOCKLIST": _REFUSED,
    "finishReason.PROHIBITED_CONTENT": _REFUSED,
    "finishReason.SPII": _REFUSED,
    "finishReason.ESCALATION": _REFUSED,
    "finishReason.PUP_LIMITED_DISABLED": _NO_KEY,
    "blockReason": _BLOCKED,
}
_STATUSES = {
    401: _KEY_REFUSED,
    403: _NO_KEY,
    404: _NO_MODEL,
    408: _BROKEN,
    429: _TOO_FAST,
}


def told_by(answer: Mapping[str, Any]) -> Told:
    """What `{"error": {"code", "message", "status", "details"}}` says; reasons make the status more exact."""
    error = part(answer, "error")
    message, status = text_of(error.get("message")), text_of(error.get("status"))
    details = parts(error, "details")
    if status and (reason := _reason(message or "", details)):
        status = f"{status}.{reason}"
    delays = [found for one in details if (found := _DELAY.match(str(one.get("retryDelay"))))]
    return Told(status, message, retry_after=float(delays[0][1]) if delays else None)


def _reason(message: str, details: list[dict[str, Any]]) -> str | None:
    """What tells apart the errors of one status."""
    reasons = {text_of(one.get("reason")) for one in details}
    if "API_KEY_INVALID" in reasons or _KEY_WORDS.search(message):
        return "API_KEY_INVALID"
    if any("PerDay" in str(violation.get("quotaId")) for one in details for violation in parts(one, "violations")):
        return "PerDay"
    return "NO_TRANSCRIPT" if message.startswith(_NO_TRANSCRIPT) else None


def _read(body: bytes) -> Told:
    """Of an HTTP answer: an object, or a list of one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Told()
    if isinstance(answer, list):
        answer = answer[0] if answer else None
    return told_by(cast("dict[str, Any]", answer)) if isinstance(answer, dict) else Told()


SERVICE = Service(
    provider="gemini",
    name="Gemini",
    wrong=_WRONG,
    broken=_BROKEN,
    no_path=Meaning(ProviderError, "There is no Gemini API at that URL", "Check base_url of the credential."),
    codes=_CODES,
    statuses=_STATUSES,
    read=_read,
    silent="the text may have no words, or it reads like a question: say in the instructions that it is to be read",
)
