"""Lists of cloned and designed voices, as the documents show them (2026-05-12, 2026-07-15)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modeldeck.providers.dashscope.wire import lists
from modeldeck.providers.dashscope.wire.speech import Rejection

URL = "https://dashscope.aliyuncs.com/api/v1/services/audio/tts/customization"
KNOWN = ("cosyvoice-v3", "cosyvoice-v3.5-plus", "cosyvoice-v2")


def test_the_requests() -> None:
    ask = lists.ask(lists.COSYVOICE, URL)
    assert ask == lists.PageRequest(
        URL, {"model": "voice-enrollment", "input": {"action": "list_voice", "page_size": 100, "page_index": 0}}
    )
    json_body = lists.ask(lists.DESIGNED, URL, 3).json
    assert json_body == {"model": "qwen-voice-design", "input": {"action": "list", "page_size": 100, "page_index": 3}}


def test_cosyvoice() -> None:
    when = {"gmt_create": "2025-12-10 14:54:09", "gmt_modified": "2025-12-10 17:47:48"}
    found = [
        {"voice_id": "cosyvoice-v3.5-plus-vd-announcer-xxxxxx", **when, "status": "OK", "voice_prompt": "沉稳"},
        {"voice_id": "cosyvoice-v2-my-voice-0a1b2c", **when, "status": "OK"},
        {"voice_id": "cosyvoice-v2-late-0a1b2d", **when, "status": "DEPLOYING"},
        {"voice_id": "cosyvoice-v2-bad-0a1b2e", **when, "status": "UNDEPLOYED"},
        {"voice_id": "sonata-x-1", **when, "status": "OK"},
        {**when},
    ]
    page = lists.voices(lists.COSYVOICE, KNOWN, {"output": {"voice_list": found}, "usage": {"count": 1}})
    assert [(one.id, one.label, one.models, one.source) for one in page.voices] == [
        ("cosyvoice-v3.5-plus-vd-announcer-xxxxxx", "announcer", ("cosyvoice-v3.5-plus",), "account"),
        ("cosyvoice-v2-my-voice-0a1b2c", "my-voice", ("cosyvoice-v2",), "cloned"),
    ]
    assert page.left_out == (
        "its status is DEPLOYING",
        "its status is UNDEPLOYED",
        "of no model that is known",
        "not understood",
    )
    assert page.more is None


def test_qwen() -> None:
    entry = {
        "voice": "qwen-tts-vc-guanyu-voice-20250812105009984-838b",
        "target_model": "qwen3-tts-vc-realtime-2026-01-15",
        "language": "zh",
        "gmt_create": "2025-08-11 17:59:32",
        "gmt_modified": "2025-08-11 17:59:32",
    }
    output = {"page_index": 0, "page_size": 10, "total_count": 26, "voice_list": [entry]}
    page = lists.voices(lists.CLONED, (), {"output": output, "usage": {"count": 0}, "request_id": "x"})
    (voice,) = page.voices
    assert (voice.id, voice.label, voice.languages) == (entry["voice"], "guanyu", ("zh",))
    assert (voice.models, voice.source) == (("qwen3-tts-vc-realtime-2026-01-15",), "cloned")
    assert page.more == 1
    assert lists.voices(lists.CLONED, (), {"output": {**output, "page_index": 2}}, 2).more is None
    assert lists.voices(lists.DESIGNED, (), {"output": output}).voices[0].source == "account"


def test_the_end_of_a_list_that_does_not_say_how_long_it_is() -> None:
    full = [{"voice_id": f"cosyvoice-v2-a-{number}", "status": "OK"} for number in range(lists.PAGE_SIZE)]
    assert lists.voices(lists.COSYVOICE, KNOWN, {"output": {"voice_list": full}}, 4).more == 5
    assert lists.voices(lists.COSYVOICE, KNOWN, {"output": {"voice_list": full[1:]}}, 4).more is None
    assert lists.voices(lists.COSYVOICE, KNOWN, {"output": {}}, 4).more is None
    output: dict[str, Any] = {"page_size": 10, "total_count": 900, "voice_list": []}
    assert lists.voices(lists.CLONED, (), {"output": output}, 0).more is None  # an empty page is the last


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"model": "qwen-voice", "input": {"action": "list"}}, "ModelNotFound"),
        ({"model": "qwen-voice-design", "input": {"action": "list_voice"}}, "InvalidParameter"),
        ({"model": "voice-enrollment", "input": {"action": "list"}}, "InvalidParameter"),
        ({"model": "voice-enrollment", "input": {"action": "list_voice", "page_size": 0}}, "InvalidParameter"),
        ({"model": "voice-enrollment", "input": {"action": "list_voice", "page_index": -1}}, "InvalidParameter"),
        ({"model": "voice-enrollment", "input": {"action": "list_voice", "page_index": True}}, "InvalidParameter"),
        ({"model": "qwen-voice-design", "input": {"action": "list", "prefix": "x"}}, "InvalidParameter"),
        ([], "ModelNotFound"),
    ],
)
def test_the_server_is_strict(request_body: Any, code: str) -> None:
    found = lists.parse_request(json.dumps(request_body).encode())
    assert isinstance(found, Rejection)
    assert found.code == code


def test_the_server_reads_what_we_send() -> None:
    for service in lists.SERVICES.values():
        found = lists.parse_request(json.dumps(lists.ask(service, URL, 2).json).encode())
        assert found == lists.Asked(service, 2, lists.PAGE_SIZE, "")
