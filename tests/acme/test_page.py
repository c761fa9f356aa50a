"""examples/acme in the page, in a real browser: its form, its voices, its settings, its speech."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

import hatch_build
from tests.acme.conftest import Place, serving
from tests.web.conftest import CHROMIUM, FLAGS
from tests.web.test_picker import choose, heard, setting


@pytest.fixture
async def page(place: Place) -> AsyncIterator[Page]:
    """Logged in by the link that `modeldeck serve` prints; the browser must not complain."""
    if not hatch_build.fresh():
        hatch_build.build()
    complaints: list[str] = []
    with serving(place) as (_, link):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(link)
            yield page
            await browser.close()
    assert complaints == []


async def test_it_is_picked_and_heard(page: Page, sandbox: dict[str, str]) -> None:
    await page.get_by_role("button", name="Credentials").click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("button", name="Add a credential").click()
    await drawer.get_by_role("button", name=re.compile("Acme Speech")).click()
    await drawer.get_by_label("API key").fill(sandbox["ACME_API_KEY"])
    await drawer.get_by_label("Region").select_option("us")
    await drawer.get_by_label("Base URL", exact=True).fill(sandbox["ACME_BASE_URL"])
    await drawer.get_by_role("button", name="Test connection").click()
    await expect(drawer.locator("[data-grade=ok]")).to_contain_text("It works")
    await drawer.get_by_role("button", name="Save").click()
    await expect(drawer.locator("[data-credential=acme_credential]")).to_be_visible()
    await page.keyboard.press("Escape")

    await choose(page, "clear 2", "Clear 2")
    await page.get_by_role("region", name="Voices").get_by_role("button", name=re.compile("^Coyote")).click()
    slow = await heard(page)
    await setting(page, "Pace").fill("2")
    assert 0 < await heard(page) < slow
    await choose(page, "clear live", "Clear 2 Live")
    assert await heard(page) > 0
    await choose(page, "clear 1", "Clear 1")
    await expect(page.get_by_role("main")).to_contain_text(re.compile("deprecated", re.IGNORECASE))
