"""Models, voices, and what they let be set."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.exceptions import HTTPException

from modeldeck.server import deal, shapes
from modeldeck.server.access import Who
from modeldeck.server.bodies import Body
from modeldeck.server.calls import found_for
from modeldeck.server.catalogue import Query as Wanted
from modeldeck.server.credentials import type_of
from modeldeck.server.problems import documented
from modeldeck.server.state import Shared
from modeldeck.tts import find_model
from modeldeck.tts.facts import Status

router = APIRouter(prefix="/api/v1", tags=["models"])
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The ETag still holds."}}
_ETAG: dict[int | str, dict[str, Any]] = {200: {"headers": {"ETag": {"schema": {"type": "string"}}}}}

Ref = Annotated[str, Query(max_length=300, description="provider/model, or provider/model:voice.")]
OneRef = Annotated[str | None, Query(max_length=300, description="Of this model.")]
Word = Annotated[str | None, Query(max_length=100)]
Language = Annotated[str | None, Query(max_length=40, description="BCP 47: en is any English, en-GB one.")]
Search = Annotated[str, Query(max_length=200, description="Words, each of which must be found.")]
Gender = Annotated[shapes.Gender | None, Query()]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get(
    "/models",
    response_model=shapes.ModelPage,
    responses=documented(404) | _UNCHANGED | _ETAG,
    operation_id="list_models",
)
async def list_models(
    who: Who,
    request: Request,
    server: Shared,
    family: Annotated[shapes.Family | None, Query()] = None,
    provider: Word = None,
    type: Annotated[str | None, Query(max_length=100, description="A credential type.")] = None,
    credential: Annotated[str | None, Query(max_length=64, description="The id of a credential.")] = None,
    language: Language = None,
    gender: Gender = None,
    realtime: Annotated[bool | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    q: Search = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """The models of every type, or under one credential; active ones first."""
    if credential is not None:
        own = type_of(await server.credentials.get(who.user, credential))
        type = own if type in (None, own, own.removesuffix("_credential")) else ""
    wanted = Wanted(family, provider, type, None, language, gender, realtime, status, q.strip(), limit, offset)
    return (await server.catalogue.snapshot()).model_page(wanted).answer(request)


@router.get(
    "/model",
    response_model=shapes.ModelDetail,
    responses=documented(404) | _UNCHANGED | _ETAG,
    operation_id="get_model",
)
async def get_model(_: Who, request: Request, server: Shared, ref: Ref) -> Response:
    """One model with its voices and its schema."""
    snapshot = await server.catalogue.snapshot()
    model = snapshot.by_ref.get(ref)
    if model is None:
        model = deal.described(ref)
        return Body.of(model.detail).answer(request)
    return snapshot.body(("model", ref), lambda: Body.of(model.detail)).answer(request)


@router.get(
    "/model/schema",
    response_model=shapes.ModelSchema,
    responses=documented(404) | _UNCHANGED | _ETAG,
    operation_id="get_model_schema",
)
async def get_model_schema(_: Who, request: Request, ref: Ref) -> Response:
    return Body.of(deal.schemas(ref)).answer(request)


@router.get(
    "/voices",
    response_model=shapes.VoicePage,
    responses=documented(404) | _UNCHANGED | _ETAG,
    operation_id="list_voices",
)
async def list_voices(
    _: Who,
    request: Request,
    server: Shared,
    ref: OneRef = None,
    provider: Word = None,
    language: Language = None,
    gender: Gender = None,
    realtime: Annotated[bool | None, Query()] = None,
    status: Annotated[Status | None, Query(description="Of the model; else all but sunset ones.")] = None,
    style: Annotated[list[str], Query(max_length=10, description="Each of which it must have.")] = [],  # noqa: B006
    near: Annotated[bool, Query(description="Also another region of the language, or none said.")] = False,
    like: Annotated[
        str | None,
        Query(
            max_length=300,
            description="provider/model:voice; the same kind of voice elsewhere, the most alike first. Of the other "
            "filters provider, realtime and language hold.",
        ),
    ] = None,
    q: Search = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """The voices of one model, or of all; the best match first."""
    styles = tuple(style)
    wanted = Wanted(
        None, provider, None, ref, language, gender, realtime, status, q.strip(), limit, offset, near, styles, like
    )
    snapshot = await server.catalogue.snapshot()
    return (await snapshot.voice_page(wanted)).answer(request)


@router.post(
    "/validate", response_model=shapes.Validated, responses=documented(404), operation_id="validate_parameters"
)
async def validate_parameters(asked: shapes.ParameterCheck, who: Who, server: Shared) -> shapes.Validated:
    """The parameters as a call would send them; 422 with what a constructor says of them."""
    if asked.credential is None:
        model = find_model(asked.ref)
    else:
        model, _ = await found_for(server, who.user, asked.ref, asked.credential)
    found = deal.effective(model, asked.parameters, server.settings.enforce)
    return shapes.Validated(parameters=found)


@router.post("/switch", response_model=shapes.SwitchResult, responses=documented(404), operation_id="switch_model")
async def switch_model(asked: shapes.Switch, _: Who) -> shapes.SwitchResult:
    """What of the parameters of one model holds for another."""
    if len(asked.parameters) > 200:
        raise HTTPException(422, "at most 200 parameters")
    return deal.switched(asked.from_ref, asked.to_ref, asked.parameters)
