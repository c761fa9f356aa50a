"""What the build hook makes, and what it is made of."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import hatch_build
from tools.picker import contents, differing


def test_a_second_build_is_the_same_to_the_byte() -> None:
    assert differing() == []


def test_the_page_holds_nothing_that_its_policy_refuses() -> None:
    found = contents(hatch_build.WEB)
    page = found["index.html"].decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", page)
    scripts = b"".join(content for name, content in found.items() if name.endswith(".js"))
    assert not re.search(rb"\beval\(|new Function\b", scripts)
    assert not any(
        b"@import" in content or b"url(" in content for name, content in found.items() if name.endswith(".css")
    )


def test_the_lock_file_records_digests_and_no_addresses() -> None:
    packages = json.loads((hatch_build.SOURCE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if name and "integrity" not in package]


def test_what_is_there_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = hatch_build.PickerBuildHook(str(tmp_path), {}, None, None, "", "wheel")  # type: ignore[arg-type]
    assert hook.dependencies() == []
    monkeypatch.setattr(hatch_build, "WEB", tmp_path / "web")
    assert not hatch_build.fresh()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook.dependencies() == [hatch_build.NODE]
    monkeypatch.setenv("MODELDECK_SKIP_WEB", "1")
    assert hook.dependencies() == []
    hook.initialize("standard", {})
    assert not (tmp_path / "web").exists()
