"""The control API, under /_sandbox/: what is served, what was asked, faults and distance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from modeldeck.errors import ParameterError
from modeldeck.sandbox.distance import Distance
from modeldeck.sandbox.faults import Fault

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
        asked = await _body(request)
        if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
            raise ParameterError('faults: a list of specifications, ["cut;after=3"]', parameter="fault")
        sandbox.arm(*asked)
        return JSONResponse(sandbox.state())

    async def distance(request: Request) -> Response:
        sandbox.distance = read_distance(await _body(request))
        return JSONResponse(sandbox.state())

    return [
        Route(f"{PREFIX}/", state),
        Route(f"{PREFIX}/requests", requests, methods=["GET", "DELETE"]),
        Route(f"{PREFIX}/faults", faults, methods=["PUT"]),
        Route(f"{PREFIX}/distance", distance, methods=["PUT"]),
    ]


def read_distance(asked: Any) -> Distance:
    """`{"rtt": seconds, "bandwidth": bits per second or null}`; raises ParameterError."""
    match asked:
        case {"rtt": int() | float() as rtt, **rest} if 0 <= rtt <= 60 and set(rest) <= {"bandwidth"}:
            match rest.get("bandwidth"):
                case None:
                    return Distance(rtt)
                case (int() | float()) as bandwidth if bandwidth >= 1000:
                    return Distance(rtt, bandwidth)
    message = 'distance: {"rtt": seconds from 0 to 60, "bandwidth": bits per second from 1000, or null}'
    raise ParameterError(message, parameter="distance", value=asked)


def armed(specifications: tuple[Fault | str, ...]) -> list[Fault]:
    """Faults, read where they are text. Raises ParameterError."""
    return [one if isinstance(one, Fault) else Fault.parse(one) for one in specifications]


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise ParameterError("the body is no JSON") from None
