"""One TLS context per setting and process: making one reads the whole list of authorities."""

from __future__ import annotations

import os
import ssl

_made: dict[tuple[str | None, str | None], ssl.SSLContext] = {}


def default_context() -> ssl.SSLContext:
    """The authorities of certifi, or of SSL_CERT_FILE and SSL_CERT_DIR, as httpx takes them."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    context = _made.get((file, folder))
    if context is None:
        if file or folder:
            context = ssl.create_default_context(cafile=file or None, capath=folder or None)
        else:
            import certifi  # comes with httpx; a few milliseconds that plain http does not need

            context = ssl.create_default_context(cafile=certifi.where())
        context = _made.setdefault((file, folder), context)
    return context
