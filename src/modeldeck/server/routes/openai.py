"""What clients of OpenAI's API ask besides speech: models and voices."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from modeldeck.errors import ModelNotFoundError
from modeldeck.server.access import Who
from modeldeck.server.bodies import Body
from modeldeck.server.calls import full_reference
from modeldeck.server.catalogue import Snapshot
from modeldeck.server.credentials import type_of
from modeldeck.server.deck import ModelEntry
from modeldeck.server.state import Server, Shared


class OpenAIFinding(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(BaseModel):
    """An error as clients of OpenAI's API read it."""

    error: OpenAIFinding


class OpenAIModel(BaseModel):
    id: str = Field(description="provider/name.")
    object: Literal["model"] = "model"
    created: int = Field(description="Unix seconds: when the facts on its card were verified; 0: never.")
    owned_by: str = Field(description="The provider.")


class OpenAIModels(BaseModel):
    object: Literal["list"] = "list"
    data: list[OpenAIModel]


class OpenAIVoice(BaseModel):
    id: str
    name: str
    model: str = Field(description="provider/name.")
    languages: list[str]
    gender: str | None


class OpenAIVoices(BaseModel):
    voices: list[OpenAIVoice]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: the errors that it may answer besides those that every route may."""
    return {
        status: {"model": OpenAIError, "description": HTTPStatus(status).phrase}
        for status in sorted({*statuses, 400, 401, 403, 413, 429, 503})
    }


router = APIRouter(tags=["openai"])


@router.get(
    "/v1/models",
    operation_id="list_openai_models",
    summary="The models that your credentials open",
    response_model=OpenAIModels,
    responses={304: {"description": "Not Modified"}, **refusals()},
)
async def list_models(request: Request, who: Who, server: Shared) -> Response:
    snapshot = await server.catalogue.snapshot()
    types = await _opened(server, who.user)
    body = snapshot.body(("openai models", types), lambda: _models(snapshot, types))
    return body.answer(request)


@router.get(
    "/v1/models/{model:path}",
    operation_id="get_openai_model",
    summary="One model",
    responses=refusals(404),
)
async def get_model(model: str, who: Who, server: Shared) -> OpenAIModel:
    return _shown(_entry(await server.catalogue.snapshot(), model))


@router.get(
    "/v1/audio/voices",
    operation_id="list_openai_voices",
    summary="The voices of a model, or of all models that your credentials open",
    response_model=OpenAIVoices,
    responses={304: {"description": "Not Modified"}, **refusals(404)},
)
async def list_voices(
    request: Request, who: Who, server: Shared, model: Annotated[str | None, Query(min_length=1)] = None
) -> Response:
    snapshot = await server.catalogue.snapshot()
    if model is not None:
        entry = _entry(snapshot, model)
        return snapshot.body(("openai voices", entry.ref), lambda: _voices([entry])).answer(request)
    types = await _opened(server, who.user)
    found = [one for one in _speaking(snapshot) if one.credential_type in types]
    return snapshot.body(("openai voices", types), lambda: _voices(found)).answer(request)


async def _opened(server: Server, user: str) -> frozenset[str]:
    """The types of the credentials that the user can use."""
    held = await server.credentials.all(user)
    return frozenset(type_of(one) for one in held if one.credential is not None)


def _speaking(snapshot: Snapshot) -> Iterable[ModelEntry]:
    return (one for one in snapshot.models if one.family == "tts")


def _entry(snapshot: Snapshot, model: str) -> ModelEntry:
    """Raises ModelNotFoundError."""
    reference = full_reference(snapshot.models, model)
    entry = snapshot.by_ref.get(reference)
    if entry is None or entry.family != "tts":
        raise ModelNotFoundError(f"no model {reference!r}: GET /v1/models lists them")
    return entry


def _models(snapshot: Snapshot, types: frozenset[str]) -> Body:
    found = [_shown(one) for one in _speaking(snapshot) if one.credential_type in types]
    return Body.of(OpenAIModels(data=found).model_dump())


def _shown(entry: ModelEntry) -> OpenAIModel:
    verified = getattr(entry.card, "verified", None)
    created = calendar.timegm(verified.timetuple()) if verified is not None else 0
    return OpenAIModel(id=entry.ref, created=created, owned_by=entry.provider)


def _voices(models: Iterable[ModelEntry]) -> Body:
    found = [
        OpenAIVoice(id=one.id, name=one.label, model=entry.ref, languages=list(one.languages), gender=one.gender)
        for entry in models
        for one in entry.voices
    ]
    return Body.of(OpenAIVoices(voices=found).model_dump())
