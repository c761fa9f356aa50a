"""The paths that AgentScope's own frontend asks (its release 2.0.10), answered from the same deck and store.

Errors are `{"detail": …}` there. Its `X-User-ID` says nothing: the token does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from modeldeck.credential import CredentialFactory
from modeldeck.server import shapes
from modeldeck.server.access import Who
from modeldeck.server.credentials import Held
from modeldeck.server.problems import documented_detail
from modeldeck.server.routes.credentials import Id
from modeldeck.server.state import Server, Shared

router = APIRouter(tags=["agentscope"])
Provider = Annotated[str, Query(max_length=100, description="A credential type, or its provider.")]
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The ETag still holds."}}


class CredentialView(BaseModel):
    id: str
    created_at: datetime | None
    updated_at: datetime | None
    user_id: str
    data: dict[str, Any]
    editable: bool


class CredentialViews(BaseModel):
    credentials: list[CredentialView]
    total: int


class Created(BaseModel):
    credential_id: str


class Schemas(BaseModel):
    schemas: list[dict[str, Any]]


class Cards(BaseModel):
    models: list[dict[str, Any]]
    total: int


@router.get(
    "/credential/schemas",
    response_model=Schemas,
    responses=documented_detail(),
    operation_id="agentscope_credential_schemas",
)
async def credential_schemas(_: Who) -> Schemas:
    return Schemas(schemas=CredentialFactory.list_schemas())


@router.get(
    "/credential/",
    response_model=CredentialViews,
    responses=documented_detail(),
    operation_id="agentscope_list_credentials",
)
async def list_credentials(who: Who, server: Shared) -> CredentialViews:
    found = [_view(server, held, who.user) for held in await server.credentials.all(who.user)]
    return CredentialViews(credentials=found, total=len(found))


@router.post(
    "/credential/",
    response_model=Created,
    status_code=201,
    responses=documented_detail(),
    operation_id="agentscope_create_credential",
)
async def create_credential(asked: shapes.CredentialCreate, who: Who, server: Shared) -> Created:
    held = await server.credentials.create(who.user, _without_empty(asked.data))
    return Created(credential_id=held.id)


@router.patch(
    "/credential/{id}",
    response_model=CredentialView,
    responses=documented_detail(404, 409),
    operation_id="agentscope_update_credential",
)
async def update_credential(id: Id, asked: shapes.CredentialUpdate, who: Who, server: Shared) -> CredentialView:
    return _view(server, await server.credentials.update(who.user, id, _cleared(asked.data)), who.user)


@router.delete(
    "/credential/{id}",
    status_code=204,
    responses=documented_detail(404, 409),
    operation_id="agentscope_delete_credential",
)
async def delete_credential(id: Id, who: Who, server: Shared) -> Response:
    await server.credentials.delete(who.user, id)
    return Response(status_code=204)


def _listing(path: str, family: str, name: str) -> None:
    @router.get(
        path, response_model=Cards, responses=documented_detail(404) | _UNCHANGED, operation_id=f"agentscope_{name}"
    )
    async def listing(_: Who, request: Request, server: Shared, provider: Provider) -> Response:
        found = CredentialFactory.get_credential_class(provider)
        if found is None:
            raise HTTPException(404, f"Provider {provider!r} not found.")
        return (await server.catalogue.snapshot()).cards(found, family).answer(request)

    listing.__doc__ = f"The cards of the {family} models of a credential type."


_listing("/model/", "chat", "list_models")
_listing("/tts-model/", "tts", "list_tts_models")
_listing("/embedding-model/", "embedding", "list_embedding_models")
_listing("/realtime/models", "realtime", "list_realtime_models")


def _view(server: Server, held: Held, user: str) -> CredentialView:
    view = server.credentials.view(held, user)
    return CredentialView(
        id=view.id,
        created_at=view.created_at,
        updated_at=view.updated_at,
        user_id=view.owner or user,
        data={**view.data, "id": view.id},
        editable=view.editable,
    )


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """An empty input of that frontend is a field that is not set."""
    return {name: value for name, value in data.items() if value != ""}


def _cleared(data: dict[str, Any]) -> dict[str, Any]:
    """The same of a change, where leaving a field out would keep it; an empty secret is one that was not typed."""
    secrets = {name for schema in CredentialFactory.list_schemas() for name in _secret_fields(schema)}
    kept = {name: value for name, value in data.items() if value != "" or name not in secrets}
    return {name: None if value == "" and name != "name" else value for name, value in kept.items()}


def _secret_fields(schema: dict[str, Any]) -> list[str]:
    return [name for name, prop in schema["properties"].items() if prop.get("writeOnly")]
