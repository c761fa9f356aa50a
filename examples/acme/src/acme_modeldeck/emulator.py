"""Acme Speech in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldeck.sandbox import Box, Endpoints, websocket_url

from acme_modeldeck.credential import AcmeCredential
from acme_modeldeck.wire import LIVE, REQUEST_ID, SPEECH, VOICES, LiveServer, SpeechServer, refused

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

PREFIX = "/acme"  # the sandbox serves everybody on one port


def routes(box: Box) -> list[BaseRoute]:
    """What is served."""
    served = Endpoints(box, AcmeCredential, refused, prefix=PREFIX, request_id=REQUEST_ID)
    return [
        served.listing(VOICES, {"voices": []}),
        served.speech(SPEECH, SpeechServer),
        served.talk(LIVE, LiveServer),
    ]


def environment(url: str) -> dict[str, str]:
    """The variables that point the credential here."""
    return {"ACME_API_KEY": "sandbox", "ACME_BASE_URL": url + PREFIX}


def about(url: str) -> list[str]:
    """Lines for people."""
    return [
        f"Acme Speech                  POST {url}{PREFIX}{SPEECH}",
        f"Acme Speech, live            {websocket_url(url)}{PREFIX}{LIVE}?model=<model>",
    ]
