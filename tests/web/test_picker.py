"""The whole way of a person through the page, in a real browser."""

from __future__ import annotations

import json
import re

from playwright.async_api import Locator, Page, expect

from modeldeck.sandbox import SandboxProcess
from tests.web.conftest import Visit

KEY = "sk-canary-7f3a9d2c"


async def opened(visit: Visit) -> Page:
    assert visit.running.link is not None
    await visit.page.goto(visit.running.link)
    return visit.page


def speech(page: Page) -> Locator:
    return page.get_by_role("region", name="Speak")


def setting(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name="Settings").get_by_label(title, exact=True)


async def heard(page: Page) -> int:
    """Speak what is on screen, to its end; the samples that were played, which are all that came."""
    part = speech(page)
    await part.get_by_role("button", name="Speak", exact=True).click()
    await expect(part).to_have_attribute("data-phase", re.compile("ended|failed"), timeout=20_000)
    assert await part.get_attribute("data-phase") == "ended", await part.inner_text()
    received, played = [int(await part.get_attribute(f"data-{name}") or 0) for name in ("received", "played")]
    assert played == received
    return played


async def choose(page: Page, words: str, label: str) -> None:
    models = page.get_by_role("region", name="Models")
    await models.get_by_role("searchbox").fill(words)
    await models.locator("button.row", has=page.get_by_text(label, exact=True)).first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(label)


async def test_nothing_is_configured_and_the_local_voice_speaks(visit: Visit) -> None:
    page = await opened(visit)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("eSpeak NG")
    assert "code=" not in page.url
    assert await heard(page) > 24_000
    await expect(speech(page).locator("dd").first).to_have_text(re.compile(r"^\d+ ms$"))


async def test_a_credential_from_registering_to_deleting(visit: Visit, modeldeck_sandbox: SandboxProcess) -> None:
    page = await opened(visit)
    await register(page, modeldeck_sandbox.url)

    await choose(page, "qwen3 flash", "Qwen3-TTS-Flash")
    await page.get_by_role("region", name="Voices").get_by_role("button", name=re.compile("^Serena")).click()
    await setting(page, "Language").select_option("German")
    assert await heard(page) > 0

    await choose(page, "qwen3 flash realtime", "Qwen3-TTS-Flash-Realtime")
    note = page.locator("[data-note=switched]")
    await expect(note).to_contain_text("Kept: Voice, Language")
    await setting(page, "Volume").fill("80")
    assert await heard(page) > 0

    await choose(page, "cosyvoice-v1", "CosyVoice-v1")
    await expect(note).to_contain_text("Volume")
    await expect(note.get_by_role("listitem")).to_contain_text(["Language dropped"])
    await note.get_by_role("button", name="Go back").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Qwen3-TTS-Flash-Realtime")

    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Qwen3-TTS-Flash-Realtime")
    await expect(setting(page, "Volume")).to_have_value("80")
    await expect(page.locator(".voice-line")).to_contain_text("Serena")
    await nowhere(page, KEY)

    await page.get_by_role("button", name="Credentials").click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("button", name="Delete", exact=True).click()
    await drawer.get_by_role("button", name="Delete Work").click()
    await expect(drawer.locator(".credential")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(speech(page).get_by_role("button", name="Add a credential")).to_be_visible()


async def register(page: Page, url: str) -> None:
    """A DashScope credential, tested with a wrong key first, and edited without typing its key again."""
    await page.get_by_role("button", name="Credentials").click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("button", name="Add a credential").click()
    await drawer.get_by_role("button", name=re.compile("DashScope")).click()
    await drawer.get_by_label("Name").fill("Work")
    await drawer.get_by_label("API key").fill("sk-invalid")
    await drawer.get_by_label("Base URL", exact=True).fill(url)
    await drawer.get_by_role("button", name="Test connection").click()
    await expect(drawer.locator("[data-grade]")).to_have_attribute("data-grade", "key_rejected")
    await drawer.get_by_label("API key").fill(KEY)
    await drawer.get_by_role("button", name="Test connection").click()
    await expect(drawer.locator("[data-grade=ok]")).to_contain_text("It works")
    await drawer.get_by_role("button", name="Save").click()

    row = drawer.locator("[data-credential=dashscope_credential]")
    await row.get_by_role("button", name="Edit").click()
    await expect(drawer.get_by_label("API key")).to_have_value("")
    await drawer.get_by_label("Workspace").fill("ws-1")
    await drawer.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("ws-1")
    await row.get_by_role("button", name="Test").click()
    await expect(row.locator("[data-grade=ok]")).to_be_visible()
    await page.keyboard.press("Escape")


async def nowhere(page: Page, secret: str) -> None:
    """Not on the page, in its address, or in what the browser keeps."""
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert secret not in kept + page.url + await page.content()
    assert set(json.loads(kept)[0]) <= {"modeldeck.theme"}
    assert await page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


async def offered(visit: Visit, url: str, model: str, key: str = KEY) -> Page:
    """A DashScope model, with a credential that is there already."""
    page = await opened(visit)
    data = {"type": "dashscope_credential", "api_key": key, "base_url": url}
    answer = await page.request.post(
        f"{visit.running.url}/api/v1/credentials", data={"data": data}, headers={"Origin": visit.running.url}
    )
    assert answer.status == 201
    await page.goto(f"{visit.running.url}/?model=dashscope/{model}")
    await expect(speech(page)).to_be_visible()
    return page


async def test_an_account_is_asked_what_it_has(visit: Visit, modeldeck_sandbox: SandboxProcess) -> None:
    """A self-hosted server of which no card tells: refresh, find its model, pick one of its voices, hear it."""
    page = await opened(visit)
    data = {"type": "openai_credential", "name": "Mine", "base_url": f"{modeldeck_sandbox.url}/kokoro/v1"}
    answer = await page.request.post(
        f"{visit.running.url}/api/v1/credentials", data={"data": data}, headers={"Origin": visit.running.url}
    )
    assert answer.status == 201
    await page.reload()
    await page.get_by_role("button", name="Credentials").click()
    row = page.get_by_role("dialog").locator("[data-credential=openai_credential]")
    await row.get_by_role("button", name="Refresh models").click()
    await expect(row.locator("[data-note=discovered]")).to_contain_text("4 models with 272 voices are as it says")
    await page.keyboard.press("Escape")

    await choose(page, "kokoro", "kokoro")
    voices = page.get_by_role("region", name="Voices")
    await voices.get_by_role("searchbox").fill("bf_emma")
    await voices.get_by_text("bf_emma", exact=True).first.click()
    await expect(page.locator(".voice-line strong")).to_have_text("bf_emma")
    assert await heard(page) > 24_000
    sent = [json.loads(one["body"]) for one in modeldeck_sandbox.requests() if one["method"] == "POST"]
    assert [(one["model"], one["voice"]) for one in sent] == [("kokoro", "bf_emma")]


async def test_speech_is_heard_while_it_is_made(visit: Visit) -> None:
    with SandboxProcess(pace=1) as box:
        page = await offered(visit, box.url, "qwen3-tts-flash-realtime")
        part = speech(page)
        await part.get_by_role("button", name="Speak", exact=True).click()
        await expect(part).not_to_have_attribute("data-played", "0")
        received = int(await part.get_attribute("data-received") or 0)
        await expect(part).to_have_attribute("data-phase", "ended", timeout=20_000)
        whole = int(await part.get_attribute("data-received") or 0)
        assert 0 < received < whole
        assert int(await part.get_attribute("data-played") or 0) == whole
        await expect(part.locator("dl")).to_contain_text(re.compile(r"Cost≈ ¥0\.0\d+"))


async def test_what_the_provider_refuses_is_said_in_words(visit: Visit, modeldeck_sandbox: SandboxProcess) -> None:
    page = await offered(visit, modeldeck_sandbox.url, "qwen3-tts-flash", "sk-invalid")
    part = speech(page)
    await part.get_by_role("button", name="Speak", exact=True).click()
    await expect(part.get_by_role("alert")).to_contain_text("refuses the API key")
    await expect(part).to_have_attribute("data-phase", "failed")


async def test_a_speech_that_breaks_off_says_how_much_was_heard(visit: Visit) -> None:
    with SandboxProcess(pace=1, faults=["cut;after=12"]) as box:
        page = await offered(visit, box.url, "qwen3-tts-flash-realtime")
        part = speech(page)
        await part.get_by_role("button", name="Speak", exact=True).click()
        await expect(part.get_by_role("alert")).to_contain_text(re.compile(r"broke off after \d+\.\d s of audio"))


async def test_where_there_are_no_worklets_buffers_play(visit: Visit) -> None:
    await visit.page.add_init_script("delete BaseAudioContext.prototype.audioWorklet")
    page = await opened(visit)
    assert await heard(page) > 24_000


async def test_a_speech_is_stopped_and_heard_again_and_kept_as_wav(visit: Visit) -> None:
    page = await opened(visit)
    part = speech(page)
    await part.get_by_label("Text to speak").fill("A sentence that goes on for a while. " * 20)
    await part.get_by_role("button", name="Speak", exact=True).click()
    await expect(part).not_to_have_attribute("data-played", "0")
    await part.get_by_role("button", name="Stop").click()
    await expect(part).to_have_attribute("data-phase", "stopped")
    await part.get_by_label("Text to speak").fill("Short.")
    played = await heard(page)
    await part.get_by_role("button", name="Again").click()
    await expect(part).to_have_attribute("data-phase", "speaking")
    await expect(part).to_have_attribute("data-phase", "ended")
    async with page.expect_download() as download:
        await part.get_by_role("button", name="WAV").click()
    content = (await (await download.value).path()).read_bytes()
    assert content[:4] == b"RIFF"
    assert len(content) == 44 + 2 * played


async def test_what_is_out_of_bounds_is_said_beside_its_field(visit: Visit) -> None:
    page = await opened(visit)
    settings = page.get_by_role("region", name="Settings")
    await settings.get_by_label("Rate", exact=True).fill("1000")
    await expect(settings.get_by_role("alert")).to_contain_text("450")
    await expect(speech(page).get_by_role("button", name="Speak", exact=True)).to_be_disabled()
    await settings.get_by_role("button", name="Reset Rate").click()
    await expect(settings.get_by_role("alert")).to_have_count(0)
    await expect(speech(page).get_by_role("button", name="Speak", exact=True)).to_be_enabled()


async def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    page = await opened(visit)
    await expect(speech(page)).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("gemini pro")
    await expect(page.locator(".models .count")).to_contain_text("Clear")
    first = page.locator(".models .row").first
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await first.evaluate("(row) => row === document.activeElement"):
            break
    outline = await first.evaluate("(row) => getComputedStyle(row).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Gemini")
    unnamed = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, canvas")]
            .filter((one) => one.checkVisibility() && !one.labels?.length && !one.ariaLabel && !one.textContent.trim())
            .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


async def test_a_phone_shows_one_part_at_a_time(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    page = await opened(visit)
    for view, part in (("Speak", "Speak"), ("Voices", "Voices"), ("Models", "Models")):
        await page.get_by_role("navigation").get_by_role("button", name=view).click()
        await expect(page.get_by_role("region", name=part)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("region", name="Models").get_by_role("button", name=re.compile("^eSpeak NG")).click()
    await expect(speech(page)).to_be_visible()


async def test_the_theme_follows_the_system_until_it_is_chosen(visit: Visit) -> None:
    page = await opened(visit)
    toggle = page.get_by_role("button", name=re.compile("^Theme"))
    background = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(background)
    await page.emulate_media(color_scheme="light")
    light = await page.evaluate(background)
    assert dark != light
    await toggle.click()
    await toggle.click()
    assert await page.evaluate(background) == dark
    await page.reload()
    await expect(speech(page)).to_be_visible()
    assert await page.evaluate(background) == dark


async def test_a_stranger_is_asked_for_a_token(visit: Visit) -> None:
    page, running = visit.page, visit.running
    await page.goto(running.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Who are you?")
    await page.get_by_label("Token").fill("wrong")
    await page.get_by_role("button", name="Enter").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert running.token is not None
    await page.get_by_label("Token").fill(running.token)
    await page.get_by_role("button", name="Enter").click()
    await expect(speech(page)).to_be_visible()
    await nowhere(page, running.token)
