"""What a Transport was made with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldeck._transport.place import Place, Proxy, environment_proxy
from modeldeck._transport.tls import default_context

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Limits:
    """`idle`, `max_age`: seconds that an unused connection is kept, and any is lent; `spares` per attended dial."""

    max_connections: int | None = None
    idle: float = 30.0
    max_age: float = 300.0
    spares: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """`proxy`: None where the environment decides."""

    http_client: httpx.AsyncClient | None
    ssl_context: ssl.SSLContext | None
    proxy: Proxy | None
    limits: Limits
    headers: Mapping[str, str]

    def tls(self) -> ssl.SSLContext:
        return self.ssl_context if self.ssl_context is not None else default_context()

    def proxy_for(self, place: Place) -> Proxy | None:
        return self.proxy if self.proxy is not None else environment_proxy(place)
