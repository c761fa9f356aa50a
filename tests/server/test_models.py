"""What is listed, found and shown of models and voices."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx
import pytest
from pydantic import TypeAdapter

from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.errors import ParameterError
from modeldeck.server import shapes
from modeldeck.server.bodies import takes_gzip
from modeldeck.server.run import Running
from modeldeck.tts import find_voices, similar_voices, tts_model
from modeldeck.tts.search import Text, words
from tests.server.conftest import connected

Page = Callable[..., Any]


@pytest.fixture
def page(client: httpx.AsyncClient) -> Page:
    async def ask(path: str = "/api/v1/models", **query: Any) -> Any:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


async def refs(page: Page, **query: Any) -> list[str]:
    return [one["ref"] for one in (await page(limit=1000, **query))["models"]]


async def test_every_card_of_every_type_is_listed(page: Page) -> None:
    found = await page(limit=1000)
    cards = {
        f"{card.provider}/{card.name}"
        for cls in CredentialFactory.credential_classes()
        for card in cls.list_tts_models()
    }
    assert {one["ref"] for one in found["models"]} == cards
    assert found["total"] == len(found["models"])
    assert found["problems"] == []


async def test_active_models_come_first(page: Page) -> None:
    found = (await page(type="dashscope_credential", limit=1000))["models"]
    states = [one["status"] for one in found]
    assert states == sorted(states, key=["active", "deprecated", "sunset"].index)


async def test_pages_are_cut_from_one_list(page: Page) -> None:
    whole = await refs(page)
    pages = [await page(limit=7, offset=start) for start in range(0, len(whole), 7)]
    assert [one["ref"] for part in pages for one in part["models"]] == whole
    assert {part["total"] for part in pages} == {len(whole)}
    assert (await page(offset=len(whole)))["models"] == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"family": "video"}, {"gender": "x"}])
async def test_a_query_outside_its_bounds_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    answer = await client.get("/api/v1/models", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == next(iter(query))


async def test_filters_hold_for_every_model_found(page: Page) -> None:
    models = (await page(limit=1000))["models"]
    checks: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
        ({"provider": "openai"}, lambda one: one["provider"] == "openai"),
        ({"type": "openai_credential"}, lambda one: one["credential_type"] == "openai_credential"),
        ({"type": "openai"}, lambda one: one["credential_type"] == "openai_credential"),
        ({"realtime": True}, lambda one: one["realtime"]),
        ({"realtime": False}, lambda one: not one["realtime"]),
        ({"status": "deprecated"}, lambda one: one["status"] == "deprecated"),
        ({"family": "tts"}, lambda one: one["family"] == "tts"),
        ({"family": "chat"}, lambda one: one["family"] == "chat"),
        ({"language": "de"}, lambda one: any(tag.split("-")[0] == "de" for tag in one["languages"])),
        ({"provider": "local", "realtime": False}, lambda one: one["ref"] == "local/espeak-ng"),
    ]
    for query, holds in checks:
        assert await refs(page, **query) == [one["ref"] for one in models if holds(one)], query


async def test_a_gender_finds_models_with_such_a_voice(page: Page) -> None:
    found = await refs(page, gender="male")
    voices = (await page("/api/v1/voices", gender="male", limit=1000))["voices"]
    assert found
    assert {one["gender"] for one in voices} == {"male"}
    assert {one["ref"] for one in voices} <= set(found)


async def test_every_word_must_be_found(page: Page) -> None:
    both = await refs(page, q="qwen3 flash")
    assert "dashscope/qwen3-tts-flash" in both
    assert set(both) == set(await refs(page, q="qwen3")) & set(await refs(page, q="flash"))
    assert await refs(page, q="qwen3 nosuchword") == []


async def test_a_voice_finds_its_models(page: Page) -> None:
    assert "dashscope/cosyvoice-v1" in await refs(page, q="龙小淳")
    assert "dashscope/qwen3-tts-flash" in await refs(page, q="CHERRY")
    voices = (await page("/api/v1/voices", q="cherry", ref="dashscope/qwen3-tts-flash"))["voices"]
    assert [one["id"] for one in voices] == ["Cherry"]
    assert voices[0]["ref"] == "dashscope/qwen3-tts-flash"


def test_short_words_begin_a_word() -> None:
    text = Text(["Qwen3-TTS-Flash", "zh-CN", "Ｆｕｌｌ width"])
    assert all(text.has(words(query)) for query in ("zh", "full", "tts-fl"))
    assert not text.has(words("en"))
    assert text.has(words("wen3"))
    assert text.has(words("  "))


async def test_models_under_a_stored_credential(client: httpx.AsyncClient, page: Page) -> None:
    data = {"type": "openai_credential", "api_key": "sk-models"}
    made = (await client.post("/api/v1/credentials", json={"data": data})).json()
    assert await refs(page, credential=made["id"]) == await refs(page, type="openai_credential")
    assert await refs(page, credential="local") == ["local/espeak-ng"]
    assert await refs(page, credential=made["id"], type="local") == []
    assert (await client.get("/api/v1/models", params={"credential": "0" * 32})).status_code == 404


async def test_an_etag_saves_the_body(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/models?limit=3", "/api/v1/voices", "/api/v1/credential-types", "/tts-model/?provider=openai"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_body_is_compressed_for_who_takes_it(client: httpx.AsyncClient) -> None:
    plain = await client.get("/api/v1/models", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with client.stream("GET", "/api/v1/models", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert gzip.decompress(raw) == plain.content
    assert not takes_gzip({"accept-encoding": "gzip;q=0"})


async def test_a_model_is_shown_with_its_schema(client: httpx.AsyncClient, page: Page) -> None:
    ref = "dashscope/qwen3-tts-flash"
    card = next(one for one in CredentialFactory.find("dashscope").list_tts_models() if one.name == "qwen3-tts-flash")
    found = await page("/api/v1/model", ref=ref)
    assert found["parameter_schema"] == card.parameter_schema
    assert found["ui_schema"] == card.ui_schema
    assert [one["id"] for one in found["voices"]] == [voice.id for voice in card.voices]
    assert found["voice_count"] == len(found["voices"])
    listed = (await page(q=ref, limit=1000))["models"]
    assert {name: found[name] for name in listed[0]} in listed
    assert await page("/api/v1/model", ref=f"{ref}:Cherry") == found
    schemas = await page("/api/v1/model/schema", ref=ref)
    assert schemas["call_schema"] == card.call_schema


async def test_a_model_that_is_not_there_names_the_near_one(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/model", "/api/v1/model/schema"):
        answer = await client.get(path, params={"ref": "dashscope/qwen3-tts-flahs"})
        assert answer.status_code == 404
        problem = answer.json()
        assert problem["code"] == "ModelNotFoundError"
        assert problem["type"] == "urn:modeldeck:error:ModelNotFoundError"
        assert "qwen3-tts-flash" in problem["detail"]


async def test_every_answer_is_what_the_document_says(page: Page) -> None:
    pages: list[tuple[Any, str, dict[str, Any]]] = [
        (shapes.ModelPage, "/api/v1/models", {"limit": 1000}),
        (shapes.VoicePage, "/api/v1/voices", {"limit": 1000}),
        (shapes.CredentialTypes, "/api/v1/credential-types", {}),
    ]
    for shape, path, query in pages:
        TypeAdapter(shape).validate_json(json.dumps(await page(path, **query)))
    for ref in await refs(page):
        shapes.ModelDetail.model_validate_json(json.dumps(await page("/api/v1/model", ref=ref)))


# -- the operator's cards, and other people's


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cards" / "openai" / "tts"
    folder.mkdir(parents=True)
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path / "cards"))
    return folder


async def test_an_operators_card_appears_while_the_server_runs(overlay: Path, running: Running) -> None:
    async with connected(running, running.token) as client:
        before = (await client.get("/api/v1/models?provider=openai")).json()
        (overlay / "kokoro.yaml").write_text("name: kokoro\nlabel: Our Kokoro\nvoices: [af_sky]\n")
        after = (await client.get("/api/v1/models?provider=openai")).json()
        assert after["total"] == before["total"] + 1
        assert after["revision"] != before["revision"]
        assert (await client.get("/api/v1/model?ref=openai/kokoro")).json()["label"] == "Our Kokoro"
        (overlay / "kokoro.yaml").write_text("name: kokoro\nlabel: Renamed\n")
        assert (await client.get("/api/v1/model?ref=openai/kokoro")).json()["label"] == "Renamed"


async def test_a_broken_card_is_told_and_hides_nothing(overlay: Path, running: Running) -> None:
    (overlay / "broken.yaml").write_text("name: broken\nlabell: x\n")
    async with connected(running, running.token) as client:
        found = (await client.get("/api/v1/models?provider=openai")).json()
    assert found["total"] > 0
    assert any("broken.yaml:2" in problem and "label" in problem for problem in found["problems"])


class Broken(CredentialBase):
    models: ClassVar = {"tts": (":NoSuchModel",)}
    type: Literal["broken_credential"] = "broken_credential"
    api_key: str


async def test_a_third_partys_broken_class_is_told_and_hides_nothing(client: httpx.AsyncClient, page: Page) -> None:
    before = await page()
    CredentialFactory.register_credential(Broken)
    after = await page()
    assert after["total"] == before["total"]
    assert any("NoSuchModel" in problem for problem in after["problems"])
    types = await page("/api/v1/credential-types")
    assert "broken_credential" in [one["type"] for one in types["types"]]


async def test_looks_that_come_together_are_one(running: Running) -> None:
    catalogue = running.server.catalogue
    found = await asyncio.gather(*(catalogue.snapshot() for _ in range(20)))
    assert len(set(map(id, found))) == 1


# -- values


async def validated(client: httpx.AsyncClient, ref: str, **parameters: Any) -> httpx.Response:
    return await client.post("/api/v1/validate", json={"ref": ref, "parameters": parameters})


async def test_values_are_refused_as_a_constructor_does(client: httpx.AsyncClient) -> None:
    credential = CredentialFactory.from_dict({"type": "dashscope_credential", "api_key": "sk-x"})
    wrong: list[dict[str, Any]] = [
        {"voice": "Chery"},
        {"speed": 3},
        {"voice": "Nobody", "language_type": "Klingon"},
        {"voice": 5},
    ]
    for parameters in wrong:
        with pytest.raises(ParameterError) as refused:
            tts_model("dashscope/qwen3-tts-flash", parameters, credential=credential)
        answer = await validated(client, "dashscope/qwen3-tts-flash", **parameters)
        problem = answer.json()
        error = refused.value
        assert (answer.status_code, problem["code"]) == (422, "ParameterError")
        assert problem["detail"] == str(error)
        assert [one["message"] for one in problem["errors"]] == list(error.problems)
        assert problem["errors"][0]["parameter"] == error.parameter
        assert problem["errors"][0].get("suggestion") == error.suggestion
    assert [
        one["parameter"] for one in (await validated(client, "dashscope/qwen3-tts-flash", **wrong[2])).json()["errors"]
    ] == ["voice", "language_type"]


async def test_values_come_back_as_they_would_be_sent(client: httpx.AsyncClient) -> None:
    credential = CredentialFactory.from_dict({"type": "dashscope_credential", "api_key": "sk-x"})
    for ref in ("dashscope/qwen3-tts-flash", "dashscope/qwen3-tts-flash:Serena", "local/espeak-ng"):
        answer = await validated(client, ref)
        own = credential if ref.startswith("dashscope") else None
        assert answer.json() == {"parameters": tts_model(ref, credential=own)._settings.effective}


async def test_a_switch_tells_what_is_kept_and_what_is_dropped(client: httpx.AsyncClient) -> None:
    asked = {
        "from_ref": "dashscope/qwen3-tts-flash",
        "to_ref": "local/espeak-ng",
        "parameters": {"voice": "Cherry", "rate": 120, "language_type": "English"},
    }
    found = (await client.post("/api/v1/switch", json=asked)).json()
    assert found["parameters"] == {"rate": 120}
    assert found["kept"] == ["rate"]
    reasons = {one["parameter"]: one["reason"] for one in found["dropped"]}
    assert reasons.keys() == {"voice", "language_type"}
    assert "Cherry" in reasons["voice"]
    own = {**asked, "to_ref": "dashscope/cosyvoice-v1", "parameters": {"voice": "Cherry"}}
    found = (await client.post("/api/v1/switch", json=own)).json()
    assert found["dropped"] == [{"parameter": "voice", "reason": "CosyVoice-v1 lists no voice 'Cherry'"}]
    louder = {"from_ref": "dashscope/cosyvoice-v1", "to_ref": "local/espeak-ng", "parameters": {"volume": 80}}
    found = (await client.post("/api/v1/switch", json=louder)).json()
    assert found["dropped"][0]["reason"].startswith("volume is measured otherwise there")
    same = {**asked, "to_ref": "dashscope/qwen3-tts-flash", "parameters": {"voice": "Cherry"}}
    assert (await client.post("/api/v1/switch", json=same)).json()["kept"] == ["voice"]
    gone = {**asked, "to_ref": "nobody/nothing"}
    assert (await client.post("/api/v1/switch", json=gone)).status_code == 404


async def test_a_voice_that_is_no_text_is_an_error(client: httpx.AsyncClient) -> None:
    asked = {"from_ref": "dashscope/qwen3-tts-flash", "to_ref": "openai/tts-1", "parameters": {"voice": {"a": 1}}}
    assert (await client.post("/api/v1/switch", json=asked)).status_code in (200, 422)


async def test_voices_are_what_python_finds(page: Page) -> None:
    found = await page("/api/v1/voices", language="zh-HK", gender="female", realtime=True, limit=1000)
    expected = find_voices(language="zh-HK", gender="female", realtime=True)
    assert [(one["ref"], one["id"], one["match"], one["why"]) for one in found["voices"]] == [
        (f"{one.provider}/{one.model}", one.voice.id, one.match, list(one.why))
        for one in sorted(expected, key=lambda one: -one.match)
    ]
    assert found["total"] == len(expected) > 0
    near = await page("/api/v1/voices", language="fr-BE", near=True, provider="dashscope", limit=1)
    assert "does not say whether it is fr-BE" in near["voices"][0]["why"][0]
    assert (await page("/api/v1/voices", language="fr-BE", provider="dashscope"))["voices"] == []


async def test_voices_by_style_and_status(page: Page) -> None:
    found = (await page("/api/v1/voices", style=["gentle"], limit=1000))["voices"]
    assert found
    assert all("gentle" in " ".join(one["styles"]) for one in found)
    assert "match" not in found[0]
    off = await page("/api/v1/voices", status="sunset", limit=1000)
    on = await page("/api/v1/voices", limit=1000)
    assert {one["ref"] for one in off["voices"]}.isdisjoint({one["ref"] for one in on["voices"]})
    named = off["voices"][0]["ref"] if off["voices"] else None
    assert named is None or (await page("/api/v1/voices", ref=named))["total"]


async def test_the_same_kind_of_voice(page: Page, client: httpx.AsyncClient) -> None:
    like = "azure/neural:zh-HK-HiuMaanNeural"
    found = await page("/api/v1/voices", like=like, provider="dashscope", limit=3)
    expected = similar_voices(like, provider="dashscope", limit=3)
    assert [(one["ref"], one["id"], one["score"]) for one in found["voices"]] == [
        (f"{one.found.provider}/{one.found.model}", one.found.voice.id, one.score) for one in expected
    ]
    assert found["voices"][0]["equal"] == list(expected[0].equal)
    TypeAdapter(shapes.VoicePage).validate_python(found)
    answer = await client.get("/api/v1/voices", params={"like": "azure/neural:zh-HK-HiuManNeural"})
    assert answer.status_code == 404
    assert "did you mean" in answer.json()["detail"]
