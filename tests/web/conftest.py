from __future__ import annotations

import base64
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

import hatch_build
from modeldeck.server import Settings
from modeldeck.server.run import Running, served

CHROMIUM = os.environ.get("MODELDECK_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_REFUSED = "Failed to load resource"  # what the page itself tells its user
expect.set_options(timeout=20_000)  # ms: a machine may be busy


class Visit:
    """A page, and what its browser complained of."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page = page
        self.running = running
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.complaints.append(message.text)


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """The picker's files, of the source as it is now."""
    if not hatch_build.fresh():
        hatch_build.build()


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, host or setting of this machine's."""
    for name in [name for name in os.environ if re.search(r"MODELDECK_(?!TEST)|_API_KEY|_BASE_URL", name)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("MODELDECK_MASTER_KEY", base64.b64encode(os.urandom(32)).decode())


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    settings = Settings(port=0, store=f"sqlite+aiosqlite:///{tmp_path}/deck.db", rate=0, refresh=0)
    async with served(settings) as found:
        yield found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser, running: Running) -> AsyncIterator[Visit]:
    """The page as `modeldeck serve` prints its address, in a window of its own; it must not complain."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    found = Visit(page, running)
    yield found
    assert found.complaints == []
