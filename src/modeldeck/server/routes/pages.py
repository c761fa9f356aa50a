"""The web picker: its built files, and the link that logs a browser in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from modeldeck.server.problems import AGENTSCOPE, plain, respond
from modeldeck.server.state import Shared

WEB = Path(__file__).resolve().parent.parent / "web"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_OF_PROGRAMS = ("/api/", "/v1/", *(f"{path}/" for path in AGENTSCOPE), "/assets/")
_UNBUILT = "modeldeck serves its API here; the web page was not built. The API: /api/v1/openapi.json\n"

Code = Annotated[str | None, Query(max_length=200)]
router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def front(request: Request, server: Shared, code: Code = None) -> Response:
    """The page; with a code, first the cookie that the code is for."""
    if code is None or request.method != "GET":  # a preview of the link is not its use
        return page()
    user = server.access.codes.redeem(code)
    if user is None:
        return RedirectResponse("/?code_refused=1", 303)
    answer = RedirectResponse("/", 303)
    await server.access.begin(user, request, answer)
    return answer


class Pages:
    """What no route is for: a file of the picker, else the picker itself where a browser goes to a page of it."""

    def __init__(self) -> None:
        self._files = StaticFiles(directory=WEB, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        answer = self._answer(scope) if scope["method"] in ("GET", "HEAD") else None
        answer = answer or respond(plain(404, "nothing is here"), scope["path"])
        await answer(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        name = self._files.get_path({"path": path, "root_path": ""})
        try:
            found, status = self._files.lookup_path(name)
            there = status is not None and Path(found).is_file()
        except (OSError, ValueError):  # a name that no file can have
            return None
        if there and status is not None and name != "index.html":
            answer = self._files.file_response(found, status, scope)
            answer.headers["Cache-Control"] = _FOR_EVER if path.startswith("/assets/") else _ASK_AGAIN
            return answer
        if path.startswith(_OF_PROGRAMS) or "text/html" not in Headers(scope=scope).get("accept", ""):
            return None
        return page()


def page() -> Response:
    index = WEB / "index.html"
    if not index.is_file():
        return PlainTextResponse(_UNBUILT, headers={"Cache-Control": _ASK_AGAIN})
    return FileResponse(index, headers={"Cache-Control": _ASK_AGAIN})
