"""Whether the server works; open to all, telling nothing else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from modeldeck import __version__
from modeldeck.errors import ModelDeckError
from modeldeck.server.shapes import Components, Health
from modeldeck.server.state import Server, Shared

router = APIRouter(tags=["health"])
_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "Not ready."}}


@router.get("/api/v1/health", response_model=Health, operation_id="health")
async def health(server: Shared) -> Health:
    """Always 200: the process answers."""
    return await _found(server)


@router.get("/health", response_model=Health, operation_id="health_at_the_root", tags=["agentscope"])
async def health_at_the_root(server: Shared) -> Health:
    """The same, where AgentScope's frontend looks."""
    return await _found(server)


@router.get("/api/v1/ready", response_model=Health, responses=_NOT_READY, operation_id="ready")
async def ready(server: Shared) -> Response:
    """503 until requests can be answered."""
    found = await _found(server)
    return JSONResponse(found.model_dump(), 200 if found.status == "ok" else 503)


async def _found(server: Server) -> Health:
    try:
        await server.store.revision()
        store = True
    except ModelDeckError:
        store = False
    deck = server.catalogue.ready
    parts = Components(store="ok" if store else "not_ready", deck="ok" if deck else "not_ready")
    return Health(status="ok" if store and deck else "not_ready", version=__version__, components=parts)
