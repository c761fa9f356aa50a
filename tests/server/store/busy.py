"""A process that writes to a store, and rotates its key, until it is killed; it says what it begins and has done."""

from __future__ import annotations

import asyncio
import json
import random
import sys

from modeldeck.server.store import Store, UserExistsError


def say(*words: object) -> None:
    print(json.dumps(words), flush=True)


async def rotate(store: Store) -> None:
    await store.rotate()
    say("rotated", "", "", "")


async def write(store: Store, user: str, seed: int) -> None:
    chance = random.Random(seed)
    try:
        await store.add_user(user)
    except UserExistsError:
        pass
    ids = [one.id for one in await store.list(user)]
    rotating = asyncio.create_task(rotate(store))
    for count in range(1_000_000):
        if count % 40 == 20:
            await rotating
            rotating = asyncio.create_task(rotate(store))
        data = {"type": "openai_credential", "name": "x", "api_key": f"sk-{user}-{seed}-{count}"}
        act = chance.choice(["create"] * 3 + ["update"] * 6 + ["delete"]) if ids else "create"
        id = "" if act == "create" else chance.choice(ids)
        say("begin", act, id, data["api_key"])
        if act == "create":
            id = (await store.create(user, data)).id
            ids.append(id)
        elif act == "update":
            await store.update(user, id, data)
        else:
            await store.delete(user, id)
            ids.remove(id)
        say("done", act, id, data["api_key"])


async def main(url: str, user: str, seed: int) -> None:
    async with Store(url) as store:
        await write(store, user, seed)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
