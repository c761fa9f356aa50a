"""The application: its routes, what every request passes, and what it opens while it runs."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from modeldeck import __version__
from modeldeck.errors import MissingExtraError

try:
    from fastapi import FastAPI
    from fastapi.openapi.utils import get_openapi
    from starlette.middleware.cors import CORSMiddleware

    from modeldeck.server import problems, state
except ModuleNotFoundError as error:
    if (error.name or "").startswith("modeldeck"):
        raise
    raise MissingExtraError(
        f'the server needs its extra ({error.name} is missing): pip install "modeldeck[server]"', extra="server"
    ) from error

from modeldeck.server.gate import Gate
from modeldeck.server.routes import (
    agentscope,
    conversation,
    credentials,
    health,
    models,
    openai,
    pages,
    session,
    speech,
)
from modeldeck.server.settings import Settings
from modeldeck.server.shapes import Detail, Problem

ROUTERS = (
    health.router,
    session.router,
    credentials.router,
    models.router,
    openai.router,
    speech.router,
    conversation.router,
    agentscope.router,
    pages.router,
)
OPENAPI = "/api/v1/openapi.json"
_IMPLIED = "HTTPValidationError"
_ABOUT = (
    "Register a credential, pick a model, hear it. Send `Authorization: Bearer <token>`, or the cookie of a session."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application; settings come from the environment unless given. Raises MissingExtraError."""
    chosen = settings or Settings.from_env()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with state.opened(chosen) as server:
            app.state.modeldeck = server
            yield

    app = FastAPI(
        title="modeldeck",
        version=__version__,
        description=_ABOUT,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        **_telemetry(),
    )
    for router in ROUTERS:
        app.include_router(router)
    app.router.default = pages.Pages()
    problems.install(app)
    if chosen.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(chosen.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-Id", "X-User-ID"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id"],
        )
    app.add_middleware(Gate, settings=chosen)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with the errors' shapes and the two ways to say who one is."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        parts = found.setdefault("components", {})
        shapes = parts.setdefault("schemas", {})
        for shape in (Problem, Detail):
            schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
            shapes.update(schema.pop("$defs", {}))
            shapes[shape.__name__] = schema
        for unused in (_IMPLIED, "ValidationError"):
            shapes.pop(unused, None)
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "modeldeck_session"},
        }
        for path in found["paths"].values():
            for operation in path.values():
                if _IMPLIED in str(operation["responses"].get("422")):  # FastAPI's own; that route answers 400
                    del operation["responses"]["422"]
                if "401" in operation["responses"] and operation["operationId"] != "start_session":
                    operation["security"] = [{"token": []}, {"session": []}]
        app.openapi_schema = found
    return app.openapi_schema


def _telemetry() -> dict[str, Any]:
    """New FastAPIs (0.165) speak OpenTelemetry themselves; their logs would hold the texts of exceptions."""
    if "telemetry" not in inspect.signature(FastAPI.__init__).parameters:
        return {}
    return {"telemetry": {"logs": False, "operation_spans": False, "exclude": _is_front}}


def _is_front(scope: MutableMapping[str, Any]) -> bool:
    """Whose query may have a code that logs in."""
    return scope.get("path") == "/"
