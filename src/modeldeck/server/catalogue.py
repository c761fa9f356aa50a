"""What is in the deck, ready to be sent: filtered, searched, paged, encoded once per revision."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from modeldeck._cards.deck import order
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.credential.base import credential_type
from modeldeck.server.bodies import Body
from modeldeck.server.deck import Alike, Encoded, Judged, ModelEntry, Source, sources
from modeldeck.tts.card import TTSModelCard
from modeldeck.tts.languages import speaks
from modeldeck.tts.search import words
from modeldeck.tts.similar import similar_voices
from modeldeck.tts.voices import LISTED, VoiceQuery

_MOST_BODIES = 128  # of one revision; the oldest goes first


@dataclass(frozen=True, slots=True)
class Query:
    """Which models or voices; None: any. `type` and `provider` mean the same of a credential, long and short."""

    family: str | None = None
    provider: str | None = None
    type: str | None = None
    ref: str | None = None
    language: str | None = None
    gender: str | None = None
    realtime: bool | None = None
    status: str | None = None
    q: str = ""
    limit: int = 50
    offset: int = 0
    near: bool = False
    styles: tuple[str, ...] = ()
    like: str | None = None

    @property
    def voice(self) -> VoiceQuery:
        """What is asked of a voice; models that are switched off count only where they, or this, are named."""
        status = (self.status,) if self.status else LISTED if self.ref is None else None
        return VoiceQuery(self.language, self.near, self.gender, self.styles, self.realtime, status=status)


class Snapshot:
    """The deck of one revision."""

    def __init__(self, found: Sequence[Source]) -> None:
        self.sources = list(found)
        self.models = sorted(_models(found), key=lambda one: (one.credential_type, order(one.card)))
        self.by_ref = {model.ref: model for model in reversed(self.models)}
        self.problems = list(dict.fromkeys(problem for source in found for problem in source.problems))
        self._bodies: dict[Any, Body] = {}

    @cached_property
    def revision(self) -> str:
        digest = hashlib.sha256(to_json(self.problems))
        for model in self.models:
            digest.update(model.encoded)
            digest.update(model.card.schema_bytes if hasattr(model.card, "schema_bytes") else b"")
            digest.update(to_json([voice.model_dump(mode="json") for voice in model.voices]))
        for cls in CredentialFactory.credential_classes():
            digest.update(f"{cls.__module__}.{cls.__qualname__}".encode())
        return digest.hexdigest()[:16]

    def prepare(self) -> None:
        """What requests would else wait for: the revision, and the words of every model and voice."""
        _ = self.revision
        for model in self.models:
            _ = model.text
            for voice in model.voice_entries:
                _ = voice.text

    def body(self, key: Any, make: Callable[[], Body]) -> Body:
        """Made at the first wish, and kept."""
        found = self._bodies.get(key)
        if found is None:
            found = self._bodies[key] = make()
            if len(self._bodies) > _MOST_BODIES:
                del self._bodies[next(iter(self._bodies))]
        return found

    def model_page(self, query: Query) -> Body:
        return self.body(
            ("models", query), lambda: self._page("models", self._models(query), query, problems=self.problems)
        )

    async def voice_page(self, query: Query) -> Body:
        """Thousands of voices are judged beside the event loop, which may be speaking."""
        found = self._bodies.get(("voices", query))
        if found is not None:
            return found
        made = await asyncio.to_thread(self._voice_page, query)
        return self.body(("voices", query), lambda: made)

    def _voice_page(self, query: Query) -> Body:
        return self._page("voices", self._voices(query), query)

    def credential_types(self) -> Body:
        return self.body("types", self._types)

    def cards(self, provider: type[CredentialBase], family: str) -> Body:
        """As AgentScope lists them."""
        kind = credential_type(provider)

        def make() -> Body:
            found = [one for one in self.models if one.credential_type == kind and one.family == family]
            cards = sorted((one.card for one in found), key=order)
            return Body.of({"models": [card.model_dump(mode="json") for card in cards], "total": len(cards)})

        return self.body(("cards", kind, family), make)

    def _types(self) -> Body:
        found = [_type(form, self.sources) for form in CredentialFactory.list_schemas()]
        return Body.of({"types": found, "total": len(found), "problems": CredentialFactory.problems()})

    def _voices(self, query: Query) -> Sequence[Encoded]:
        if query.like is not None:
            return self._alike(query.like, query)
        wanted, asked = words(query.q), query.voice
        found: list[tuple[float, Encoded]] = []
        for model in self.models:
            if _is_of(model, query) and asked.takes(model.card):
                for one in model.voice_entries:
                    matched = asked.match(one.voice, one.languages)
                    if matched is not None and (not wanted or one.text.has(wanted)):
                        found.append((matched[0], one if query.language is None else Judged(one, *matched)))
        return [one for _, one in sorted(found, key=lambda pair: -pair[0])]

    def _alike(self, like: str, query: Query) -> list[Encoded]:
        """The same kind of voice, the most alike first. Raises ModelNotFoundError."""
        cards = [one.card for one in self.models if isinstance(one.card, TTSModelCard)]
        found = similar_voices(
            like, provider=query.provider, realtime=query.realtime, language=query.language, limit=1000, cards=cards
        )
        return [Alike(one) for one in found]

    def _models(self, query: Query) -> Iterator[ModelEntry]:
        wanted = words(query.q)
        return (one for one in self.models if _is_model(one, query, wanted))

    def _page(self, name: str, entries: Iterable[Encoded], query: Query, **more: Any) -> Body:
        found = list(entries)
        page = b",".join(one.encoded for one in found[query.offset : query.offset + query.limit])
        rest = to_json({"total": len(found), "revision": self.revision, **more})
        return Body(b'{"' + name.encode() + b'":[' + page + b"]," + rest[1:])


class Catalogue:
    """The newest snapshot; looks for changes at most every `refresh` seconds, beside the event loop."""

    def __init__(self, refresh: float) -> None:
        self._refresh = refresh
        self._snapshot: Snapshot | None = None
        self._looked = 0.0
        self._look: asyncio.Task[Snapshot] | None = None

    @property
    def ready(self) -> bool:
        return self._snapshot is not None

    async def snapshot(self) -> Snapshot:
        """As the cards stand now, or stood a moment ago."""
        known = self._snapshot
        if known is not None and time.monotonic() - self._looked < self._refresh:
            return known
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(asyncio.to_thread(self._newest, self._snapshot))
        found = await asyncio.shield(self._look)
        self._snapshot, self._looked = found, time.monotonic()
        return found

    @staticmethod
    def _newest(known: Snapshot | None) -> Snapshot:
        found = sources()
        if known is not None and _same(known.sources, found):
            return known
        made = Snapshot(found)
        made.prepare()
        return made if known is None or made.revision != known.revision else _renewed(known, made)


def _renewed(known: Snapshot, made: Snapshot) -> Snapshot:
    """The cards as they are now, with the bodies, which are equal."""
    made._bodies = known._bodies
    return made


def _same(known: Sequence[Source], found: Sequence[Source]) -> bool:
    return len(known) == len(found) and all(map(_equal, known, found))


def _equal(old: Source, new: Source) -> bool:
    same = old.token is new.token or (isinstance(old.token, str | bytes) and old.token == new.token)
    return same and old.owner is new.owner


def _models(found: Iterable[Source]) -> Iterator[ModelEntry]:
    for source in found:
        for card in source.cards:
            yield ModelEntry(source.owner, source.family, card)


def _is_of(model: ModelEntry, query: Query) -> bool:
    names = (query.provider, query.type)
    return (
        all(one is None or one in (model.provider, model.credential_type) for one in names)
        and query.family in (None, model.family)
        and query.ref in (None, model.ref)
        and query.realtime in (None, getattr(model.card, "realtime", False))
        and query.status in (None, model.card.status)
    )


def _is_model(model: ModelEntry, query: Query, wanted: Sequence[str]) -> bool:
    return (
        _is_of(model, query)
        and (query.language is None or speaks(model.languages, query.language))
        and (query.gender is None or query.gender in model.genders)
        and (not wanted or model.text.has(wanted))
    )


def _type(form: dict[str, Any], found: Sequence[Source]) -> dict[str, Any]:
    cls = CredentialFactory.find(form["properties"]["type"]["const"])
    return {
        "type": form["properties"]["type"]["const"],
        "provider": cls.provider_name(),
        "title": title_of(cls),
        "schema": form,
        "ui_schema": _ui_schema(form),
        "families": list(dict.fromkeys(source.family for source in found if source.owner is cls)),
        "env": {field: list(names) for field, names in cls.env.items()},
    }


def title_of(cls: type[CredentialBase]) -> str:
    return cls.model_config.get("title") or cls.__name__


def _ui_schema(form: dict[str, Any]) -> dict[str, Any]:
    """The name first, secrets as passwords, the type out of sight."""
    fields = form["properties"]
    widgets = {name: {"ui:widget": "password"} for name, prop in fields.items() if prop.get("writeOnly")}
    order_of = [name for name in ("name", *fields) if name in fields]
    return {"ui:order": list(dict.fromkeys(order_of)), "type": {"ui:widget": "hidden"}, **widgets}
