"""The gateway's access token: a JWT (RFC 7519) signed with HS256.

Claims as livekit-agents 1.8.9 with livekit-api 1.2.2 makes them, captured 2026-11-21.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, cast

LASTS = 600  # seconds
LEEWAY = 60  # seconds that livekit-api's verifier lets clocks differ
_IDENTITY = "agent"


def access_token(key: str, secret: str, now: float) -> str:
    """`now`: seconds since 1970."""
    issued = int(now)
    claims = {"inference": {"perform": True}, "sub": _IDENTITY, "iss": key, "nbf": issued, "exp": issued + LASTS}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_text(_signature(signed, secret))}"


def problem(token: str, secret_of: Callable[[str], str | None], now: float) -> str | None:
    """Why the gateway would refuse `token`; None when it is good.

    `secret_of`: the secret of an API key, None for a key that nobody has.
    """
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    header, claims = _read(head), _read(body)
    if header is None or claims is None:
        return "the token is malformed"
    if header.get("alg") != "HS256":
        return "the token's algorithm is not HS256"
    issuer = claims.get("iss")
    secret = secret_of(issuer) if isinstance(issuer, str) else None
    if secret is None:
        return "the API key is unknown"
    if not hmac.compare_digest(_text(_signature(signed, secret)).encode(), signature.encode(errors="replace")):
        return "the token's signature does not fit"
    return _claimed(claims, now)


def _claimed(claims: Mapping[str, Any], now: float) -> str | None:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int) or expires + LEEWAY <= now:
        return "the token has expired"
    if not isinstance(begins, int) or begins - LEEWAY > now:
        return "the token is not valid yet"
    grants = claims.get("inference")
    if not isinstance(grants, dict) or cast("dict[str, Any]", grants).get("perform") is not True:
        return "the token does not permit inference"
    return None


def _signature(signed: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def _part(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _read(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
