"""`say`: it really speaks, and a user's mistake is one line that loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import soundfile

from modeldeck.cli.players import _Miniaudio
from modeldeck.sandbox import SandboxProcess

PROGRAM = [sys.executable, "-m", "modeldeck"]
# Hours of speech: never done before it is interrupted.
CHAPTER = ("The quick brown fox jumps over the lazy dog, and then it rests for a while. " * 3000)[:199_000]


def seconds(path: Path) -> float:
    with wave.open(os.fspath(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (22050, 1, 2)
        return file.getnframes() / file.getframerate()


def failed(done: subprocess.CompletedProcess[bytes], code: int, *words: str) -> None:
    """One clear line (behind click's usage lines), and no more."""
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.lower().startswith("error: ")]
    assert len(lines) == 1
    assert said.endswith(f"{lines[0]}\n")
    for word in words:
        assert word in lines[0]


# -- it speaks


def test_it_writes_a_wav_and_says_how_long_it_took(command, tmp_path: Path) -> None:
    done = command("say", "Hello there.", "-o", "x.wav")
    assert (done.returncode, done.stderr) == (0, b"")
    assert 0.5 < seconds(tmp_path / "x.wav") < 3
    assert f"x.wav: {seconds(tmp_path / 'x.wav'):.2f} s of audio, first audio after " in done.stdout.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


@pytest.mark.parametrize("name", ["x.mp3", "x.opus", "x.ogg", "x.flac", "X.WAV"])
def test_the_file_is_of_the_kind_that_its_name_says(command, tmp_path: Path, name: str) -> None:
    done = command("say", "Hello there.", "-o", name)
    assert (done.returncode, done.stderr) == (0, b"")
    said = {"x.ogg": "OGG", "x.opus": "OGG"}.get(name, name[2:].upper())
    assert soundfile.info(tmp_path / name).format == said
    assert 0.5 < soundfile.info(tmp_path / name).duration < 3


def test_raw_samples_are_the_wav_without_its_header(command, tmp_path: Path) -> None:
    assert command("say", "Hello there.", "-o", "x.wav").returncode == 0
    assert command("say", "Hello there.", "-o", "x.pcm").returncode == 0
    assert (tmp_path / "x.pcm").read_bytes() == samples(tmp_path / "x.wav")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    """The variables that point the command at a sandbox."""
    with SandboxProcess() as running:
        yield {**running.environment(), "NO_PROXY": "127.0.0.1"}


@pytest.mark.parametrize(
    "model", ["qwen3-tts-flash", "qwen3-tts-flash-realtime", "cosyvoice-v3-flash", "sambert-beth-v1"]
)
def test_every_wire_gives_a_playable_wav(command, tmp_path: Path, sandbox: dict[str, str], model: str) -> None:
    done = command("say", "Hello", "--model", f"dashscope/{model}", "-o", "x.wav", env=sandbox)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"x.wav: 0.30 s of audio")
    with wave.open(os.fspath(tmp_path / "x.wav")) as file:
        assert file.getnframes() == round(0.3 * file.getframerate())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("qwen3-tts-flash-realtime", "speech.wav"),
        ("cosyvoice-v3-flash", "speech.mp3"),
        ("sambert-beth-v1", "speech.wav"),
    ],
)
def test_a_name_of_our_own_says_what_is_in_it(
    command, tmp_path: Path, sandbox: dict[str, str], model: str, name: str
) -> None:
    done = command("say", "Hello", "--model", f"dashscope/{model}", env=sandbox)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(name.encode())
    assert soundfile.info(tmp_path / name).format == name[7:].upper()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_cost_is_said_where_it_is_known(command, sandbox: dict[str, str]) -> None:
    said = command("say", "Hello 你", "--model", "dashscope/qwen3-tts-flash", "-o", "x.wav", env=sandbox).stdout
    assert said.endswith(b", cost 0.00064 CNY (8 characters)\n")
    said = command("say", "Hello", "--model", "openai/tts-1", "-o", "x.mp3", env=sandbox).stdout
    assert said.endswith(b", cost about 0.000075 USD\n")  # it does not say what it bills
    assert b"cost" not in command("say", "Hello", "-o", "y.wav").stdout


@pytest.mark.parametrize("model", ["qwen3-tts-flash", "qwen3-tts-flash-realtime", "cosyvoice-v3-flash"])
def test_a_model_s_name_asks_for_a_fault(command, tmp_path: Path, sandbox: dict[str, str], model: str) -> None:
    reference = f"dashscope/{model}!cut;after=1"
    failed(command("say", "Hello " * 20, "--model", reference, "-o", "x.wav", env=sandbox), 1, "had come")
    assert list(tmp_path.iterdir()) == []
    failed(command("say", "Hello", "--model", f"{reference}:Nobody", env=sandbox), *NO_SUCH_VOICE[model])
    failed(command("say", "Hello", "--model", "dashscope/qwen3-tts-flahs!cut", env=sandbox), 2, "did you mean")


NO_SUCH_VOICE: dict[str, tuple[Any, ...]] = {
    "qwen3-tts-flash": (2, "voice='Nobody'"),
    "qwen3-tts-flash-realtime": (2, "voice='Nobody'"),
    "cosyvoice-v3-flash": (1, "418"),  # takes voices that its card does not list
}


def test_without_a_name_it_never_replaces_a_file(command, tmp_path: Path) -> None:
    (tmp_path / "speech.wav").write_bytes(b"mine")
    (tmp_path / "speech-2.wav").symlink_to("nowhere")
    done = command("say", "Hello", "world")
    assert done.stdout.startswith(b"speech-3.wav: ")
    assert (tmp_path / "speech.wav").read_bytes() == b"mine"
    assert seconds(tmp_path / "speech-3.wav") > 0.5


def test_words_need_no_quotes(command, tmp_path: Path) -> None:
    command("say", "Hello there my friend", "-o", "one.wav")
    command("say", "Hello", "there", "my", "friend", "-o", "four.wav")
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "four.wav").read_bytes()


def test_a_named_file_is_replaced_and_keeps_its_mode(command, tmp_path: Path) -> None:
    target = tmp_path / "x.wav"
    target.write_bytes(b"old")
    target.chmod(0o604)
    assert command("say", "Hello", "-o", "x.wav").returncode == 0
    assert seconds(target) > 0.3
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_standard_input_is_spoken(command, tmp_path: Path) -> None:
    assert command("say", "-", "-o", "in.wav", input="\ufeffGrüße, 世界.".encode()).returncode == 0
    assert command("say", "Grüße, 世界.", "-o", "arg.wav").returncode == 0
    assert (tmp_path / "in.wav").read_bytes() == (tmp_path / "arg.wav").read_bytes()


def test_standard_output_takes_a_wav(command) -> None:
    done = command("say", "Hello", "-o", "-")
    assert done.returncode == 0
    assert done.stdout[:4] + done.stdout[8:16] == b"RIFFWAVEfmt "
    assert len(done.stdout) > 22050
    assert done.stderr.startswith(b"standard output: 0.")


def test_no_audio_for_a_terminal(terminal) -> None:
    theirs, _ = terminal
    done = subprocess.run([*PROGRAM, "say", "Hello", "-o", "-"], stdout=theirs, stderr=subprocess.PIPE, check=False)
    failed(done, 2, "standard output is a terminal")


def test_voice_reference_and_set_reach_the_engine(command, tmp_path: Path) -> None:
    sizes: dict[str, float] = {}
    for name, arguments in {
        "plain": [],
        "fast": ["--set", "rate=400"],
        "option": ["--voice", "de+f3"],
        "setting": ["--set", "voice=de+f3"],
        "reference": ["--model", "local/espeak-ng:de+f3"],
        "ssml": ["--set", "ssml=true"],
    }.items():
        text = '<speak>Hello <break time="900ms"/> there</speak>'
        assert command("say", text, *arguments, "-o", f"{name}.wav").returncode == 0
        sizes[name] = seconds(tmp_path / f"{name}.wav")
    assert sizes["fast"] < 0.7 * sizes["plain"]
    assert sizes["option"] == sizes["setting"] == sizes["reference"] != sizes["plain"]
    assert sizes["ssml"] < sizes["plain"]  # the tags are not read out


def test_a_value_outside_the_schema_passes_when_asked_to(command, tmp_path: Path) -> None:
    done = command("say", "Hello", "--set", "rate=500", "--enforce", "warn", "-o", "x.wav")
    assert done.returncode == 0
    assert done.stderr == b"warning: espeak-ng: rate=500 must be at most 450\n"
    done = command("say", "Hello", "--set", "rate=500", "--enforce", "off", "-o", "x.wav")
    assert (done.returncode, done.stderr) == (0, b"")


def test_markdown_is_spoken_as_it_is_meant(command, tmp_path: Path) -> None:
    marked = b"# One\n\n**Two** [three](https://example.com).\n\n```\n" + b"four five six\n" * 50 + b"```\n"
    assert command("say", "One\n\nTwo three.", "-o", "plain.wav").returncode == 0
    assert command("say", "--markdown", "-", "-o", "marked.wav", input=marked).returncode == 0
    assert seconds(tmp_path / "marked.wav") == pytest.approx(seconds(tmp_path / "plain.wav"), abs=0.2)


# -- bad input


def test_empty_text(command, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"mine")
    failed(command("say", "", "-o", "x.wav"), 2, "text is empty")
    failed(command("say", " \n\t", "-o", "x.wav"), 2, "text is empty")
    failed(command("say", "-", "-o", "x.wav", input=b""), 2, "text is empty")
    failed(command("say", "-", "-o", "x.wav", input=b"\xef\xbb\xbf\n"), 2, "text is empty")
    assert (tmp_path / "x.wav").read_bytes() == b"mine"


def test_one_character(command, tmp_path: Path) -> None:
    assert command("say", "a", "-o", "x.wav").returncode == 0
    assert seconds(tmp_path / "x.wav") > 0.1


def test_as_much_text_as_the_model_takes(command, tmp_path: Path) -> None:
    most = b"Hello." + b" " * 199_989 + b"there"
    assert len(most) == 200_000
    assert command("say", "-", "-o", "x.wav", input=most).returncode == 0
    assert seconds(tmp_path / "x.wav") > 0.6


def test_one_character_too_many(command, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"mine")
    failed(command("say", "-", "-o", "x.wav", input=b"a " * 100_000 + b"b"), 2, "200,000 characters")
    assert (tmp_path / "x.wav").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_endless_input_is_refused_as_soon_as_it_is_too_much(command) -> None:
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as endless:
        failed(command("say", "-", stdin=endless.stdout), 2, "200,000 characters")
        endless.kill()


def test_half_characters(command) -> None:
    failed(command("say", b"Hello \xff there"), 2, "lone surrogate", "at 6")
    failed(command("say", "Hello", "--voice", b"\xff"), 2, "voice=")
    failed(command("say", "-", input=b"a" * 65_535 + b"\xc3\x28"), 2, "not UTF-8 text (byte 65536)")
    failed(command("say", "-", input=b"Hello \xe4\xb8"), 2, "not UTF-8 text (byte 7)")


def test_control_characters_are_spoken_around(command, tmp_path: Path) -> None:
    text = b"Hello\x00 there\x01\x1b[2J\x7f my friend"
    done = command("say", "-", "-o", "x.wav", input=text)
    assert (done.returncode, done.stderr) == (0, b"")
    assert seconds(tmp_path / "x.wav") > 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--voice", "en-uz"], 2, ["en-uz", "did you mean 'en-us'?"]),
        (["--voice", "en-us+f33"], 2, ["did you mean 'en-us+f"]),
        (["--model", "local/espeak-ng:en_us"], 2, ["did you mean 'en-us'?"]),
        (["--voice", "qqqqqqqq"], 2, ["qqqqqqqq", "modeldeck voices local/espeak-ng"]),
        (["--set", "rate=1000"], 2, ["rate=1000", "450"]),
        (["--set", "rate=fast"], 2, ["rate='fast'", "integer"]),
        (["--set", "rate=NaN"], 2, ["rate='NaN'", "integer"]),
        (["--set", "rate=" + "9" * 5000], 2, ["rate=", "integer"]),
        (["--set", "rte=200"], 2, ["rte", "did you mean 'rate'?"]),
        (["--set", "ssml=maybe"], 2, ["ssml='maybe'", "true or false"]),
        (["--set", "rate"], 2, ["name=value"]),
        (["--set", "rate=100", "--set", "rate=200"], 2, ["twice"]),
        (["--voice", "de", "--set", "voice=fr"], 2, ["several voices", "de, fr"]),
        (["--model", "local/espeak-ng:de", "--voice", "fr"], 2, ["several voices"]),
        (["--model", "local/espeek"], 2, ["did you mean 'espeak-ng'?"]),
        (["--model", "lokal/espeak-ng"], 2, ["did you mean 'local'?"]),
        (["--model", "espeak-ng"], 2, ["provider/model"]),
        (["--model", "dashscope/qwen3-tts-flash"], 1, ["DASHSCOPE_API_KEY"]),
        (["--play", "-o", "x.wav"], 2, ["exclude each other"]),
        (["-o", "x.m4a"], 2, ["gives pcm_s16le", "conversion makes", "flac", ".wav"]),
        (["--enforce", "maybe"], 2, ["'maybe'"]),
    ],
)
def test_a_users_mistake(command, tmp_path: Path, arguments: list[str], code: int, words: Sequence[str]) -> None:
    failed(command("say", "Hello", *arguments), code, *words)
    assert list(tmp_path.iterdir()) == []


# -- where it cannot write


def test_a_missing_folder(command, tmp_path: Path) -> None:
    failed(command("say", "Hello", "-o", "nowhere/x.wav"), 1, "nowhere/x.wav", "no folder 'nowhere'")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_a_file(command, tmp_path: Path) -> None:
    failed(command("say", "Hello", "-o", os.fspath(tmp_path)), 1, os.fspath(tmp_path), "Is a directory")


def test_a_read_only_path(command) -> None:
    failed(command("say", "Hello", "-o", "/proc/x.wav"), 1, "error: /proc/x.wav: ")
    failed(command("say", "Hello", "-o", "/proc/version"), 1, "error: /proc/version: ")


def test_a_full_disk(command) -> None:
    failed(command("say", "Hello", "-o", "/dev/full"), 1, "error: /dev/full: No space left on device")
    with open("/dev/full", "wb") as full:
        failed(command("say", "Hello", "-o", "-", stdout=full), 1, "standard output: No space left on device")


def test_a_reader_that_goes_away(command) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    failed(command("say", "Hello", "-o", "-", stdout=writing), 1, "standard output: Broken pipe")
    os.close(writing)


# -- Ctrl-C


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_while_writing_a_file(tmp_path: Path, terminal, number: int, code: int) -> None:
    theirs, read = terminal
    (tmp_path / "chapter.txt").write_text(CHAPTER)
    (tmp_path / "x.wav").write_bytes(b"mine")
    with open(tmp_path / "chapter.txt", "rb") as text:
        process = subprocess.Popen(
            [*PROGRAM, "say", "-", "-o", "x.wav"], stdin=text, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path
        )
    seen = read(b" of audio")  # its progress: it is speaking now
    workers = children(process.pid)
    assert workers
    assert any(path.suffix == ".part" for path in tmp_path.iterdir())
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    os.close(theirs)
    seen += read()
    assert process.returncode == code
    assert b"%" in seen
    assert out == b""
    assert b"Traceback" not in seen
    assert (tmp_path / "x.wav").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chapter.txt", "x.wav"]
    assert not [pid for pid in workers if alive(pid)]


def test_interrupted_while_a_reader_listens(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen([*PROGRAM, "say", "-", "-o", "-"], stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(CHAPTER.encode())
    process.stdin.close()
    process.stdin = None
    assert process.stdout.read(100_000)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.strip()) == (130, b"interrupted")


def test_interrupted_while_waiting_for_text(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    # A pipe that stays open: the program says nothing before its end, so its own state is the event.
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(writing)], stdin=reading, stderr=subprocess.PIPE, pass_fds=[writing]
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"reading\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    os.close(reading)
    os.close(writing)
    assert (process.returncode, said.strip()) == (130, b"interrupted")


WAITING = """
import io, sys
from modeldeck.cli import main

class Announced(io.TextIOWrapper):
    @property
    def buffer(self):
        print("reading", file=sys.stderr, flush=True)
        return super().buffer

sys.stdin = Announced(sys.stdin.buffer)
sys.exit(main(["say", "-"]))
"""


# -- aloud


def player(folder: Path, name: str, script: str) -> dict[str, str]:
    """A program of that name alone on PATH; returns the environment."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    program = bin_ / name
    program.write_text(f'#!/bin/sh\necho "$@" >{folder}/arguments\n{script}\n')
    program.chmod(0o755)
    return {"PATH": str(bin_)}


def samples(path: Path) -> bytes:
    with wave.open(os.fspath(path)) as file:
        return file.readframes(file.getnframes())


@pytest.mark.parametrize("name", ["aplay", "paplay"])
def test_it_plays_on_a_program_that_takes_samples(command, tmp_path: Path, name: str) -> None:
    environment = player(tmp_path, name, f"exec /bin/cat >{tmp_path}/heard")
    done = command("say", "Hello there", "--play", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(f"played with {name}: 1.".encode())
    command("say", "Hello there", "-o", "x.wav")
    assert (tmp_path / "heard").read_bytes() == samples(tmp_path / "x.wav")
    assert "22050" in (tmp_path / "arguments").read_text()


def test_it_plays_on_a_program_that_takes_a_wav(command, tmp_path: Path) -> None:
    environment = player(tmp_path, "ffplay", f"exec /bin/cat >{tmp_path}/heard")
    assert command("say", "Hello there", "--play", env=environment).returncode == 0
    assert (tmp_path / "heard").read_bytes() == command("say", "Hello there", "-o", "-").stdout


def test_it_plays_on_a_program_that_takes_a_file(command, tmp_path: Path) -> None:
    environment = player(tmp_path, "afplay", f'exec /bin/cat "$1" >{tmp_path}/heard')
    assert command("say", "Hello there", "--play", env=environment).returncode == 0
    assert seconds(tmp_path / "heard") > 0.5
    assert not Path((tmp_path / "arguments").read_text().strip()).parent.exists()


def test_it_plays_with_miniaudio(command, tmp_path: Path) -> None:
    (tmp_path / "miniaudio.py").write_text(MINIAUDIO)
    done = command("say", "Hello there", "--play", env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"played with miniaudio: 1.")
    command("say", "Hello there", "-o", "x.wav")
    spoken = samples(tmp_path / "x.wav")
    assert (tmp_path / "heard").read_bytes().strip(b"\0") == spoken.strip(b"\0")


async def test_what_the_device_still_holds_is_heard_too() -> None:
    playing = _Miniaudio()
    playing._loop = asyncio.get_running_loop()
    frames = playing._frames(2, tail=2 * 300)
    next(frames)
    assert frames.send(100) == bytes(200)  # nothing is there yet
    playing._pieces.put(b"ab" * 150)
    playing._ended = True
    assert frames.send(100) == b"ab" * 100
    assert frames.send(100) == b"ab" * 50 + bytes(100)
    over: list[bool] = []
    for _ in range(3):
        over.append(playing._over)
        assert frames.send(100) == bytes(200)
    assert over == [False] * 3
    assert playing._over


# The part of miniaudio 1.71 that is used, with its contract: frames are asked for on a thread, until it is closed.
MINIAUDIO = """
import enum, threading

class MiniaudioError(Exception): pass
class SampleFormat(enum.Enum): SIGNED16 = 2

class PlaybackDevice:
    def __init__(self, *, output_format, nchannels, sample_rate, app_name, buffersize_msec=200):
        assert (output_format, nchannels, sample_rate) == (SampleFormat.SIGNED16, 1, 22050)
        self.buffersize_msec = buffersize_msec
        self.closed = threading.Event()

    def start(self, generator):
        self.thread = threading.Thread(target=self.ask, args=(generator,))
        self.thread.start()

    def ask(self, generator):
        with open("heard", "wb") as heard:
            while not self.closed.wait(0.001):
                data = generator.send(2205)
                assert len(data) <= 2205 * 2
                heard.write(data)

    def close(self):
        self.closed.set()
        self.thread.join()
"""


def test_nothing_here_can_play(command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed(command("say", "Hello", "--play", env={"PATH": str(tmp_path / "empty")}), 1, "pip install miniaudio", "-o")


def test_a_player_that_fails(command, tmp_path: Path) -> None:
    environment = player(tmp_path, "aplay", "echo no such card >&2; exit 3")
    failed(command("say", CHAPTER[:20_000], "--play", env=environment), 1, "aplay", "exit code 3", "no such card")


def test_interrupted_while_playing(tmp_path: Path) -> None:
    environment = player(tmp_path, "aplay", "/usr/bin/head -c 1000 >/dev/null; echo $$ >&9; read forever <&8")
    told, tells = os.pipe()
    never, keeps = os.pipe()
    script = "import os, sys; os.dup2(int(sys.argv[1]), 9); os.dup2(int(sys.argv[2]), 8)\n" + INHERITING
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tells), str(never)],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        pass_fds=[tells, never],
    )
    pid = int(os.read(told, 100))
    assert alive(pid)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    for end in (told, tells, never, keeps):
        os.close(end)
    assert (process.returncode, said.strip()) == (130, b"interrupted")
    assert not alive(pid)


INHERITING = """
import subprocess
usual = subprocess.Popen.__init__
def inheriting(self, *arguments, **options):
    usual(self, *arguments, **{**options, "close_fds": False})
subprocess.Popen.__init__ = inheriting
os.set_inheritable(8, True), os.set_inheritable(9, True)
from modeldeck.cli import main
sys.exit(main(["say", "Hello there. " * 5000, "--play"]))
"""


def test_a_closed_standard_input_is_said(tmp_path: Path) -> None:
    script = f'"{sys.executable}" -m modeldeck say - -o x.wav <&-'
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "standard input is closed" in done.stderr
    assert "Traceback" not in done.stderr


# -- another model, and what was spoken before


def test_another_model_speaks_if_the_first_cannot_and_it_is_said(command, tmp_path: Path) -> None:
    environment = {"OPENAI_API_KEY": "sk-canary-key", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    arguments = ("say", "Hello there.", "-m", "openai/tts-1", "--fallback", "local/espeak-ng", "-o", "x.mp3")
    done = command(*arguments, env=environment)
    assert done.returncode == 0
    assert soundfile.info(tmp_path / "x.mp3").format == "MP3"
    assert done.stderr.decode().startswith("local/espeak-ng spoke, not openai/tts-1: ")
    assert b"canary" not in done.stderr + done.stdout


def test_what_it_costs_is_by_the_price_of_the_model_that_spoke(command) -> None:
    with SandboxProcess() as box:
        environment = {**box.environment(), "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        arguments = ("say", "Hello there.", "-m", "openai/tts-1", "-o", "x.wav", "--fallback")
        free = command(*arguments, "local/espeak-ng", env=environment)
        assert free.returncode == 0, free.stderr
        assert b"cost" not in free.stdout  # nobody says what the local voice costs; tts-1 was not paid
        told = command(*arguments, "dashscope/qwen3-tts-flash", env=environment)
        assert b"cost 0.00096 CNY (12 characters)" in told.stdout, told.stdout


def test_what_was_spoken_before_comes_from_the_folder(command, tmp_path: Path) -> None:
    for name in ("one.wav", "two.wav"):
        done = command("say", "Hello there.", "--cache", "speech", "-o", name)
        assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()
    assert len(list((tmp_path / "speech").rglob("*.speech"))) == 1
    (tmp_path / "file").write_text("")
    failed(command("say", "Hello", "--cache", "file", "-o", "x.wav"), 2, "folder", "file")
