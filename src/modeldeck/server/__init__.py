"""What frontends use: the HTTP API, the credential store, the web picker. Needs the extra `server`."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.server.app import create_app as create_app
    from modeldeck.server.settings import Settings as Settings
