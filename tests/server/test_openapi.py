"""The OpenAPI document: complete, precise, and kept by what the server answers to generated requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft202012Validator
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from modeldeck.server import Settings, create_app
from modeldeck.server.run import Running, served

DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()
OPERATIONS = [
    (method, path, operation) for path, every in DOCUMENT["paths"].items() for method, operation in every.items()
]
CHECKS = (
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.unsupported_method,
)
schema = schemathesis.openapi.from_dict(DOCUMENT)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[one[2]["operationId"] for one in OPERATIONS])
def test_an_operation_says_what_it_answers(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    open_to_all = path in {"/health", "/api/v1/health", "/api/v1/ready"}
    wrong = "400" if path.startswith("/v1/") else "422"
    assert open_to_all or {"401", "403", wrong, "429"} <= answers.keys()
    for status, answer in answers.items():
        for media_type, content in answer.get("content", {}).items():
            assert content.get("schema") not in ({}, None), (method, path, status)
            if int(status) >= 400 and path.startswith("/api/") and path != "/api/v1/ready":
                assert media_type == "application/problem+json"
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_shape_is_a_schema() -> None:
    for shape in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


def test_every_reference_is_there() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= known


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server in a thread of its own: what asks it here is not async."""
    folder = tmp_path_factory.mktemp("openapi")
    chosen = Settings(port=0, store=f"sqlite+aiosqlite:///{folder}/deck.db", rate=0)
    begun = threading.Event()
    found: list[tuple[Running, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        async with served(chosen) as running:
            end = asyncio.Event()
            found.append((running, asyncio.get_running_loop(), end))
            begun.set()
            await end.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        try:
            assert begun.wait(60)
            yield found[0][0]
        finally:
            for _, loop, end in found:
                loop.call_soon_threadsafe(end.set)
            thread.join()


@schema.parametrize()
@hypothesis_settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
def test_the_server_keeps_its_word(case: Any, beside: Running) -> None:
    headers = {"Authorization": f"Bearer {beside.token}"}
    case.call_and_validate(base_url=beside.url, headers=headers, checks=list(CHECKS), timeout=30)
