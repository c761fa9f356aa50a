"""What goes wrong, as problem details (RFC 9457); AgentScope's and OpenAI's paths get the forms of theirs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import ceil
from typing import Any

from fastapi import FastAPI, Response, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketState

from modeldeck import errors
from modeldeck.server.shapes import Detail, Problem, ProblemItem
from modeldeck.server.store import errors as store

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)
AGENTSCOPE = ("/credential", "/model", "/tts-model", "/embedding-model", "/realtime")
OPENAI = "/v1/"
_TITLES = {  # Python's own words for these change with its version
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_NO_QUOTA = "insufficient_quota"
_OPENAI_CODES = {  # where its clients know a word for it
    "ModelNotFoundError": "model_not_found",
    "Unauthorized": "invalid_api_key",
    "RateLimitError": "rate_limit_exceeded",
    "TooManyRequests": "rate_limit_exceeded",
    "QuotaError": _NO_QUOTA,
    "ContentRefusedError": "content_policy_violation",
}

# The first that fits. What the provider refuses is a bad gateway, unless the caller can mend it.
_STATUS: tuple[tuple[type[errors.ModelDeckError], int], ...] = (
    (errors.ParameterError, 422),
    (errors.CredentialError, 422),
    (errors.ContentRefusedError, 422),
    (errors.UnsupportedError, 422),
    (errors.ModelNotFoundError, 404),
    (errors.ConcurrentUseError, 409),
    (errors.RateLimitError, 429),
    (errors.QuotaError, 429),
    (errors.MissingExtraError, 501),
    (errors.TimeoutExceededError, 504),
    (errors.ConnectionFailedError, 502),
    (errors.AllModelsFailedError, 502),
    (errors.ServiceError, 502),
    (store.RecordNotFoundError, 404),
    (store.NotOwnerError, 403),
    (store.RevisionConflictError, 412),
    (store.UserExistsError, 409),
    (store.UserNotFoundError, 422),
    (store.StoreError, 503),
)


def title(status: int) -> str:
    return _TITLES.get(status, f"Status {status}")


def status_of(error: errors.ModelDeckError) -> int:
    if error.code == "private_address" and isinstance(error, errors.ConnectionFailedError):
        return 422
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of(error: errors.ModelDeckError) -> Problem:
    """The error's own message; the library keeps secrets out of those."""
    status, code = status_of(error), type(error).__name__
    detail = str(error)
    if status == 503 and isinstance(error, store.StoreError):  # where it is and what it said is the operator's
        _log.warning("the store: %s", detail)
        detail = "the store cannot be used now; the server's log says why"
    return Problem(
        type=f"urn:modeldeck:error:{code}",
        title=title(status),
        status=status,
        detail=detail,
        code=code,
        provider=error.provider,
        provider_code=error.code,
        request_id=error.request_id,
        retryable=error.retryable,
        retry_after=error.retry_after,
        errors=_items(error) if isinstance(error, errors.ParameterError) else None,
    )


def plain(status: int, detail: str, **more: Any) -> Problem:
    """A problem that is the server's alone."""
    return Problem(title=title(status), status=status, detail=detail, code=title(status).replace(" ", ""), **more)


def respond(problem: Problem, path: str, headers: Mapping[str, str] | None = None) -> Response:
    """In the form that the clients of that path read."""
    found = dict(headers or {})
    if problem.retry_after is not None and problem.status in (429, 503):
        found.setdefault("Retry-After", str(ceil(problem.retry_after)))
    if path.startswith(OPENAI):
        if problem.status >= 409:
            found["x-should-retry"] = "true" if _worth_retrying(problem) else "false"
        status = 400 if problem.status == 422 else problem.status
        return JSONResponse({"error": openai_error(problem)}, status, found)
    if path.startswith(AGENTSCOPE):
        return JSONResponse(Detail(detail=problem.detail).model_dump(), problem.status, found)
    content = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, problem.status, found, media_type=MEDIA_TYPE)


def openai_error(problem: Problem) -> dict[str, Any]:
    """`error` of OpenAI's answers (its API reference, read on 2026-11-21)."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(problem.status, "server_error" if problem.status >= 500 else "invalid_request_error")
    code = _OPENAI_CODES.get(problem.code, problem.code)
    first = problem.errors[0].parameter if problem.errors else None
    return {"message": problem.detail, "type": code if code == _NO_QUOTA else kind, "param": first, "code": code}


def _worth_retrying(problem: Problem) -> bool:
    return problem.status in (429, 503) if problem.retryable is None else problem.retryable


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: the problems that it may answer besides those that every route may."""
    return {status: _described(status, "Problem", MEDIA_TYPE) for status in (*statuses, 401, 403, 413, 422, 429, 503)}


def documented_detail(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for AgentScope's paths."""
    every = (*statuses, 401, 403, 413, 422, 429, 503)
    return {status: _described(status, "Detail", "application/json") for status in every}


def _described(status: int, schema: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    headers = {}
    if status == 429:
        headers = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {"description": title(status), "content": content, **({"headers": headers} if headers else {})}


def install(app: FastAPI) -> None:
    """Every error that a route or a dependency raises is answered as a problem."""
    handlers: dict[Any, Any] = {
        errors.ModelDeckError: _of_modeldeck,
        HTTPException: _of_http,
        RequestValidationError: _of_request,
        WebSocketRequestValidationError: _of_request,
    }
    app.exception_handlers.update(handlers)


async def _of_modeldeck(connection: HTTPConnection, error: Exception) -> Response | None:
    assert isinstance(error, errors.ModelDeckError)
    return await _told(connection, problem_of(error))


async def _of_http(connection: HTTPConnection, error: Exception) -> Response | None:
    assert isinstance(error, HTTPException)
    status = 422 if error.status_code == 400 else error.status_code  # FastAPI's word for a body that is no text
    wait = (error.headers or {}).get("Retry-After")
    problem = plain(status, str(error.detail), retry_after=float(wait) if wait else None)
    return await _told(connection, problem, error.headers)


async def _of_request(connection: HTTPConnection, error: Exception) -> Response | None:
    """What a body or a query lacks, without a word of what it held."""
    assert isinstance(error, RequestValidationError | WebSocketRequestValidationError)
    items = [
        ProblemItem(
            parameter="body" if one["type"] == "json_invalid" else ".".join(map(str, one["loc"][1:])) or "body",
            message=str(one["msg"]).removeprefix("Value error, "),
        )
        for one in error.errors()
    ]
    detail = "; ".join(f"{item.parameter}: {item.message}" for item in items)
    return await _told(connection, plain(422, detail, errors=items))


async def _told(
    connection: HTTPConnection, problem: Problem, headers: Mapping[str, str] | None = None
) -> Response | None:
    answer = respond(problem, connection.url.path, headers)
    if not isinstance(connection, WebSocket):
        return answer
    if connection.application_state is WebSocketState.CONNECTING:
        await connection.send_denial_response(answer)
    else:
        await connection.close(1008, problem.title)
    return None


def _items(error: errors.ParameterError) -> list[ProblemItem]:
    return [
        ProblemItem(parameter=one.parameter, message=one.message, limit=one.limit, suggestion=one.suggestion)
        for one in error.findings
    ]
