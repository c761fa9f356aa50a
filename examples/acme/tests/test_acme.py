"""Acme Speech against the contract of modeldeck: the conformance suite, with the emulator for a service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from modeldeck.testing import Conformance, checklist

from acme_modeldeck import emulator, wire
from acme_modeldeck.credential import AcmeCredential


class TestAcme(Conformance):
    """Cards, streaming, every fault, cancellation, secrets; its failures say what to do."""

    credential = AcmeCredential
    emulator = emulator


def test_the_checklist() -> None:
    """Nothing is ticked that a look at the package can refute."""
    found = checklist.problems(Path(__file__).parent.parent / "checklist.yaml", AcmeCredential)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("code", "status"), wire.CODES.items())
def test_every_refusal_is_understood(code: str, status: int) -> None:
    refused = wire.refused(status, "why")
    error = wire.SERVICE.http_error(refused.status, json.dumps(refused.body).encode(), {wire.REQUEST_ID: "r-1"})
    assert (error.status, error.code, error.request_id, "why" in str(error)) == (status, code, "r-1", True)
