"""The control API, under /_sandbox/: what is served, what was asked, faults and distance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from modeldeck.errors import ParameterError
from modeldeck.sandbox.distance import read_distance
from modeldeck.sandbox.faults import read_faults

if TYPE_CHECKING:
    from modeldeck.sandbox.host import Sandbox

PREFIX = "/_sandbox"


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """GET /, GET and DELETE /requests, PUT /faults, PUT /distance."""

    async def state(_: Request) -> Response:
        return JSONResponse(sandbox.state())

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.forget()
            return Response(status_code=204)
        return JSONResponse(sandbox.requests())

    async def faults(request: Request) -> Response:
        sandbox.arm(*read_faults(await _body(request)))
        return JSONResponse(sandbox.state())

    async def distance(request: Request) -> Response:
        sandbox.set_distance(read_distance(await _body(request)))
        return JSONResponse(sandbox.state())

    return [
        Route(f"{PREFIX}/", state),
        Route(f"{PREFIX}/requests", requests, methods=["GET", "DELETE"]),
        Route(f"{PREFIX}/faults", faults, methods=["PUT"]),
        Route(f"{PREFIX}/distance", distance, methods=["PUT"]),
    ]


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise ParameterError("the body is no JSON") from None
