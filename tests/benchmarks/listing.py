"""Listing cards: AgentScope's own files by both, and our whole deck beside a bare libyaml load of its files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import OURS, PEER, PEER_PYTHON, Line, Samples, Target, asked

PROCESSES, ROUNDS = 7, 10
PEER_SCRIPT = Path(__file__).with_name("peer.py")
OWN_SCRIPT = ("-m", "tests.benchmarks.own")
# AgentScope's folders of TTS cards, and its files of more than one class, by the class that lists them.
FOLDERS = {
    "qwen": "_dashscope/_models/qwen3-tts-flash.yaml",
    "qwen_realtime": "_dashscope/_models/qwen3-tts-flash-realtime.yaml",
    "cosyvoice": "_dashscope/_cosyvoice_models/*.yaml",
    "openai": "_openai/_models/*.yaml",
    "gemini": "_gemini/_models/*.yaml",
}


def lines() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        copy_cards(Path(folder))
        return [*_same_files(folder), *_whole_deck()]


def copy_cards(folder: Path) -> None:
    """The TTS cards that AgentScope ships, one folder for each class."""
    (package,) = PEER.glob("lib/python*/site-packages/agentscope/tts")
    for name, pattern in FOLDERS.items():
        (folder / name).mkdir()
        for path in package.glob(pattern):
            shutil.copy(path, folder / name)


def _same_files(folder: str) -> list[Line]:
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for _ in range(PROCESSES):
        ours.append(asked(OURS, *OWN_SCRIPT, "files", folder, str(ROUNDS)))
        theirs.append(asked(PEER_PYTHON, str(PEER_SCRIPT), folder, str(ROUNDS + 1)))
    cards = ours[0]["cards"]
    if {one["cards"] for one in [*ours, *theirs]} != {cards}:
        raise RuntimeError(f"the two list different cards: {ours[0]['cards']} and {theirs[0]['cards']}")

    def per_card(said: list[dict[str, Any]], key: str) -> Samples:
        values = [one[key] if isinstance(one[key], list) else [one[key]] for one in said]
        return Samples([seconds / cards for several in values for seconds in several])

    peer = "AgentScope, which reads its files at every call"
    first, usual = per_card(theirs, "first"), per_card(theirs, "later")
    three, many = Target(">=", 3), Target(">=", 200)
    what = f"its {cards} cards, per card"
    return [
        Line(f"{what}: first in the process", per_card(ours, "first"), "AgentScope's first", first, True, three),
        Line(f"{what}: nothing cached", per_card(ours, "cold"), peer, usual, True, three),
        Line(f"{what}: the files new, their classes known", per_card(ours, "new"), peer, usual, True),
        Line(f"{what}: again", per_card(ours, "later"), peer, usual, True, many),
    ]


def _whole_deck() -> list[Line]:
    said = [
        asked(OURS, *OWN_SCRIPT, "deck", order, str(ROUNDS))
        for _ in range(PROCESSES // 2 + 1)
        for order in ("ours", "bare")
    ]
    what, bare = f"our deck of {said[0]['cards']} cards", f"a bare libyaml load of its {said[0]['files']} files"
    first = {name: Samples([one[f"first {name}"] for one in said]) for name in ("ours", "bare")}
    cold = {name: Samples([seconds for one in said for seconds in one[f"cold {name}"]]) for name in ("ours", "bare")}
    twice = Target("<=", 2.0)
    return [
        Line(f"{what}: first in the process", first["ours"], bare, first["bare"], target=twice),
        Line(f"{what}: nothing cached", cold["ours"], bare, cold["bare"], target=twice),
    ]
