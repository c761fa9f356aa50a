"""How the gateway is dialled."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial

from modeldeck._transport.link import Dial, Link
from modeldeck.providers.livekit.credential import LiveKitCredential
from modeldeck.providers.livekit.wire.tts import Wanted, create, path


@dataclass(frozen=True, slots=True, repr=False)
class ModelDial(Dial):
    """Its spares fit whichever model the URL names: every message names its own."""

    url: str = field(compare=False)


def dial(credential: LiveKitCredential, asked: Wanted, owner: str) -> Dial:
    """`owner`: who else takes these connections; what a message cannot change is theirs in common."""
    host = credential.host()
    fixed = [host, owner, asked.sample_rate, asked.fallback, asked.timeout, asked.retries]
    return ModelDial(
        host + path(asked.model), credential.headers, json.dumps(fixed, sort_keys=True), partial(_created, asked)
    )


async def _created(asked: Wanted, link: Link) -> None:
    """Begin the session of a new connection."""
    if link.state is None:
        await link.send(create(asked))
        link.state = "created"
