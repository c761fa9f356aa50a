"""`modeldeck provider`: what is refused, and with which advice; what the skeleton is has tests in tests/acme."""

from __future__ import annotations

from pathlib import Path

import pytest

from modeldeck.cli.provider import rendered, skeleton

GUIDE = Path(__file__).parents[2] / "src" / "modeldeck" / "providers" / "README.md"


def test_the_guide_is_printed(deck) -> None:
    outcome = deck("provider", "guide")
    assert (outcome.code, outcome.out) == (0, GUIDE.read_text(encoding="utf-8"))


def test_what_is_written_is_named(deck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = deck("provider", "new", "zed")
    assert outcome.code == 0
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {*outcome.out.split()} == written
    assert written == {f"zed-modeldeck/{path}" for path, _ in skeleton("zed", "Zed", "http")}
    assert "Next: cd zed-modeldeck && pip install -e . --group dev && pytest" in outcome.err


def test_it_goes_where_one_says_under_the_title_one_gives(deck, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert deck("provider", "new", "zed", "--into", str(folder), "--title", "Zed Inc.", "--kind", "realtime").code == 0
    text = (folder / "src" / "zed_modeldeck" / "credential.py").read_text(encoding="utf-8")
    assert 'title="Zed Inc."' in text
    assert not (folder / "src" / "zed_modeldeck" / "tts.py").exists()


def test_an_empty_folder_is_taken_and_no_other(deck, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert deck("provider", "new", "zed", "--into", str(tmp_path / "empty")).code == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for taken in ("empty", "empty/README.md"):
        outcome = deck("provider", "new", "other", "--into", str(tmp_path / taken))
        assert outcome.code == 2
        assert "is there already; name another folder with --into" in outcome.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Acme", "try acme"),
        ("acme speech", "try acme-speech"),
        ("../acme", "try acme"),
        ("9lives", "try lives"),
        ("acme-", "try acme"),
        ("a" * 31, "at most 30 characters"),
        ("", "small letters, digits and - or _"),
        ("класс", "small letters, digits and - or _"),
        ("class", "try class-speech"),
        ("modeldeck", "try modeldeck-speech"),
        ("dashscope", "modeldeck.providers.dashscope.credential:DashScopeCredential"),
        ("openai", "models_cards/README.md"),
    ],
)
def test_a_name_that_will_not_do(deck, tmp_path: Path, name: str, advice: str) -> None:
    outcome = deck("provider", "new", "--into", str(tmp_path / "x"), "--", name)
    assert outcome.code == 2
    assert outcome.err.startswith("error: NAME ")
    assert advice in outcome.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("title", ['Say "hi"', "{x}", "a\nb", "$x", "", " x", "x" * 41, "a: b", "back\\slash", "#x"])
def test_a_title_that_would_break_a_file(deck, tmp_path: Path, title: str) -> None:
    outcome = deck("provider", "new", "zed", "--into", str(tmp_path / "x"), "--title", title)
    assert outcome.code == 2
    assert "letters, digits, spaces" in outcome.err
    assert not (tmp_path / "x").exists()


def test_lines_of_other_kinds_are_left_out() -> None:
    text = "a\n#: http\nb\n#: realtime\nc\n#: both\nd\n#: http-alone\ne\n#: end\n$f\n"
    facts = {"f": "f"}
    assert rendered(text, frozenset({"http"}), facts) == "a\nb\ne\nf\n"
    assert rendered(text, frozenset({"realtime"}), facts) == "a\nc\nf\n"
    assert rendered(text, frozenset({"http", "realtime"}), facts) == "a\nb\nc\nd\nf\n"
