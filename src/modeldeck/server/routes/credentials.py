"""Credential types and credentials."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from modeldeck.credential import Diagnosis
from modeldeck.credential.discovery import MAX_AGE
from modeldeck.errors import ModelNotFoundError
from modeldeck.server import shapes
from modeldeck.server.access import Visitor, Who
from modeldeck.server.bodies import Body
from modeldeck.server.credentials import Held
from modeldeck.server.deck import ModelEntry
from modeldeck.server.problems import documented
from modeldeck.server.state import Server, Shared

router = APIRouter(prefix="/api/v1", tags=["credentials"])
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
MaxAge = Annotated[
    float, Query(ge=0, allow_inf_nan=False, description="Seconds that what was said may be old; 0 asks again.")
]
IfMatch = Annotated[str | None, Header(description="The ETag that the change is made to; another one now is a 412.")]
_ETAG: dict[str, Any] = {"headers": {"ETag": {"schema": {"type": "string"}}}}
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The ETag still holds."}}


@router.get(
    "/credential-types",
    response_model=shapes.CredentialTypes,
    responses=documented() | _UNCHANGED,
    operation_id="list_credential_types",
)
async def list_credential_types(_: Who, request: Request, server: Shared) -> Response:
    """Every type with its form."""
    return (await server.catalogue.snapshot()).credential_types().answer(request)


@router.get("/credentials", response_model=shapes.Credentials, responses=documented(), operation_id="list_credentials")
async def list_credentials(who: Who, server: Shared) -> shapes.Credentials:
    """What is built in, then one's own and those that are shared with one."""
    found = [server.credentials.view(held, who.user) for held in await server.credentials.all(who.user)]
    return shapes.Credentials(credentials=found, total=len(found))


@router.post(
    "/credentials",
    response_model=shapes.Credential,
    status_code=201,
    responses=documented() | {201: {"headers": {**_ETAG["headers"], "Location": {"schema": {"type": "string"}}}}},
    operation_id="create_credential",
)
async def create_credential(asked: shapes.CredentialCreate, who: Who, server: Shared) -> Response:
    held = await server.credentials.create(who.user, asked.data)
    return _answer(held, who, server, 201, {"Location": f"/api/v1/credentials/{held.id}"})


@router.post(
    "/credentials/check", response_model=shapes.Diagnosis, responses=documented(403, 404), operation_id="try_credential"
)
async def try_credential(asked: shapes.CredentialTrial, who: Who, server: Shared) -> shapes.Diagnosis:
    """Ask the provider, at no cost, whether what a form holds works."""
    return _diagnosis(await server.credentials.trial(who.user, asked.data, asked.id))


@router.get(
    "/credentials/{id}",
    response_model=shapes.Credential,
    responses=documented(404) | {200: _ETAG},
    operation_id="get_credential",
)
async def get_credential(id: Id, who: Who, server: Shared) -> Response:
    return _answer(await server.credentials.get(who.user, id), who, server)


@router.patch(
    "/credentials/{id}",
    response_model=shapes.Credential,
    responses=documented(404, 409, 412) | {200: _ETAG},
    operation_id="update_credential",
)
async def update_credential(
    id: Id, asked: shapes.CredentialUpdate, who: Who, server: Shared, if_match: IfMatch = None
) -> Response:
    """Fields that are absent stay, null empties one, a masked secret stays."""
    held = await server.credentials.update(who.user, id, asked.data, _revision(if_match))
    return _answer(held, who, server)


@router.delete(
    "/credentials/{id}", status_code=204, responses=documented(404, 409, 412), operation_id="delete_credential"
)
async def delete_credential(id: Id, who: Who, server: Shared, if_match: IfMatch = None) -> Response:
    await server.credentials.delete(who.user, id, _revision(if_match))
    return Response(status_code=204)


@router.put(
    "/credentials/{id}/shares",
    response_model=shapes.Credential,
    responses=documented(404, 409) | {200: _ETAG},
    operation_id="share_credential",
)
async def share_credential(id: Id, asked: shapes.CredentialShares, who: Who, server: Shared) -> Response:
    """Let others use it, without seeing or changing it."""
    return _answer(await server.credentials.share(who.user, id, asked.users), who, server)


@router.post(
    "/credentials/{id}/check",
    response_model=shapes.Diagnosis,
    responses=documented(404),
    operation_id="check_credential",
)
async def check_credential(id: Id, who: Who, server: Shared) -> shapes.Diagnosis:
    """Ask the provider, at no cost, whether it works."""
    return _diagnosis(await server.credentials.check(who.user, id))


@router.get(
    "/credentials/{id}/models",
    response_model=shapes.LiveModels,
    responses=documented(404) | _UNCHANGED | {200: _ETAG},
    operation_id="discover_models",
)
async def discover_models(
    id: Id,
    who: Who,
    request: Request,
    server: Shared,
    family: Annotated[Literal["tts"], Query()] = "tts",
    max_age: MaxAge = MAX_AGE,
    missing: Annotated[bool, Query(description="Also models that the account's own list does not have.")] = False,
) -> Response:
    """What the account really has, asked for at the provider, or remembered from a moment ago."""
    credential, found = await server.credentials.discover(who.user, id, max_age)
    cards = [card for card in found.cards if missing or not card.live or card.live.listed is not False]
    models = [ModelEntry(type(credential), family, card).facts for card in cards]
    age = max(0.0, (datetime.now(UTC) - found.at).total_seconds()) if found.at is not None else None
    told = {"models": models, "total": len(models), "at": found.at, "problems": list(found.problems)}
    return Body.of(told, age=age).answer(request)


@router.get(
    "/credentials/{id}/model",
    response_model=shapes.ModelDetail,
    responses=documented(404) | _UNCHANGED | {200: _ETAG},
    operation_id="get_discovered_model",
)
async def get_discovered_model(
    id: Id,
    who: Who,
    request: Request,
    server: Shared,
    ref: Annotated[str, Query(max_length=300, description="provider/model.")],
    max_age: MaxAge = MAX_AGE,
) -> Response:
    """One model as the account has it, with its voices and its schema."""
    credential, found = await server.credentials.discover(who.user, id, max_age)
    for one in (ModelEntry(type(credential), "tts", card) for card in found.cards):
        if one.ref == ref:
            return Body.of(one.detail).answer(request)
    raise ModelNotFoundError(f"the account has no model {ref!r}", provider=credential.provider_name())


def _answer(
    held: Held, who: Visitor, server: Server, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    view = server.credentials.view(held, who.user)
    etag = {"ETag": f'"{view.revision}"', "Cache-Control": "private, no-cache"}
    return JSONResponse(view.model_dump(mode="json"), status, {**etag, **(headers or {})})


def _revision(condition: str | None) -> int | None:
    """If-Match; None: whatever there is. Raises HTTPException (412) for a tag that no revision has."""
    if condition is None or condition.strip() == "*":
        return None
    number = condition.strip().strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 15:
        raise HTTPException(412, "If-Match: give one ETag of the credential")
    return int(number)


def _diagnosis(found: Diagnosis) -> shapes.Diagnosis:
    return shapes.Diagnosis(ok=found.ok, **asdict(found))
