"""What `credential.discover_tts_models()` asks a provider for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modeldeck._wire.lists import LiveModel, LiveVoice, Page, PageRequest
from modeldeck.errors import ModelDeckError

__all__ = ["NOT_OFFERED", "Listing", "LiveModel", "LiveVoice", "Page", "PageRequest"]

NOT_OFFERED = frozenset({400, 404, 405, 422, 501})


@dataclass(frozen=True, slots=True)
class Listing:
    """One list that a provider keeps for an account: free, and asked for a page at a time.

    `name`: for people, such as voices. `ask(more)`: the request for a page, the first when `more` is None.
    `read(answer, more)`: what the answer's JSON lists; ValueError for another shape. `error` makes ours of a status
    that is not 2xx (status, body, headers). `absent`: statuses that mean that this service keeps no such list, which is
    fine while it keeps another.

    `models`: it lists models, all that there are. Of one that lists voices: `about`, the names of the cards that they
    are for, None: every model of the account; `whole`, those cards have no other voices; `unnamed`, what to call the
    model where the service has voices and lists no models.
    """

    name: str
    ask: Callable[[Any], PageRequest]
    headers: Mapping[str, str] = field(repr=False)
    error: Callable[[int, bytes, Mapping[str, str]], ModelDeckError]
    read: Callable[[Any, Any], Page]
    models: bool = False
    about: frozenset[str] | None = None
    whole: bool = False
    unnamed: str = ""
    absent: frozenset[int] = frozenset()
