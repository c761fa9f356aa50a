"""The local voice: its cards. It has no network, so what it does is tried in tests/providers/local."""

from __future__ import annotations

from modeldeck.credential import LocalCredential
from modeldeck.testing import CardConformance


class TestLocal(CardConformance):
    credential = LocalCredential
