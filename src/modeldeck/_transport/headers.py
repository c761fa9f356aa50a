"""Request headers: defaults, the transport's own, the call's; checked before they meet a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modeldeck import __version__
from modeldeck.errors import CredentialError

USER_AGENT = f"modeldeck/{__version__}"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch  # RFC 9110, 5.5


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Later layers win, whatever the case of a name; raises CredentialError, which never quotes a value."""
    headers: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.items():
            value = value.strip()
            if not _NAME(name) or not _VALUE(value):
                raise CredentialError(
                    f"the request header {name[:40]!r} has a character that HTTP does not allow;"
                    " check the key for line breaks and for characters that are not ASCII"
                )
            headers[name.lower()] = (name, value)
    return dict(headers.values())
