"""The access token against one that livekit-api made."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.providers.livekit.wire import token
from tests.wire.livekit.golden import ISSUED, KEY, SECRET, TOKEN

SECRETS = {KEY: SECRET}


def problem(made: str, now: float = ISSUED) -> str | None:
    return token.problem(made, SECRETS.get, now)


def test_as_livekit_makes_it() -> None:
    assert token.access_token(KEY, SECRET, ISSUED + 0.9) == TOKEN


@pytest.mark.parametrize("age", [-60, 0, 600, 659])
def test_while_it_lasts(age: int) -> None:
    assert problem(TOKEN, ISSUED + age) is None


@pytest.mark.parametrize(("age", "why"), [(-61, "not valid yet"), (660, "expired")])
def test_too_early_and_too_late(age: int, why: str) -> None:
    assert why in (problem(TOKEN, ISSUED + age) or "")


def forged(claims: dict[str, Any], header: dict[str, Any] | None = None, secret: str = SECRET) -> str:
    """Signed with `secret`, whatever it says."""
    honest = token.access_token(KEY, secret, ISSUED)
    parts = [header or {"alg": "HS256", "typ": "JWT"}, {**json.loads(_decoded(honest.split(".")[1])), **claims}]
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_encoded(token._signature(signed, secret))}"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (forged({"iss": "APIother"}), "unknown"),
        (forged({"iss": None}), "unknown"),
        (forged({}, secret="another"), "signature"),
        (forged({}, {"alg": "none"}), "HS256"),
        (forged({"inference": {"perform": "yes"}}), "permit"),
        (forged({"inference": None}), "permit"),
        (forged({"exp": None}), "expired"),
        (forged({"nbf": "now"}), "not valid yet"),
        (TOKEN[:-1], "signature"),
        (TOKEN + "é", "signature"),
        ("", "malformed"),
        ("a.b.c", "malformed"),
        (TOKEN.partition(".")[2], "malformed"),
    ],
)
def test_what_is_refused(made: str, why: str) -> None:
    assert why in (problem(made) or "")


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert problem(text)
