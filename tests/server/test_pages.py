"""The picker's files: what is cached for how long, and which paths are pages."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from modeldeck.server.routes import pages
from modeldeck.server.run import Running


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>picker</title>")
    (web / "favicon.svg").write_text("<svg/>")
    (web / "assets" / "index-abc123.js").write_text("export {}")
    (tmp_path / "outside.txt").write_text("outside")
    monkeypatch.setattr(pages, "WEB", web)
    return web


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/models/dashscope", "/credentials"])
async def test_a_page_is_the_picker(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert answer.headers["content-type"].startswith("text/html")
    assert "picker" in answer.text


async def test_files_are_served_with_what_may_be_kept(client: httpx.AsyncClient) -> None:
    script = await client.get("/assets/index-abc123.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in script.headers["content-type"]
    icon = await client.get("/favicon.svg")
    assert (icon.headers["cache-control"], icon.headers["content-type"]) == ("no-cache", "image/svg+xml")
    again = await client.get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/assets/index-gone.js", "/api/v1/gone", "/v1/gone", "/credential/x/y", "/tts-model/gone", "/api/", "/assets/"],
)
async def test_what_is_no_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert "json" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/%00", "/assets/%00", f"/{'a' * 300}", f"/assets/{'a' * 300}"])
async def test_a_name_that_no_file_can_have_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL(str(client.base_url), raw_path=path.encode()))
    assert answer.status_code == 404


async def test_a_preview_of_the_link_does_not_use_it_up(running: Running) -> None:
    assert running.link is not None
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.head(running.link)).status_code == 200
        assert not browser.cookies
        used = await browser.get(running.link)
        assert (used.status_code, used.headers["location"]) == (303, "/")
        assert browser.cookies


@pytest.mark.parametrize(
    "path", ["/../outside.txt", "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt", "//outside.txt"]
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL(str(client.base_url), raw_path=path.encode()))
    assert "outside" not in answer.text
    assert answer.status_code == 404


async def test_programs_get_no_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/anything", headers={"Accept": "application/json"})).status_code == 404
    assert (await client.post("/anything", headers=BROWSER)).status_code == 404
    assert (await client.head("/", headers=BROWSER)).status_code == 200


async def test_without_built_files_the_api_is_there(client: httpx.AsyncClient, built: Path) -> None:
    (built / "index.html").unlink()
    answer = await client.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert "/api/v1/openapi.json" in answer.text
