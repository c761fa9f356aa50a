"""What is written is there, for those who may see it; the same on both databases."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.errors import CredentialError
from modeldeck.server.store import (
    NotOwnerError,
    RecordNotFoundError,
    RevisionConflictError,
    Store,
    StoreError,
    UserExistsError,
    UserNotFoundError,
)
from modeldeck.server.tokens import make_token, token_hash

KEY = "sk-0123456789"
MASK = "*" * 10


def openai(name: str = "mine", key: str = KEY, **fields: Any) -> dict[str, Any]:
    return {"type": "openai_credential", "name": name, "api_key": key, **fields}


class Account(BaseModel):
    label: str
    password: SecretStr


class NestedCredential(CredentialBase):
    models: ClassVar = {}
    type: Literal["nested_credential"] = "nested_credential"
    accounts: list[Account]
    by_region: dict[str, SecretStr] = Field(default_factory=dict)


# -- credentials


async def test_what_is_created_can_be_used_and_comes_back_after_a_restart(store: Store, url: str) -> None:
    made = await store.create("ann", openai(organization="org-1"))
    assert (made.owner, made.type, made.name, made.revision, made.state) == (
        "ann",
        "openai_credential",
        "mine",
        1,
        "ok",
    )
    assert made.created_at == made.updated_at
    assert datetime.now(UTC) - made.created_at < timedelta(minutes=1)
    assert made.shown | {"api_key": KEY} == made.data
    assert made.shown["api_key"] == MASK
    await store.aclose()
    async with Store(url) as again:
        found = await again.get("ann", made.id)
        assert found == made
        assert found.data is not None
        credential = CredentialFactory.from_dict(found.data)
        assert credential.id == made.id
        assert credential.reveal()["api_key"] == KEY


async def test_nested_secrets_come_back(store: Store) -> None:
    CredentialFactory.register_credential(NestedCredential)
    data = {
        "type": "nested_credential",
        "accounts": [{"label": "a", "password": "one"}, {"label": "b", "password": "two"}],
        "by_region": {"eu/west~1.x": "three", "us": "four"},
    }
    made = await store.create("ann", data)
    assert made.shown["accounts"] == [{"label": "a", "password": MASK}, {"label": "b", "password": MASK}]
    assert made.shown["by_region"] == {"eu/west~1.x": MASK, "us": MASK}
    assert made.data == {**data, "id": made.id, "name": ""}


async def test_a_type_that_is_no_longer_installed_keeps_its_data(store: Store) -> None:
    CredentialFactory.register_credential(NestedCredential)
    made = await store.create("ann", {"type": "nested_credential", "accounts": [{"label": "a", "password": "one"}]})
    CredentialFactory.unregister_credential("nested")
    found = await store.get("ann", made.id)
    assert (found.state, found.data) == ("ok", made.data)
    with pytest.raises(CredentialError, match="no credential type"):
        await store.update("ann", made.id, made.shown)
    await store.delete("ann", made.id)


async def test_updates_replace_and_count(store: Store) -> None:
    made = await store.create("ann", openai(organization="org-1"))
    changed = await store.update("ann", made.id, openai("other", "sk-new-key-9"), if_revision=1)
    assert (changed.id, changed.revision, changed.name) == (made.id, 2, "other")
    assert changed.created_at == made.created_at
    assert changed.updated_at > made.updated_at
    assert changed.data is not None
    assert (changed.data["api_key"], changed.data["organization"]) == ("sk-new-key-9", None)


@pytest.mark.parametrize("data", [{}, {"type": "nope"}, openai(key=MASK), openai(key=""), openai(nope=1)])
async def test_what_is_no_credential_is_refused_and_changes_nothing(store: Store, data: dict[str, Any]) -> None:
    made = await store.create("ann", openai())
    before = await store.revision()
    with pytest.raises(CredentialError):
        await store.create("ann", data)
    with pytest.raises(CredentialError):
        await store.update("ann", made.id, data)
    assert await store.list("ann") == [made]
    assert await store.revision() == before


async def test_an_id_cannot_be_chosen(store: Store) -> None:
    first = await store.create("ann", openai())
    second = await store.create("bob", openai(id=first.id))
    assert first.id != second.id
    changed = await store.update("bob", second.id, openai(id=first.id))
    assert changed.data is not None
    assert changed.data["id"] == changed.id == second.id
    assert await store.get("ann", first.id) == first


async def test_an_old_revision_is_refused(store: Store) -> None:
    made = await store.create("ann", openai())
    await store.update("ann", made.id, openai("two"))
    for change in (
        store.update("ann", made.id, openai("three"), if_revision=1),
        store.delete("ann", made.id, if_revision=1),
    ):
        with pytest.raises(RevisionConflictError) as raised:
            await change
        assert raised.value.revision == 2
    assert (await store.get("ann", made.id)).name == "two"
    await store.delete("ann", made.id, if_revision=2)
    assert await store.list("ann") == []


async def test_of_many_who_change_one_revision_one_does(store: Store) -> None:
    made = await store.create("ann", openai())
    changes = [store.update("ann", made.id, openai(f"n{index}"), if_revision=1) for index in range(20)]
    done = await asyncio.gather(*changes, return_exceptions=True)
    winners = [one for one in done if not isinstance(one, BaseException)]
    assert len(winners) == 1
    assert {type(one) for one in done if isinstance(one, BaseException)} == {RevisionConflictError}
    assert (await store.get("ann", made.id)).name == winners[0].name


async def test_many_at_once_are_all_written_in_order(store: Store) -> None:
    before = await store.revision()
    made = await asyncio.gather(*(store.create("ann", openai(f"n{index}")) for index in range(100)))
    found = await store.list("ann")
    assert {one.id for one in found} == {one.id for one in made}
    assert [one.created_at for one in found] == sorted(one.created_at for one in found)
    assert await store.revision() == before + 100


async def test_who_goes_away_in_the_middle_leaves_a_store_that_works(store: Store) -> None:
    made = await store.create("ann", openai())
    chance = random.Random(7)
    for index in range(60):
        calls = [store.update("ann", made.id, openai(f"n{index}")), store.get("ann", made.id), store.list("ann")]
        tasks = [asyncio.create_task(call) for call in calls]
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    held = last = await store.update("ann", made.id, openai("last"))
    for _ in range(60):  # a change whose caller left takes place all the same, perhaps after the last one
        if (held := await store.get("ann", made.id)) == last:
            break
        last = await store.update("ann", made.id, openai("last"))
    assert held == last


@pytest.mark.parametrize("id", ["", "nope", "0" * 32, "a\0b", "\ud800", "0" * 10_000, "%", "' OR 1=1"])
async def test_an_id_that_there_is_not(store: Store, id: str) -> None:
    for call in (
        store.get("ann", id),
        store.delete("ann", id),
        store.share("ann", id, []),
        store.update("ann", id, openai()),
    ):
        with pytest.raises(RecordNotFoundError):
            await call


async def test_strange_texts_are_kept(store: Store) -> None:
    name = "a\0b 'x\"; DROP TABLE users; 语音 🎤 \\u0000"
    made = await store.create("ann", openai(name))
    assert (await store.get("ann", made.id)).name == name


# -- shares


async def test_others_see_nothing_until_it_is_shared(store: Store) -> None:
    made = await store.create("ann", openai())
    assert await store.list("bob") == []
    with pytest.raises(RecordNotFoundError):
        await store.get("bob", made.id)
    shared = await store.share("ann", made.id, ["bob", "eve", "ann"])
    assert shared.shared_with == ("bob", "eve")
    (seen,) = await store.list("bob")
    assert (seen.owner, seen.data, seen.shared_with) == ("ann", made.data, ("bob",))
    for change in (
        store.update("bob", made.id, openai("stolen")),
        store.delete("bob", made.id),
        store.share("bob", made.id, ["bob"]),
    ):
        with pytest.raises(NotOwnerError):
            await change
    await store.share("ann", made.id, ["eve"])
    assert await store.list("bob") == []
    assert [one.id for one in await store.list("eve")] == [made.id]
    await store.delete("ann", made.id)
    assert await store.list("eve") == []


async def test_sharing_with_nobody_known_changes_nothing(store: Store) -> None:
    made = await store.create("ann", openai())
    await store.share("ann", made.id, ["bob"])
    for names in (["eve", "zoe"], ["a\0b"], ["\ud800"], [""]):
        with pytest.raises(UserNotFoundError):
            await store.share("ann", made.id, names)
    assert (await store.get("ann", made.id)).shared_with == ("bob",)


# -- users and tokens


async def test_users(store: Store) -> None:
    assert await store.users() == ["ann", "bob", "eve"]
    with pytest.raises(UserExistsError):
        await store.add_user("ann")
    for name in ("", " ", "a b", "-x", "a\0", "x" * 65, "\ud800"):
        with pytest.raises(StoreError):
            await store.add_user(name)
    with pytest.raises(UserNotFoundError):
        await store.remove_user("zoe")
    with pytest.raises(UserNotFoundError):
        await store.create("zoe", openai())
    with pytest.raises(UserNotFoundError):
        await store.add_token("zoe", token_hash(make_token()))


async def test_who_is_removed_leaves_nothing(store: Store) -> None:
    mine, theirs = await store.create("ann", openai()), await store.create("bob", openai())
    await store.share("ann", mine.id, ["bob"])
    await store.share("bob", theirs.id, ["ann"])
    token = token_hash(make_token())
    await store.add_token("ann", token)
    await store.remove_user("ann")
    assert await store.user_of_token(token) is None
    assert [(one.id, one.shared_with) for one in await store.list("bob")] == [(theirs.id, ())]
    await store.add_user("ann")
    assert await store.list("ann") == []


async def test_tokens_say_who_asks(store: Store) -> None:
    assert not await store.has_token()
    token, session = token_hash(make_token()), token_hash(make_token())
    await store.add_token("bob", session, kind="session")
    assert not await store.has_token()
    await store.add_token("ann", token, name="laptop")
    assert await store.has_token()
    assert await store.has_token("ann")
    assert not await store.has_token("bob")
    found = await store.user_of_token(token)
    assert found is not None
    assert (found.user, found.kind, found.name, found.last_used_at) == ("ann", "token", "laptop", None)
    (listed,) = await store.tokens("ann")
    assert listed.last_used_at is not None
    assert [one.kind for one in await store.tokens("bob")] == ["session"]
    await store.remove_token(token)
    assert await store.user_of_token(token) is None
    assert await store.remove_tokens("bob") == 1
    assert await store.tokens() == []


async def test_an_expired_token_is_none(store: Store) -> None:
    old, new = token_hash(make_token()), token_hash(make_token())
    await store.add_token("ann", old, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await store.user_of_token(old) is None
    assert not await store.has_token()
    assert await store.tokens() == []
    await store.add_token("ann", new, expires_at=datetime.now(UTC) + timedelta(days=1))
    assert await store.user_of_token(new) is not None


# -- life


async def test_a_store_that_is_not_open_says_so(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError, match="not open"):
        await store.users()
    await store.aclose()
    await store.open()
    with pytest.raises(StoreError, match="open already"):
        await store.open()
    await store.aclose()
    await store.open()
    assert await store.users() == []
    await store.aclose()


@pytest.mark.parametrize("wrong", ["", "nope", "mysql://x/y", "sqlite://", "sqlite+aiosqlite:///:memory:", "http://[/"])
def test_a_url_that_is_none(wrong: str) -> None:
    with pytest.raises(StoreError, match="URL"):
        Store(wrong)


async def test_a_server_that_is_not_there_is_an_error_without_its_password() -> None:
    store = Store("postgresql://me:canary-password@127.0.0.1:1/x")
    with pytest.raises(StoreError) as raised:
        await store.open()
    assert "127.0.0.1" in str(raised.value)
    assert "canary" not in str(raised.value)
    assert raised.value.retryable
