"""The paths of AgentScope's own frontend, used as it uses them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from modeldeck.credential import CredentialFactory
from modeldeck.server.run import Running
from tests.server.conftest import connected

DATA = {"type": "dashscope_credential", "name": "work", "api_key": "sk-agentscope", "workspace_id": "ws"}


async def test_the_start_page_finds_the_server(running: Running) -> None:
    async with connected(running) as client:
        found = (await client.get("/health")).json()
    assert found["status"] == "ok"
    assert found["version"]
    assert found["components"] == {"store": "ok", "deck": "ok"}


async def test_forms(client: httpx.AsyncClient) -> None:
    assert (await client.get("/credential/schemas")).json() == {"schemas": CredentialFactory.list_schemas()}


async def test_the_way_of_a_credential(client: httpx.AsyncClient, running: Running) -> None:
    answer = await client.post("/credential/", json={"data": {**DATA, "base_url": ""}})
    assert answer.status_code == 201
    id = answer.json()["credential_id"]
    listed = (await client.get("/credential/")).json()
    view = next(one for one in listed["credentials"] if one["id"] == id)
    assert view.keys() == {"id", "created_at", "updated_at", "user_id", "data", "editable"}
    assert (view["user_id"], view["editable"], view["data"]["id"]) == ("local", True, id)
    assert view["data"]["api_key"] == "**********"
    assert listed["total"] == len(listed["credentials"]) == 2
    # its edit dialog sends back what it got, and what was typed over it
    edited = {**view["data"], "name": "home", "workspace_id": ""}
    again = await client.patch(f"/credential/{id}", json={"data": edited})
    assert again.status_code == 200, again.text
    assert again.json()["data"] == {key: value for key, value in view["data"].items() if key != "workspace_id"} | {
        "name": "home"
    }
    record = await running.server.store.get("local", id)
    assert record.data is not None
    assert record.data["api_key"] == DATA["api_key"]
    assert (await client.patch(f"/credential/{id}", json={"data": {"api_key": ""}})).status_code == 200
    assert (await client.delete(f"/credential/{id}")).status_code == 204
    assert (await client.get("/credential/")).json()["total"] == 1


async def test_errors_are_a_detail(client: httpx.AsyncClient, running: Running) -> None:
    refused = [
        (await client.post("/credential/", json={"data": {"type": "nobody"}}), 422),
        (await client.post("/credential/", json={}), 422),
        (await client.patch("/credential/nothing", json={"data": {}}), 404),
        (await client.get("/tts-model/?provider=nobody"), 404),
        (await client.get("/tts-model/"), 422),
    ]
    async with connected(running) as stranger:
        refused.append((await stranger.get("/credential/", headers={"X-User-ID": "local"}), 401))
    for answer, status in refused:
        assert answer.status_code == status
        assert answer.json().keys() == {"detail"}
        assert isinstance(answer.json()["detail"], str)
    assert refused[3][0].json()["detail"] == "Provider 'nobody' not found."


@pytest.mark.parametrize("provider", ["dashscope", "dashscope_credential"])
async def test_models_are_cards(client: httpx.AsyncClient, provider: str) -> None:
    found = (await client.get("/tts-model/", params={"provider": provider})).json()
    cards = CredentialFactory.find("dashscope").list_tts_models()
    assert [one["name"] for one in found["models"]] == [card.name for card in cards]
    assert found["total"] == len(cards)
    first: dict[str, Any] = found["models"][0]
    assert first["parameter_schema"] == cards[0].parameter_schema
    assert {"type", "name", "label", "status", "input_types", "output_types", "realtime"} <= first.keys()


@pytest.mark.parametrize("path", ["/model/", "/embedding-model/", "/realtime/models"])
async def test_a_family_that_is_not_there_is_empty(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, params={"provider": "local"})).json() == {"models": [], "total": 0}
