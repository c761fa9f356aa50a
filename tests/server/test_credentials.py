"""Credentials over HTTP: forms, masks, revisions, sharing, checks; and that nothing tells a secret."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, Literal

import httpx
import pytest

from modeldeck.credential import ApiKey, CredentialBase, CredentialFactory
from modeldeck.errors import CredentialError
from modeldeck.sandbox import Sandbox
from modeldeck.server.masks import is_mask, is_private, merged
from modeldeck.server.run import Running, served
from modeldeck.server.settings import Settings
from modeldeck.server.store import Store
from tests.server.conftest import connected, somebody

CANARY = "sk-canary-5d41402abc4b2a76b9719d911017c592"
MASK = "**********"
URL = "/api/v1/credentials"


def dashscope(**fields: Any) -> dict[str, Any]:
    return {"type": "dashscope_credential", "name": "mine", "api_key": CANARY, **fields}


async def create(client: httpx.AsyncClient, **fields: Any) -> Any:
    answer = await client.post(URL, json={"data": dashscope(**fields)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def stored(running: Running, id: str, user: str = "local") -> dict[str, Any]:
    record = await running.server.store.get(user, id)
    assert record.data is not None
    return dict(record.data)


async def test_a_credential_is_made_read_listed_and_deleted(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"data": dashscope(region="ap-southeast-1")})
    made = answer.json()
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    assert (made["type"], made["provider"], made["name"], made["state"]) == (
        "dashscope_credential",
        "dashscope",
        "mine",
        "ok",
    )
    assert made["data"] == dashscope(api_key=MASK, region="ap-southeast-1")
    assert (made["owner"], made["editable"], made["shared_with"]) == ("local", True, [])
    read = await client.get(f"{URL}/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"] == answer.headers["etag"] == f'"{made["revision"]}"'
    listed = (await client.get(URL)).json()
    assert made in listed["credentials"]
    assert listed["total"] == len(listed["credentials"])
    assert (await client.delete(f"{URL}/{made['id']}")).status_code == 204
    assert (await client.get(f"{URL}/{made['id']}")).status_code == 404
    assert (await client.delete(f"{URL}/{made['id']}")).status_code == 404


async def test_what_is_absent_or_masked_stays(client: httpx.AsyncClient, running: Running) -> None:
    made = await create(client, workspace_id="ws", region="us-east-1")
    for changes in ({"name": "new"}, {"api_key": MASK}, {**made["data"], "name": "newer"}, {}):
        answer = await client.patch(f"{URL}/{made['id']}", json={"data": changes})
        assert answer.status_code == 200, answer.text
        kept = await stored(running, made["id"])
        assert (kept["api_key"], kept["workspace_id"], kept["region"]) == (CANARY, "ws", "us-east-1")
    assert kept["name"] == "newer"
    answer = await client.patch(f"{URL}/{made['id']}", json={"data": {"api_key": "sk-other", "workspace_id": None}})
    assert "workspace_id" not in answer.json()["data"]
    assert (await stored(running, made["id"]))["api_key"] == "sk-other"


async def test_a_mask_without_a_stored_secret_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"data": dashscope(api_key=MASK)})
    assert answer.status_code == 422
    assert "mask" in answer.json()["detail"]


@pytest.mark.parametrize(
    "changes",
    [{"api_key": None}, {"type": "openai_credential"}, {"region": "mars"}, {"base_ur": "x"}, {"api_key": ""}],
)
async def test_a_wrong_change_changes_nothing(
    client: httpx.AsyncClient, running: Running, changes: dict[str, Any]
) -> None:
    made = await create(client)
    answer = await client.patch(f"{URL}/{made['id']}", json={"data": changes})
    assert answer.status_code == 422
    assert answer.json()["code"] == "CredentialError"
    assert (await stored(running, made["id"]))["api_key"] == CANARY
    assert (await client.get(f"{URL}/{made['id']}")).json() == made


async def test_a_revision_that_is_not_the_last_is_refused(client: httpx.AsyncClient) -> None:
    made = await create(client)
    url = f"{URL}/{made['id']}"
    first = await client.patch(url, json={"data": {"name": "a"}}, headers={"If-Match": f'"{made["revision"]}"'})
    assert first.status_code == 200
    second = await client.patch(url, json={"data": {"name": "b"}}, headers={"If-Match": f'"{made["revision"]}"'})
    assert (second.status_code, second.json()["code"]) == (412, "RevisionConflictError")
    for tag in ('W/"1"', '"x"', ""):
        assert (await client.delete(url, headers={"If-Match": tag})).status_code == 412
    assert (await client.delete(url, headers={"If-Match": "*"})).status_code == 204


async def test_what_is_built_in_cannot_be_changed(client: httpx.AsyncClient) -> None:
    local = (await client.get(f"{URL}/local")).json()
    assert (local["state"], local["editable"], local["owner"]) == ("ok", False, None)
    assert (await client.patch(f"{URL}/local", json={"data": {"name": "x"}})).status_code == 403
    assert (await client.delete(f"{URL}/local")).status_code == 403
    assert (await client.put(f"{URL}/local/shares", json={"users": []})).status_code == 403
    assert (await client.post(f"{URL}/local/check")).json()["grade"] == "ok"


# -- other users


async def test_users_see_their_own_and_what_is_shared(running: Running, client: httpx.AsyncClient) -> None:
    made = await create(client)
    url = f"{URL}/{made['id']}"
    async with await somebody(running, "ann") as ann:
        assert [one["id"] for one in (await ann.get(URL)).json()["credentials"]] == ["local"]
        for answer in (
            await ann.get(url),
            await ann.patch(url, json={"data": {"name": "x"}}),
            await ann.delete(url),
            await ann.post(f"{url}/check"),
            await ann.put(f"{url}/shares", json={"users": ["ann"]}),
            await ann.post(f"{URL}/check", json={"data": {}, "id": made["id"]}),
            await ann.get("/api/v1/models", params={"credential": made["id"]}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "RecordNotFoundError")
        shared = await client.put(f"{url}/shares", json={"users": ["ann"]})
        assert shared.json()["shared_with"] == ["ann"]
        seen = (await ann.get(url)).json()
        assert (seen["editable"], seen["owner"], seen["shared_with"]) == (False, "local", [])
        assert CANARY not in str(seen)
        for answer in (
            await ann.patch(url, json={"data": {"base_url": "https://elsewhere.example"}}),
            await ann.delete(url),
            await ann.put(f"{url}/shares", json={"users": []}),
            await ann.post(f"{URL}/check", json={"data": {"base_url": "https://elsewhere.example"}, "id": made["id"]}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "NotOwnerError")
        await client.put(f"{url}/shares", json={"users": []})
        assert (await ann.get(url)).status_code == 404


async def test_sharing_with_nobody_known_is_refused(client: httpx.AsyncClient) -> None:
    made = await create(client)
    answer = await client.put(f"{URL}/{made['id']}/shares", json={"users": ["nobody"]})
    assert answer.status_code == 422


# -- checks


async def test_a_stored_credential_and_a_form_are_checked(client: httpx.AsyncClient) -> None:
    async with Sandbox() as box:
        made = await create(client, api_key="sk-good", base_url=box.url)
        found = (await client.post(f"{URL}/{made['id']}/check")).json()
        assert (found["ok"], found["grade"]) == (True, "ok")
        assert found["latency"] > 0
        form = {"data": {"api_key": MASK, "base_url": box.url}, "id": made["id"]}
        assert (await client.post(f"{URL}/check", json=form)).json()["grade"] == "ok"
        form = {"data": {**form["data"], "api_key": "invalid-key"}, "id": made["id"]}
        assert (await client.post(f"{URL}/check", json=form)).json()["grade"] == "key_rejected"
        fresh = {"data": dashscope(base_url=box.url)}
        assert (await client.post(f"{URL}/check", json=fresh)).json()["ok"]
        assert (await client.post(f"{URL}/check", json={"data": {"type": "nobody"}})).status_code == 422
        box.arm("status=429")
        assert (await client.post(f"{URL}/check", json=fresh)).json()["grade"] == "quota"


async def test_a_private_address_is_refused_where_it_is_not_allowed(settings: Settings) -> None:
    async with Sandbox() as box, served(_closed(settings)) as running, connected(running, running.token) as client:
        hosts = ("127.0.0.1", "localhost", "10.1.2.3", "127.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "db.local")
        for host in hosts:
            answer = await client.post(URL, json={"data": dashscope(base_url=f"http://{host}:80")})
            assert (answer.status_code, answer.json()["code"]) == (422, "CredentialError"), host
            assert "private network" in answer.json()["detail"]
        answer = await client.post(f"{URL}/check", json={"data": dashscope(base_url=box.url)})
        assert answer.status_code == 422
        record = await running.server.store.create("local", dashscope(base_url=box.url))  # kept when it was allowed
        found = (await client.post(f"{URL}/{record.id}/check")).json()
        assert (found["grade"], found["ok"]) == ("unreachable", False)
        assert box.requests() == []


def _closed(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, allow_private=False)


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "dashscope.aliyuncs.com", "", "2001:4860:4860::8888"])
def test_a_public_host_is_not_private(host: str) -> None:
    assert not is_private(host)


async def test_what_others_share_speaks_only_where_it_is_named(running: Running, client: httpx.AsyncClient) -> None:
    made = await create(client)
    credentials = running.server.credentials
    async with await somebody(running, "ann") as ann:
        await client.put(f"{URL}/{made['id']}/shares", json={"users": ["ann"]})
        with pytest.raises(CredentialError, match="name the shared one"):
            await credentials.for_type("ann", "dashscope_credential")
        assert await credentials.for_type("ann", "dashscope_credential", made["id"])
        own = (await ann.post(URL, json={"data": dashscope(api_key="sk-own")})).json()
        later = await create(client)
        await client.put(f"{URL}/{later['id']}/shares", json={"users": ["ann"]})
        found = await credentials.for_type("ann", "dashscope_credential")
        assert found.reveal()["api_key"] == "sk-own"
        assert found.id == own["id"]


async def test_a_call_takes_what_others_changed(
    running: Running, settings: Settings, client: httpx.AsyncClient
) -> None:
    made = await create(client)
    credentials = running.server.credentials

    async def key(id: str | None = None) -> str:
        found = await credentials.for_type("local", "dashscope_credential", id)
        return str(found.reveal()["api_key"])

    assert await key() == await key(made["id"]) == CANARY
    await client.patch(f"{URL}/{made['id']}", json={"data": {"api_key": "sk-second"}})
    assert await key() == "sk-second"
    async with Store(settings.store_url) as elsewhere:
        await elsewhere.update("local", made["id"], dashscope(api_key="sk-third"))
    while await key() != "sk-third":
        await asyncio.to_thread(int)
    await client.delete(f"{URL}/{made['id']}")
    with pytest.raises(CredentialError, match="no credential for dashscope"):
        await key()
    with pytest.raises(CredentialError, match="another provider"):
        await credentials.for_type("local", "dashscope_credential", "local")


# -- what cannot be used


class Gone(CredentialBase):
    type: Literal["gone_credential"] = "gone_credential"
    api_key: ApiKey
    host: str = "here"


async def test_a_type_that_is_gone_shows_and_can_be_deleted(client: httpx.AsyncClient, running: Running) -> None:
    CredentialFactory.register_credential(Gone)
    data = {"type": "gone_credential", "name": "old", "api_key": CANARY}
    record = await running.server.store.create("local", data)
    CredentialFactory.unregister_credential("gone")
    seen = (await client.get(f"{URL}/{record.id}")).json()
    assert (seen["state"], seen["data"]) == ("unusable", {**data, "api_key": MASK, "host": "here"})
    assert "gone_credential" in seen["problem"]
    assert (await client.post(f"{URL}/{record.id}/check")).status_code == 422
    assert (await client.get(URL)).json()["total"] == 2
    assert (await client.delete(f"{URL}/{record.id}")).status_code == 204


async def test_a_credential_of_a_lost_key_is_entered_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(settings) as running, connected(running, running.token) as client:
        made = await create(client, region="us-east-1")
        token = running.token
    monkeypatch.setenv("MODELDECK_MASTER_KEY", base64.b64encode(b"another key, of thirty-two bytes").decode())
    async with served(settings) as running, connected(running, token) as client:
        url = f"{URL}/{made['id']}"
        seen = (await client.get(url)).json()
        assert (seen["state"], seen["data"]) == ("needs_reentry", made["data"])
        assert (await client.get(URL)).json()["total"] == 2
        assert (await client.post(f"{url}/check")).status_code == 422
        assert (await client.patch(url, json={"data": {"name": "still"}})).status_code == 422
        again = await client.patch(url, json={"data": {"api_key": "sk-again"}})
        assert (again.json()["state"], again.json()["data"]["region"]) == ("ok", "us-east-1")


# -- secrets


async def test_no_answer_and_no_log_tells_a_secret(
    client: httpx.AsyncClient, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    said: list[str] = []

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        said.append(f"{answer.status_code} {answer.headers} {answer.text}")

    client.event_hooks["response"] = [hear]
    wrong: list[Any] = [
        {"data": {"type": CANARY}},
        {"data": {"type": "dashscope_credential", "api_key": [CANARY]}},
        {"data": {"type": "dashscope_credential", "api_key": f"{CANARY} \n x"}},
        {"data": {"type": "dashscope_credential", CANARY: "x"}},
        {"data": dashscope(base_url=f"https://u:{CANARY}@host")},
        {"data": dashscope(region=CANARY)},
        {"data": CANARY},
        {"date": CANARY},
        [CANARY],
    ]
    for body in wrong:
        assert (await client.post(URL, json=body)).status_code == 422
        assert (await client.post(f"{URL}/check", json=body)).status_code == 422
        assert (await client.post("/credential/", json=body)).status_code == 422
    raw = {"Content-Type": "application/json"}
    assert (await client.post(URL, content=f'{{"data": {CANARY}', headers=raw)).status_code == 422
    async with Sandbox() as box:
        made = await create(client, base_url=box.url)
        for fault in ("status=401", "status=500", "garbage", "cut"):
            box.arm(fault)
            await client.post(f"{URL}/{made['id']}/check")
    for path in (URL, f"{URL}/{made['id']}", "/credential/", "/api/v1/models", "/api/v1/openapi.json"):
        await client.get(path)
    await client.patch(f"{URL}/{made['id']}", json={"data": {"region": CANARY}})
    await client.patch(f"/credential/{made['id']}", json={"data": {"region": CANARY}})
    told = "\n".join(said)
    assert CANARY not in told
    written = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "modeldeck.server" in written
    assert CANARY not in written
    assert running.token is not None
    assert running.token not in written + told


def test_masks_stand_for_what_is_stored() -> None:
    before = {"keys": [{"secret": "a", "name": "x"}, "plain"], "deep": {"secret": "b", "gone": 1}}
    changes = {"keys": [{"secret": MASK}, "other", MASK], "deep": {"secret": MASK, "gone": None}}
    assert merged(before, changes) == {
        "keys": [{"secret": "a", "name": "x"}, "other", MASK],
        "deep": {"secret": "b"},
    }
    assert before["deep"] == {"secret": "b", "gone": 1}
    assert is_mask("****")
    assert not any(map(is_mask, ("***", "*******x", None, "")))


def test_every_type_has_a_form_with_its_secrets_marked() -> None:
    for schema in CredentialFactory.list_schemas():
        secrets = [name for name, prop in schema["properties"].items() if prop.get("writeOnly")]
        cls = CredentialFactory.find(schema["properties"]["type"]["const"])
        assert set(secrets) >= set(cls.env) - {"base_url", "region"}


async def test_changes_at_the_same_time_lose_nothing(client: httpx.AsyncClient, running: Running) -> None:
    made = await create(client)
    changes = [{"name": "new"}, {"workspace_id": "ws"}, {"region": "us-east-1"}, {"api_key": "sk-new"}]
    await asyncio.gather(*(client.patch(f"{URL}/{made['id']}", json={"data": one}) for one in changes))
    found = await stored(running, made["id"])
    for change in changes:
        assert found | change == found


@pytest.mark.parametrize(
    "value", ['"\\ud800"', "NaN", "1e999", "1" * 5000, "[" * 5000, '{"\\udfff": 1}', '"\\u0000"', "null", '""', "-0.0"]
)
async def test_odd_json_is_no_failure_of_the_server(client: httpx.AsyncClient, value: str) -> None:
    headers = {"Content-Type": "application/json"}
    bodies = [
        (URL, f'{{"data": {{"type": "dashscope_credential", "api_key": "k", "name": {value}}}}}'),
        (URL, f'{{"data": {value}}}'),
        (f"{URL}/check", f'{{"data": {{"type": {value}}}, "id": {value}}}'),
        ("/api/v1/validate", f'{{"ref": "local/espeak-ng", "parameters": {{"rate": {value}}}}}'),
        ("/api/v1/validate", f'{{"ref": "local/espeak-ng", "parameters": {value}}}'),
        ("/api/v1/validate", f'{{"ref": {value}}}'),
        (
            "/api/v1/switch",
            f'{{"from_ref": "local/espeak-ng", "to_ref": "local/espeak-ng", "parameters": {{"voice": {value}}}}}',
        ),
        (
            "/api/v1/switch",
            f'{{"from_ref": "local/espeak-ng", "to_ref": "local/espeak-ng", "parameters": {{"x": {value}}}}}',
        ),
        ("/credential/", f'{{"data": {{"type": "dashscope_credential", {value}: 1}}}}'),
    ]
    for path, body in bodies:
        answer = await client.post(path, content=body, headers=headers)
        assert answer.status_code < 500, (path, body, answer.text)
        answer.json()
