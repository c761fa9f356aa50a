from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.providers.local.helpers import children


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    before = children()
    threads = threading.active_count()
    yield
    assert children() == before
    assert threading.active_count() == threads
