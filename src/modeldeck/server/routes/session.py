"""Who one is here, and the cookie that a browser gets for a token."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from modeldeck.server.access import Who, from_our_page
from modeldeck.server.problems import documented
from modeldeck.server.shapes import Session, SessionStart
from modeldeck.server.state import Shared

router = APIRouter(prefix="/api/v1", tags=["session"])


@router.get("/session", response_model=Session, responses=documented(), operation_id="get_session")
async def get_session(who: Who) -> Session:
    return Session(user=who.user, kind=who.kind)


@router.post("/session", response_model=Session, responses=documented(), operation_id="start_session")
async def start_session(start: SessionStart, request: Request, response: Response, server: Shared) -> Session:
    """A token for a cookie; only for pages of this server."""
    if not from_our_page(request.headers):
        raise HTTPException(403, "only a page of this server may ask for a cookie")
    user = await server.access.user_of(start.token, request)
    await server.access.begin(user, request, response, await server.access.expiry_of(start.token))
    return Session(user=user, kind="cookie")


@router.delete("/session", status_code=204, responses=documented(), operation_id="end_session")
async def end_session(who: Who, request: Request, server: Shared) -> Response:
    """Forget the cookie; a token stays good."""
    answer = Response(status_code=204)
    await server.access.end(request, answer)
    return answer
