"""Asking a provider, at no cost, whether a credential works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

from modeldeck._transport.limits import Timeouts
from modeldeck._transport.observe import Call, Watch
from modeldeck._transport.transport import Transport
from modeldeck.credential.diagnosis import Diagnosis, Grade, Probe
from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
    TimeoutExceededError,
)

# The first that fits: error, its code if that matters.
_GRADES: tuple[tuple[type[ModelDeckError], str | None, Grade, str], ...] = (
    (AuthenticationError, None, "key_rejected", "{host} refuses the key"),
    (PermissionDeniedError, None, "permission", "{host} knows the key and does not let it in"),
    (QuotaError, None, "quota", "{host} knows the key; nothing is left to spend"),
    (RateLimitError, None, "quota", "{host} gets too many requests with this key"),
    (TimeoutExceededError, None, "unreachable", "{host} does not answer"),
    (ConnectionFailedError, "tls", "tls", "no secure connection to {host}"),
    (ConnectionFailedError, None, "unreachable", "{host} cannot be reached"),
    (ModelDeckError, None, "unknown", "{host} answers with an error"),
)
_KNOWN: tuple[Grade, ...] = ("ok", "permission", "quota")  # who says one of these has seen the key before
_PATIENCE = Timeouts()


async def diagnosed(
    probe: Probe,
    elsewhere: Sequence[Probe],
    *,
    provider: str,
    transport: Transport | None,
    hide: Callable[[str], str],
) -> Diagnosis:
    """Ask `probe`; where the key is refused, ask `elsewhere`, all at once, whether it belongs there."""
    async with AsyncExitStack() as stack:
        if transport is None:
            transport = await stack.enter_async_context(Transport())
        found = await _asked(probe, provider, transport)
        if found.grade == "key_rejected" and elsewhere:
            others = await asyncio.gather(*(_asked(other, provider, transport) for other in elsewhere))
            at_home = next((other for other in others if other.grade in _KNOWN), None)
            if at_home is not None:
                message = f"the key is not of {probe.region}, it is of {at_home.region}"
                advice = f"Set region to {at_home.region}, or take a key of {probe.region}"
                found = replace(found, grade="wrong_region", message=message, advice=advice, region=at_home.region)
    return replace(
        found,
        message=hide(found.message),
        advice=hide(found.advice),
        code=found.code and hide(found.code),
        request_id=found.request_id and hide(found.request_id),
    )


async def _asked(probe: Probe, provider: str, transport: Transport) -> Diagnosis:
    watch = Watch(Call(uuid4().hex, provider, "", "", "check"), transport.observer)
    host = urlsplit(probe.url).netloc
    started = perf_counter()
    latency: float | None = None
    problem: ModelDeckError | None = None
    watch.request()
    try:
        async with (
            asyncio.timeout(_PATIENCE.first_audio),
            transport.exchange(
                "GET", probe.url, headers=probe.headers, connect=_PATIENCE.connect, watch=watch
            ) as answer,
        ):
            latency = perf_counter() - started
            body = await answer.body()
            if not probe.takes(answer.status, body):
                if not 200 <= answer.status < 300:
                    raise probe.error(answer.status, body, answer.headers)
                raise ProviderError(f"{host} answers, but not as {provider} does: check base_url", status=answer.status)
            status, request_id = answer.status, answer.headers.get("x-request-id")
            return Diagnosis(
                "ok", f"{host} takes the key", "", latency, status, request_id=request_id, region=probe.region
            )
    except TimeoutError:
        problem = TimeoutExceededError(f"No answer within {_PATIENCE.first_audio:g} s; check the network and the proxy")
        return _graded(problem, host, latency)
    except ModelDeckError as error:
        problem = error
        return _graded(error, host, latency)
    finally:
        watch.end(problem, perf_counter() - started)


def _graded(error: ModelDeckError, host: str, latency: float | None) -> Diagnosis:
    for kind, code, grade, message in _GRADES:
        if isinstance(error, kind) and code in (None, error.code):
            said = message.format(host=host)
            return Diagnosis(grade, said, str(error), latency, error.status, error.code, error.request_id)
    raise AssertionError(error)
