"""What wires share of JSON."""

from __future__ import annotations

import pytest

from modeldeck._wire.frames import merged
from modeldeck.errors import ProviderError
from modeldeck.providers.openai.wire.errors import SERVICE


def test_maps_are_merged_at_every_depth() -> None:
    value = {"a": {"b": {"c": 1, "d": 2}, "e": [1]}, "f": 1}
    more = {"a": {"b": {"c": None}, "e": {"x": 1}}, "f": {"y": 2}, "g": 3}
    assert merged(value, more) == {"a": {"b": {"c": None, "d": 2}, "e": {"x": 1}}, "f": {"y": 2}, "g": 3}
    assert value == {"a": {"b": {"c": 1, "d": 2}, "e": [1]}, "f": 1}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": "x", "message": "no", "param": "voice"}, "no (voice)."),
        ({"type": "x", "message": "no voice", "param": "voice"}, "no voice."),
        ({"type": "x", "param": "voice"}, "refused (voice)."),
    ],
)
def test_a_refusal_names_its_parameter(error: dict[str, str], said: str) -> None:
    found = SERVICE.refused(error, "req-1")
    assert isinstance(found, ProviderError)
    assert (said in str(found), found.code, found.request_id) == (True, "x", "req-1")
