"""What the callback clients keep to, whatever happens: order, state, two at once, nothing left behind."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modeldeck import Retry, Timeouts, realtime_clients
from modeldeck.errors import (
    AuthenticationError,
    ConcurrentUseError,
    ConnectionFailedError,
    CredentialError,
    ModelDeckError,
    ParameterError,
)
from modeldeck.realtime_clients import (
    AzureTtsClient,
    AzureTtsConfig,
    ModelstudioTtsCallbacks,
    ModelstudioTtsClient,
    ModelstudioTtsConfig,
    RealtimeState,
)
from modeldeck.sandbox import Sandbox, SandboxProcess
from modeldeck.sandbox.voice import numbered
from tests.realtime_clients.applications import HELLO, PATIENCE, Watcher

SHORT = {"timeouts": Timeouts(1, 1, 1), "retry": Retry(0)}
KEYS = {"modelstudio": {"api_key": "sk-sandbox"}, "azure": {"key": "azure-sandbox"}}
LAST = {"modelstudio": "on_close", "azure": "on_complete"}
CONFIGS: Any = {"modelstudio": ModelstudioTtsConfig, "azure": AzureTtsConfig}
CALLBACKS: Any = {"modelstudio": ModelstudioTtsCallbacks, "azure": realtime_clients.AzureTtsCallbacks}
ORDER = {
    "modelstudio": ["on_open", "on_data", "on_complete", "on_close"],
    "azure": ["on_started", "on_data", "on_complete"],
}
FAULTS = (
    "status=401",
    "status=503",
    "cut;after=2",
    "close;after=2",
    "silence",
    "silence;after=2",
    "garbage",
    "error",
    "no_finish",
)
VENDORS = ("modelstudio", "azure")
pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def nothing_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("modeldeck"):
            thread.join(PATIENCE)
            assert not thread.is_alive(), thread


class Listener(Watcher):
    """Callbacks that keep the audio too; `on[name]` is called in the callback."""

    def __init__(self) -> None:
        super().__init__()
        self.audio = b""
        self.on: dict[str, Any] = {}

    def note(self, name: str, *given: Any) -> None:
        if name == "on_data":
            self.audio += given[0]
        self.seen.append([name, list(given[1:] if name == "on_data" else given), self.client.state.value])
        if name in self.on:
            self.on[name](*given)
        if name in ("on_close", "on_canceled", "on_complete" if isinstance(self.client, AzureTtsClient) else ""):
            self.ends.set()

    @property
    def names(self) -> list[str]:
        """Runs of data are one."""
        names = [name for name, _, _ in self.seen]
        return [name for at, name in enumerate(names) if name != "on_data" or names[at - 1] != "on_data"]


def client_of(vendor: str, url: str, *, model: str | None = None, chat_id: str = "c", **options: Any) -> Listener:
    listener = Listener()
    cls: Any = ModelstudioTtsClient if vendor == "modelstudio" else AzureTtsClient
    config: Any = (ModelstudioTtsConfig if vendor == "modelstudio" else AzureTtsConfig)(
        base_url=url,
        chat_id=chat_id,
        **{**KEYS[vendor], **options.pop("config", {})},
        **({"model": model} if model else {}),
    )
    kind: Any = (
        realtime_clients.ModelstudioTtsCallbacks if vendor == "modelstudio" else realtime_clients.AzureTtsCallbacks
    )
    names = [name for name in kind.model_fields if name not in ("on_event", "on_synthesizing")]
    callbacks = kind(**{name: lambda *given, name=name: listener.note(name, *given) for name in names})
    listener.client = cls(config, callbacks, **options)
    return listener


def faulty(vendor: str, url: str, fault: str, **options: Any) -> Listener:
    model = f"cosyvoice-v2!{fault}" if vendor == "modelstudio" else f"neural-realtime!{fault}"
    return client_of(vendor, url, model=model, **{**SHORT, **options})


def said(listener: Listener) -> None:
    """As an application does it that takes no care."""
    try:
        listener.client.start()
    except ModelDeckError:
        pass
    listener.client.send_text_data(HELLO)
    listener.client.stop()


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_utterance_state_and_order(vendor: str, modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of(vendor, modeldeck_sandbox.url)
    assert one.client.get_state() is RealtimeState.IDLE
    for turn in range(2):
        one.seen.clear()
        one.audio = b""
        one.client.start()
        assert one.client.state is RealtimeState.RUNNING
        one.client.start()  # is running
        one.client.send_text_data(HELLO)
        one.client.send_text_data("")
        one.client.stop()
        assert one.client.state is RealtimeState.IDLE, turn
        one.client.stop()
        one.client.async_stop()
        assert one.audio
        assert one.audio == numbered(0, len(one.audio) // 2)
        assert {state for name, _, state in one.seen if name in ("on_data", "on_open", "on_started")} == {"running"}
        assert [given[1] for name, given, _ in one.seen if name == "on_data"] == list(
            range(sum(name == "on_data" for name, _, _ in one.seen))
        )
        assert one.client.tts_request_id
    ends = {
        "modelstudio": ["on_open", "on_data", "on_complete", "on_close"],
        "azure": ["on_started", "on_data", "on_complete"],
    }
    assert one.names == ends[vendor]
    assert {state for name, _, state in one.seen if name in ("on_complete", "on_close")} == {"idle"}
    one.client.close()
    one.client.close()


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "fault",
    [
        "status=401",
        "status=503",
        "cut;after=2",
        "close;after=2",
        "silence",
        "silence;after=2",
        "garbage",
        "error",
        "no_finish",
    ],
)
def test_what_goes_wrong_is_told_once(vendor: str, fault: str, modeldeck_sandbox: SandboxProcess) -> None:
    one = faulty(vendor, modeldeck_sandbox.url, fault)
    if vendor == "azure":  # its wire does not say the model
        modeldeck_sandbox.arm(fault)
        one = client_of(vendor, modeldeck_sandbox.url, **SHORT)
    said(one)
    assert one.client.state is RealtimeState.IDLE
    told = [name for name in one.names if name not in ("on_open", "on_started", "on_data")]
    assert told == (["on_error", "on_close"] if vendor == "modelstudio" else ["on_error", "on_canceled"])
    assert one.names[-2:] == told
    assert "sandbox" not in str(one.seen)
    modeldeck_sandbox.arm()
    if vendor == "azure":
        one.seen.clear()
        said(one)
        assert one.names == ["on_started", "on_data", "on_complete"]


def test_nobody_there() -> None:
    one = client_of("modelstudio", "http://127.0.0.1:9", **SHORT)
    with pytest.raises(ConnectionFailedError):
        one.client.start()
    assert one.names == ["on_error", "on_close"]
    other = client_of("azure", "http://127.0.0.1:9", **SHORT)
    said(other)
    assert other.names == ["on_started", "on_error", "on_canceled"]


def test_the_configs_own_key_is_used(modeldeck_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-sandbox")
    one = client_of("modelstudio", modeldeck_sandbox.url, config={"api_key": "sk-invalid-secret"}, **SHORT)
    with pytest.raises(AuthenticationError) as raised:
        one.client.start()
    assert "sk-invalid-secret" not in str(raised.value) + str(one.seen) + repr(one.client) + repr(one.client.config)


def test_the_environments_key_and_url(modeldeck_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    for name in ("AZURE_SPEECH_KEY", "SPEECH_KEY", "AZURE_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CredentialError):
        ModelstudioTtsClient(ModelstudioTtsConfig(), ModelstudioTtsCallbacks())
    monkeypatch.setenv("AZURE_KEY", "azure-sandbox")  # what the original reads
    monkeypatch.setenv("AZURE_REGION", "eastus")
    assert AzureTtsClient(AzureTtsConfig()).state is RealtimeState.IDLE
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TTS_VOICE", "longxiaochun_v2")
    assert ModelstudioTtsConfig().voice == "longxiaochun_v2"
    audio: list[bytes] = []
    callbacks = ModelstudioTtsCallbacks(on_data=lambda data, chat_id, index: audio.append(data))
    client = ModelstudioTtsClient(ModelstudioTtsConfig(), callbacks)
    client.start()
    client.send_text_data(HELLO)
    client.stop()
    assert audio


def test_two_keys_two_urls_at_once() -> None:
    """Of four clients two have a key that is refused, and two each a sandbox: nobody is given what is another's."""
    with SandboxProcess() as one, SandboxProcess() as other:
        configs = [
            {"api_key": key, "workspace_id": str(at)} for at, key in enumerate(["sk-a", "sk-b", "sk-invalid"] * 2)
        ]
        listeners = [
            client_of("modelstudio", (one, other)[at % 2].url, chat_id=str(at), config=config, **SHORT)
            for at, config in enumerate(configs)
        ]
        begun = threading.Barrier(len(listeners))

        def speak(listener: Listener) -> None:
            begun.wait(PATIENCE)
            for _ in range(3):
                said(listener)

        threads = [threading.Thread(target=speak, args=[listener]) for listener in listeners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        for at, box in enumerate([one, other]):
            asked = {dict(exchange["headers"])["x-dashscope-workspace"] for exchange in box.requests()}
            assert asked == {str(at), str(at + 2), str(at + 4)}
    for at, listener in enumerate(listeners):
        refused = configs[at]["api_key"] == "sk-invalid"
        assert listener.names == (["on_error", "on_close"] if refused else ORDER["modelstudio"]) * 3
        chats = {given[0] for name, given, _ in listener.seen if name in ("on_data", "on_complete")}
        assert chats == (set() if refused else {str(at)})


def test_workspace_and_headers(modeldeck_sandbox: SandboxProcess) -> None:
    more = {"workspace_id": "ws-1", "user_agent": "app/1", "data_inspection": "enable"}
    said(client_of("modelstudio", modeldeck_sandbox.url, config=more))
    headers = dict(modeldeck_sandbox.requests()[0]["headers"])
    assert (headers["x-dashscope-workspace"], headers["x-dashscope-datainspection"]) == ("ws-1", "enable")
    assert headers["user-agent"] == "app/1"


@pytest.mark.parametrize("vendor", VENDORS)
def test_text_when_nothing_runs(
    vendor: str, modeldeck_sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    one = client_of(vendor, modeldeck_sandbox.url)
    one.client.stop()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            one.client.send_text_data("too early")
    assert [record.message for record in caplog.records] == [
        "text of c was dropped: no utterance is running; call start() first"
    ]
    one.client.start()
    one.client.stop()
    assert "on_data" not in one.names
    with pytest.raises(ParameterError):
        one.client.send_text_data(None)


def test_a_callback_that_raises(modeldeck_sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url)

    def broken(*given: Any) -> None:
        raise SystemExit("out of order")

    one.on = dict.fromkeys(("on_open", "on_data", "on_complete"), broken)
    with caplog.at_level(logging.ERROR):
        said(one)
    assert one.names == ["on_open", "on_data", "on_complete", "on_close"]
    assert sum(name == "on_data" for name, _, _ in one.seen) > 1
    assert [record.message.split()[0] for record in caplog.records] == ["on_open", "on_data", "on_complete"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_next_utterance_begins_in_a_callback(vendor: str, modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of(vendor, modeldeck_sandbox.url)
    turns = iter(["two", "three"])
    over = threading.Event()

    def again(chat_id: str) -> None:
        turn = next(turns, None)
        if turn is None:
            over.set()
            return
        one.client.set_chat_id(turn)
        one.client.start()
        one.client.send_text_data(HELLO)
        one.client.stop()  # cannot wait here

    one.on["on_complete"] = again
    one.client.start()
    one.client.send_text_data(HELLO)
    one.client.async_stop()
    assert over.wait(PATIENCE)
    one.client.stop()
    once = ["on_open", "on_data", "on_complete", "on_close"] if vendor == "modelstudio" else one.names[:3]
    assert one.names == once * 3
    assert [given for name, given, _ in one.seen if name == "on_complete"] == [["c"], ["two"], ["three"]]


def test_what_cannot_wait_for_itself(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url)
    raised: list[Exception] = []

    def restart(*given: Any) -> None:
        try:
            one.client.start()
        except Exception as error:
            raised.append(error)

    one.on["on_data"] = restart
    one.client.start()
    one.client.send_text_data(HELLO)
    one.client.stop()
    assert not raised or {type(error) for error in raised} == {ConcurrentUseError}


@pytest.mark.parametrize("vendor", VENDORS)
def test_start_waits_for_the_one_that_ends(vendor: str, modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of(vendor, modeldeck_sandbox.url)
    for turn in range(3):
        one.client.set_chat_id(str(turn))
        one.client.start()
        one.client.send_text_data(HELLO)
        one.client.async_stop()
    one.client.stop()
    completed = [given for name, given, _ in one.seen if name == "on_complete"]
    assert completed == [["0"], ["1"], ["2"]]
    assert [name for name in one.names if name in ("on_error", "on_canceled")] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_close_in_the_middle(vendor: str, modeldeck_sandbox: SandboxProcess) -> None:
    modeldeck_sandbox.arm("silence;after=2")
    one = client_of(vendor, modeldeck_sandbox.url)
    heard = threading.Event()
    one.on["on_data"] = lambda *given: heard.set()
    one.client.start()
    one.client.send_text_data(HELLO)
    one.client.async_stop()
    assert heard.wait(PATIENCE)
    one.client.close()
    assert one.client.state is RealtimeState.IDLE
    before = list(one.seen)
    assert one.names[2:] == ([] if vendor == "modelstudio" else ["on_canceled"])
    modeldeck_sandbox.arm()
    one.client.start()
    one.client.send_text_data(HELLO)
    one.client.stop()
    assert [name for name, _, _ in one.seen[len(before) :]].count("on_complete") == 1


def test_close_during_start(modeldeck_sandbox: SandboxProcess) -> None:
    modeldeck_sandbox.arm("silence")
    one = client_of("modelstudio", modeldeck_sandbox.url)
    starting = threading.Thread(target=one.client.start)
    starting.start()
    while not one.client._runs:
        threading.Event().wait(0.001)
    one.client.close()
    starting.join(PATIENCE)
    assert not starting.is_alive()
    assert one.seen == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connection_that_is_lost_before_the_text(vendor: str) -> None:
    with SandboxProcess() as first:
        one = client_of(vendor, first.url)
        one.client.start()
        port = int(first.url.rpartition(":")[2])
    with SandboxProcess(port=port):
        one.client.send_text_data(HELLO)
        one.client.stop()
        assert one.names == ORDER[vendor]
        said(one)
        assert one.names == ORDER[vendor] * 2


def test_close_in_a_callback(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url)
    one.on["on_data"] = lambda *given: one.client.close()
    one.client.start()
    one.client.send_text_data(HELLO)
    one.client.stop()
    assert [name for name, _, _ in one.seen] == ["on_open", "on_data"]


def test_close_does_not_wait_for_ever_for_a_callback(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url)
    called, let_go = threading.Event(), threading.Event()
    one.on["on_data"] = lambda *given: (called.set(), let_go.wait(PATIENCE))
    one.client.start()
    one.client.send_text_data(HELLO)
    assert called.wait(PATIENCE)
    one.client.close()
    let_go.set()
    one.client.close()
    assert [name for name, _, _ in one.seen] == ["on_open", "on_data"]


@pytest.mark.parametrize("how", ["", "client.async_stop()", "client.stop()", "client.close()"])
def test_the_end_of_the_process(how: str, modeldeck_sandbox: SandboxProcess) -> None:
    """Whatever is left then neither holds it up nor says anything."""
    code = f"""
from modeldeck.realtime_clients import *
config = ModelstudioTtsConfig(api_key="sk-sandbox", base_url="{modeldeck_sandbox.url}")
client = ModelstudioTtsClient(config, ModelstudioTtsCallbacks())
client.start()
client.send_text_data("Hello. " * 50)
{how}
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_models_own_options(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url, text_filter=True)
    one.client.start()
    for piece in ("**Hel", "lo** [wor", "ld](https://example.com)."):
        one.client.send_text_data(piece)
    one.client.stop()
    plain = client_of("modelstudio", modeldeck_sandbox.url)
    plain.client.start()
    plain.client.send_text_data("Hello world.")
    plain.client.stop()
    assert one.audio == plain.audio


def test_a_client_that_is_dropped_while_it_runs(modeldeck_sandbox: SandboxProcess) -> None:
    client = ModelstudioTtsClient(ModelstudioTtsConfig(base_url=modeldeck_sandbox.url, api_key="sk-sandbox"), None)
    client.start()
    gone = weakref.ref(client)
    threads = [run._speaker for run in client._runs]
    del client
    gc.collect()
    assert gone() is None
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("vendor", VENDORS)
def test_many_cycles_leave_nothing(vendor: str, modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of(vendor, modeldeck_sandbox.url)
    said(one)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(int(os.environ.get("MODELDECK_CYCLES", "100"))):
        one.client.start()
        one.client.send_text_data("Hi.")
        one.client.stop()
    assert threading.active_count() <= threads
    if files:
        assert len(os.listdir("/proc/self/fd")) <= files
    assert one.names.count("on_complete") == one.names.count(one.names[0])


def test_one_connection_for_an_utterance(modeldeck_sandbox: SandboxProcess) -> None:
    for vendor in VENDORS:
        modeldeck_sandbox.forget()
        said(client_of(vendor, modeldeck_sandbox.url))
        assert len([exchange for exchange in modeldeck_sandbox.requests() if exchange["kind"] == "websocket"]) == 1


def test_events_and_request_ids(modeldeck_sandbox: SandboxProcess) -> None:
    events: list[Any] = []
    config = ModelstudioTtsConfig(base_url=modeldeck_sandbox.url, api_key="sk-sandbox")
    client = ModelstudioTtsClient(config, ModelstudioTtsCallbacks(on_event=events.append))
    client.start()
    client.send_text_data(HELLO)
    client.stop()
    assert events
    assert all('"result-generated"' in event for event in events)
    results: list[Any] = []
    callbacks = realtime_clients.AzureTtsCallbacks(on_synthesizing=results.append)
    other = AzureTtsClient(AzureTtsConfig(base_url=modeldeck_sandbox.url, key="azure-sandbox"), callbacks)
    other.start()
    other.send_text_data(HELLO)
    other.stop()
    assert b"".join(event.result.audio_data for event in results)
    assert {event.result.result_id for event in results} == {other.tts_request_id}


@pytest.mark.parametrize(
    ("vendor", "asked"),
    [("azure", {"nb_channels": 2}), ("azure", {"bits_per_sample": 8}), ("modelstudio", {"format": "flac9"})],
)
def test_what_cannot_be_made_is_said_at_once(vendor: str, asked: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        client_of(vendor, "http://127.0.0.1:9", config=asked)


def test_a_wav_is_a_wav(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of("modelstudio", modeldeck_sandbox.url, config={"format": "wav", "sample_rate": 24000})
    said(one)
    assert one.audio.startswith(b"RIFF")


def test_qwens_realtime_models_too(modeldeck_sandbox: SandboxProcess) -> None:
    one = client_of(
        "modelstudio",
        modeldeck_sandbox.url,
        model="qwen3-tts-flash-realtime",
        config={"voice": "Cherry", "sample_rate": 24000},
    )
    said(one)
    assert one.names == ["on_open", "on_data", "on_complete", "on_close"]


async def test_inside_an_event_loop_that_serves_it() -> None:
    """`start()` blocks its caller's loop, so it is called in a thread; nothing else needs one."""
    import asyncio

    async with Sandbox() as box:
        one = client_of("azure", box.url)
        one.client.start()  # does not wait
        one.client.send_text_data(HELLO)
        one.client.async_stop()
        assert await asyncio.to_thread(one.ends.wait, PATIENCE)
        await asyncio.to_thread(one.client.close)
    assert one.names == ["on_started", "on_data", "on_complete"]


@pytest.mark.parametrize(
    "name", ["AzureAsrClient", "AzureAsrCallbacks", "ModelstudioAsrClient", "ModelstudioAsrConfig"]
)
def test_recognition_comes_later(name: str) -> None:
    with pytest.raises(ImportError, match="ASR family"):
        getattr(realtime_clients, name)
    with pytest.raises(AttributeError):
        realtime_clients.Nothing  # noqa: B018
