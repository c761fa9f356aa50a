"""Speech over HTTP: SSML in, a stream of audio out. Documents of 2024-09-23."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modeldeck.providers.azure.wire.formats import FORMATS
from modeldeck.providers.azure.wire.ssml import Spoken, read

VERIFIED_LIVE: str | None = None
PATH = "/cognitiveservices/v1"
VOICES = "/cognitiveservices/voices/list"
ISSUE = "/sts/v1.0/issueToken"
_SSML = "application/ssml+xml"
_LONGEST = 254  # characters of User-Agent


def headers(format_name: str) -> dict[str, str]:
    """Those of a request, besides who asks."""
    return {"Content-Type": _SSML, "X-Microsoft-OutputFormat": format_name}


def not_audio(headers: Mapping[str, str]) -> str | None:
    """What an answer of status 200 is instead of audio; `headers` have lower-case names."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return None if not kind or kind.startswith("audio/") or kind.endswith("octet-stream") else kind


@dataclass(frozen=True, slots=True)
class Asked:
    """The server's side: a request. `format`: the service's name."""

    format: str
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class Rejection:
    """The server's side: a status and what its body says."""

    status: int
    reason: str


def parse_request(body: bytes, sent: Mapping[str, str], known: Callable[[str], bool]) -> Asked | Rejection:
    """The server's side; `sent`: the headers, by names in lower case."""
    if sent.get("content-type", "").partition(";")[0].strip().lower() != _SSML:
        return Rejection(415, f"Content-Type must be {_SSML}.")
    agent = sent.get("user-agent", "")
    if not 0 < len(agent) <= _LONGEST:
        return Rejection(400, "User-Agent must have fewer than 255 characters, and at least one.")
    name = sent.get("x-microsoft-outputformat", "")
    if name not in FORMATS:
        return Rejection(400, f"X-Microsoft-OutputFormat {name!r} is not supported.")
    try:
        return Asked(name, read(body.decode(), known))
    except ValueError as error:
        return Rejection(400, str(error))
