"""Types of credential fields: what people paste, made fit for headers and URLs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_HOST = re.compile(r"[A-Za-z0-9_.:%-]+\Z")


def _pasted(value: object) -> object:
    """Without the space and line breaks that come along when a key is copied."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return value.strip() if isinstance(value, str) else value


def _fit_for_a_header(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if not text:
        raise ValueError("is empty")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("has characters that no API key has (a space, a line break, a letter beyond ASCII)")
    return key


def _one_line(text: str) -> str:
    if not text.isascii() or not text.isprintable() or not text:
        raise ValueError("is no text for a header (a line break, a letter beyond ASCII, or nothing)")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text.strip())
    try:
        usable = parts.scheme in ("http", "https", "ws", "wss") and bool(_HOST.match(parts.hostname or ""))
        usable = usable and (parts.port or 1) > 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        raise ValueError("is no URL; write https://host or https://host/prefix")
    if parts.username or parts.password:
        raise ValueError("must not carry a user or password")
    if parts.query or parts.fragment:
        raise ValueError("must end with the path; no ? or #")
    secure = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{secure}://{parts.netloc}{parts.path.rstrip('/')}"


if TYPE_CHECKING:
    ApiKey = SecretStr | Any  # a str is taken too: Any tells the type checkers so
else:
    ApiKey = Annotated[SecretStr, BeforeValidator(_pasted), AfterValidator(_fit_for_a_header)]
HeaderText = Annotated[str, BeforeValidator(_pasted), AfterValidator(_one_line)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]


def origin(url: str, suffixes: tuple[str, ...]) -> str:
    """`url` without the first of `suffixes` that it ends with: what each wire appends its own path to."""
    for suffix in suffixes:
        if url.endswith(suffix):
            return url.removesuffix(suffix).rstrip("/")
    return url


def variable(name: str, otherwise: str | None = None) -> Callable[[], Any]:
    """A field's `default_factory`: that environment variable, read when a credential is made; no secrets."""
    return lambda: os.environ.get(name) or otherwise


def host_field(name: str, host: str) -> Any:
    """A field of type BaseUrl: `host`, unless the environment variable `name` or somebody says another place."""
    about = f"Instead of {host}: a proxy or a test server."
    return Field(default_factory=variable(name, host), title="Base URL", description=about, validate_default=True)
