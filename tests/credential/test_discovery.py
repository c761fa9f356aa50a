"""`discover_tts_models()`: what an account has, and what becomes of a provider that is down, slow, paged, or wrong."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import warnings
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck import Call, Observer, Retry, Timeouts, Transport
from modeldeck._transport.limits import without_pauses
from modeldeck.credential import Discovery, Listing, LiveKitCredential, LocalCredential, asking
from modeldeck.errors import (
    AuthenticationError,
    CardError,
    CardWarning,
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    ParameterError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
    UnsupportedError,
)
from modeldeck.tts import TTSModelCard
from tests.credential.accounts import KEY, Account, Answer, EchoCredential, EchoTTSModel, Parameters, said, serving

MODELS = said({"list": [{"id": "echo-1"}, {"id": "echo-9"}]})
VOICES = said({"list": [{"id": "mine", "models": ["echo-1"]}, {"id": "ANNA", "models": ["echo-1", "echo-2"]}]})
ONCE = Retry(max_retries=0)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with serving(Account()) as found:
        found.put("/models", MODELS)
        found.put("/voices", VOICES)
        yield found


def credential(account: Account, key: str = KEY) -> EchoCredential:
    return EchoCredential(api_key=key, url=account.url)


async def found(one: EchoCredential, **options: Any) -> tuple[dict[str, TTSModelCard], list[str]]:
    """The cards by name, and the warnings."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        cards = await one.discover_tts_models(**{"retry": ONCE, **options})
    assert all(issubclass(one.category, CardWarning) and one.filename == __file__ for one in heard)
    assert "CANARY" not in "".join(str(one.message) for one in heard)
    return {card.name: card for card in cards}, [str(one.message) for one in heard]


# -- what an account has


async def test_the_account_over_the_shipped_cards(account: Account) -> None:
    cards, heard = await found(credential(account))
    assert list(cards) == ["echo-1", "echo-2", "echo-9"]
    assert not heard
    one, two, nine = cards.values()
    assert [(voice.id, voice.source) for voice in one.voices] == [
        ("ANNA", "cloned"),
        ("ben", "card"),
        ("mine", "cloned"),
    ]
    assert (one.voices[0].label, one.voices[0].languages, one.voices[0].styles) == ("Anna, of Echo", ("de",), ("calm",))
    assert [voice.id for voice in two.voices] == ["ANNA", "ben"]
    assert all(card.live is not None for card in cards.values())
    marks = [(card.live.listed, card.live.voices) for card in cards.values() if card.live is not None]
    assert marks == [(True, "more"), (False, "more"), (True, "card")]
    assert 0 <= (one.live.age if one.live else -1) < 60
    assert one.limits is not None
    assert (nine.label, nine.model_type, nine.provider, nine.limits, nine.voices) == (
        "echo-9",
        "echo_tts",
        "echo",
        None,
        [],
    )
    assert all(card.live is None for card in EchoCredential.list_tts_models())


async def test_its_schema_follows(account: Account) -> None:
    one = credential(account)
    cards, _ = await found(one)
    voice = cards["echo-1"].call_schema["properties"]["voice"]
    assert (voice["enum"], voice["default"]) == (["ANNA", "ben", "mine"], "ben")
    assert EchoTTSModel(one, cards["echo-1"], {"voice": "mine"}).parameters == Parameters(voice="mine")
    with pytest.raises(ParameterError, match="mine"):
        EchoTTSModel(one, cards["echo-1"], {"voice": "mina"})
    with pytest.raises(ParameterError):
        EchoTTSModel(one, cards["echo-2"], {"voice": "mine"})
    assert EchoTTSModel(one, cards["echo-9"], {"voice": "whoever", "speed": 2}).model == "echo-9"


async def test_a_live_card_is_a_card(account: Account) -> None:
    cards, _ = await found(credential(account))
    card = cards["echo-1"]
    for other in (pickle.loads(pickle.dumps(card)), TTSModelCard.model_validate(card.model_dump(mode="json"))):
        assert other.model_dump() == card.model_dump()
        assert other.live == card.live
        assert other.rules(Parameters).call == card.call_schema
    again, _ = await found(credential(account))
    again["echo-1"].voices.clear()
    assert copy.copy(card).voices is not card.voices


def test_no_file_says_it() -> None:
    from modeldeck._cards.deck import CardProblems
    from modeldeck.tts.card import build_card

    with pytest.raises(CardProblems, match="unknown key 'live'"):
        build_card({"name": "a", "label": "A", "live": {"at": "2026-11-30T00:00:00Z"}}, "a.yaml", Parameters)


async def test_those_that_list_nothing_are_as_shipped() -> None:
    for one in (LocalCredential(), LiveKitCredential(api_key="APIk", api_secret="s" * 32)):
        assert await one.discover_tts_models() == one.list_tts_models()


# -- the cache


async def test_it_is_remembered_with_its_age(account: Account) -> None:
    one = credential(account)
    first, _ = await found(one)
    second, _ = await found(one)
    assert sorted(account.asked) == ["/models", "/voices"]
    assert first == second
    assert first["echo-1"].voices is not second["echo-1"].voices
    third, _ = await found(one, max_age=0)
    assert len(account.asked) == 4
    assert third["echo-1"].live is not None
    assert first["echo-1"].live is not None
    assert third["echo-1"].live.at > first["echo-1"].live.at
    await found(one, max_age=None)
    assert len(account.asked) == 4
    for wrong in (-1, float("nan"), "1", True):
        with pytest.raises(ParameterError, match="max_age"):
            await one.discover_tts_models(max_age=wrong)


async def test_one_credential_remembers_nothing_of_another(account: Account) -> None:
    await found(credential(account))
    await found(credential(account))
    assert len(account.asked) == 4


async def test_a_memory_of_ones_own(account: Account) -> None:
    memory = Discovery(most=2)
    await found(credential(account), discovery=memory)
    await found(credential(account).model_copy(update={"name": "the same account"}), discovery=memory)
    assert len(account.asked) == 2
    await found(credential(account, "sk-other"), discovery=memory)
    assert len(account.asked) == 4
    await found(credential(account, "sk-third"), discovery=memory)  # and the first is forgotten
    assert repr(memory) == "<Discovery of 2 accounts>"
    await found(credential(account), discovery=memory)
    assert len(account.asked) == 8
    known = memory.known(credential(account))
    assert known is not None
    assert [card.name for card in known.cards] == ["echo-1", "echo-2", "echo-9"]
    assert known.at is not None
    memory.forget()
    assert memory.known(credential(account)) is None
    with pytest.raises(UnsupportedError):
        pickle.dumps(memory)
    with pytest.raises(ParameterError):
        Discovery(most=0)


async def test_no_key_lies_in_it(account: Account) -> None:
    memory, one = Discovery(), credential(account)
    await found(one, discovery=memory)
    assert KEY.encode() not in b"".join(memory._accounts)
    assert "CANARY" not in f"{vars(memory)}"
    other = Discovery()
    await found(one, discovery=other)
    assert set(memory._accounts).isdisjoint(other._accounts)  # a digest means nothing elsewhere


async def test_a_credential_that_discovered_is_as_before(account: Account) -> None:
    one, other = credential(account), credential(account)
    one, other = (each.model_copy(update={"id": "same"}) for each in (one, other))
    await found(one)
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == repr(other)
    assert one.model_dump() == other.model_dump()
    assert one.reveal() == other.reveal()
    assert copy.deepcopy(one) == one
    assert copy.copy(one) == one
    await found(copy.deepcopy(one))


async def test_simultaneous_callers_ask_once(account: Account) -> None:
    account.gate = asyncio.Event()
    one = credential(account)
    callers = [asyncio.create_task(one.discover_tts_models(max_age=0)) for _ in range(100)]
    await account.came.wait()
    account.gate.set()
    answers = await asyncio.gather(*callers)
    assert sorted(account.asked) == ["/models", "/voices"]
    assert all(cards == answers[0] for cards in answers)


async def test_callers_who_leave(account: Account) -> None:
    account.gate = asyncio.Event()
    one = credential(account)
    first, second = (asyncio.create_task(one.discover_tts_models()) for _ in range(2))
    await account.came.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    account.gate.set()
    assert len(await second) == 3
    account.gate.clear()
    account.came.clear()
    third = asyncio.create_task(one.discover_tts_models(max_age=0))
    await account.came.wait()
    third.cancel()
    with pytest.raises(asyncio.CancelledError):
        await third
    account.gate.set()
    assert not [task for task in asyncio.all_tasks() if "discover" in repr(task.get_coro())]
    assert not one._discovery._flights
    assert len(await one.discover_tts_models(max_age=0)) == 3


def test_another_loop_uses_the_same_memory() -> None:
    async def run(one: EchoCredential, account: Account) -> int:
        return len(await one.discover_tts_models())

    async def first() -> EchoCredential:
        async with serving(Account({"/models": [MODELS], "/voices": [VOICES]})) as account:
            one = credential(account)
            await run(one, account)
            return one

    one = asyncio.run(first())
    assert asyncio.run(run(one, Account())) == 3  # nobody is there any more


# -- a provider that is down, slow, paged, or answers garbage

FAILURES: list[tuple[int, type[ModelDeckError]]] = [
    (401, AuthenticationError),
    (403, PermissionDeniedError),
    (404, ModelNotFoundError),
    (429, RateLimitError),
    (500, ProviderError),
    (503, ProviderError),
    (302, ProviderError),
]


@pytest.mark.parametrize(("status", "error"), FAILURES)
async def test_refusals_are_typed(account: Account, status: int, error: type[ModelDeckError]) -> None:
    told = json.dumps({"error": {"message": f"no, {KEY}", "code": None}}).encode()
    account.put("/models", (status, told))
    account.put("/voices", (status, told))
    one = credential(account)
    cards, heard = await found(one)
    assert list(cards) == ["echo-1", "echo-2"]
    assert [card.live for card in cards.values()] == [None, None]
    assert heard
    assert heard[0].startswith(f"echo: its models{'' if status == 404 else ', voices'} cannot be listed (")
    assert heard[0].endswith("the shipped cards stand in")
    with pytest.raises(error) as raised:
        await one.discover_tts_models(strict=True, retry=ONCE)
    assert type(raised.value) is error
    assert "CANARY" not in f"{raised.value}{raised.value!r}"
    assert raised.value.provider


async def test_nobody_there() -> None:
    async with serving(Account()) as account:
        pass
    one = credential(account)
    cards, heard = await found(one)
    assert (len(cards), len(heard)) == (2, 1)
    assert "ConnectionFailedError" in heard[0]
    assert "refused" in heard[0]
    with pytest.raises(ConnectionFailedError):
        await one.discover_tts_models(strict=True, retry=ONCE)


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n ")
    await reader.read()  # until the other end has gone


async def _nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("answer", "timeouts", "said_so"),
    [
        (_nothing, Timeouts(first_audio=0.05), "No answer within 0.05 s"),
        (_drip, Timeouts(idle=0.05), "Nothing more came for 0.05 s"),
        (_drip, Timeouts(first_audio=None, idle=None, total=0.05), "No complete list of models within 0.05 s"),
    ],
)
async def test_it_is_slow(account: Account, answer: Answer, timeouts: Timeouts, said_so: str) -> None:
    account.put("/models", answer)
    one = credential(account)
    cards, heard = await found(one, timeouts=timeouts)
    assert [voice.id for voice in cards["echo-1"].voices] == ["ANNA", "ben", "mine"]  # the other list came
    assert [said_so in line for line in heard] == [True]
    with pytest.raises(TimeoutExceededError, match=said_so):
        await one.discover_tts_models(strict=True, retry=ONCE, timeouts=timeouts)


GARBAGE = [
    b"",
    b"<html>Please log in</html>",
    b"[1, 2",
    b"[]",
    b"null",
    b'{"list": {}}',
    b'{"list": 3}',
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", GARBAGE)
async def test_garbage(account: Account, body: bytes) -> None:
    account.put("/models", (200, body))
    account.put("/voices", (404, b""))
    one = credential(account)
    cards, heard = await found(one)
    assert list(cards) == ["echo-1", "echo-2"]
    assert len(heard) == 1
    assert "ProtocolError" in heard[0]
    with pytest.raises(ProtocolError, match="not with a list of models"):
        await one.discover_tts_models(strict=True, retry=ONCE)


class CarelessCredential(EchoCredential):
    """Its reader of voices makes a mistake."""

    type: Literal["careless_credential"] = "careless_credential"  # type: ignore[assignment]

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        models, voices = super()._listings(cards)
        return [models, replace(voices, read=lambda value, more: value["nothing"])]


async def test_the_mistake_of_a_reader_spoils_its_list_alone(account: Account) -> None:
    cards, heard = await found(CarelessCredential(api_key=KEY, url=account.url))
    assert "echo-9" in cards
    assert len(heard) == 1
    assert "its reader raises KeyError" in heard[0]


async def test_single_entries_that_are_wrong_are_left_out_and_counted(account: Account) -> None:
    wrong = [{"id": "good"}, {"id": ""}, {"id": 3}, None, "text", {"id": " x"}, {"id": "a\nb"}, {"id": "y" * 301}]
    account.put("/voices", said({"list": wrong}))
    cards, heard = await found(credential(account))
    assert [voice.id for voice in cards["echo-2"].voices] == ["anna", "ben", "good"]
    assert sorted(heard) == [
        "echo: 2 of its voices left out: not understood",
        "echo: 5 of its voices left out: odd",
    ]


async def test_voices_of_models_that_nobody_knows(account: Account) -> None:
    account.put("/voices", said({"list": [{"id": "x", "models": ["echo-77"]}]}))
    _, heard = await found(credential(account))
    assert heard == ["echo: 1 of its voices left out: of echo-77, which no card describes"]


async def test_pages(account: Account) -> None:
    account.put("/voices", said({"list": [{"id": "v0"}], "next": 1}))
    account.put("/voices?page=1", said({"list": [{"id": "v1"}], "next": 2}))
    account.put("/voices?page=2", said({"list": [{"id": "v2"}]}))
    cards, heard = await found(credential(account))
    assert [voice.id for voice in cards["echo-1"].voices] == ["anna", "ben", "v0", "v1", "v2"]
    assert not heard


async def test_a_page_that_fails_spoils_its_list_alone(account: Account) -> None:
    account.put("/voices", said({"list": [{"id": "v0"}], "next": 1}))
    account.put("/voices?page=1", (500, b""))
    cards, heard = await found(credential(account))
    assert [voice.id for voice in cards["echo-1"].voices] == ["anna", "ben"]
    assert cards["echo-1"].live is not None
    assert len(heard) == 1


@pytest.mark.parametrize("turning", [{"list": [{"id": "v0"}], "next": 1}, {"list": [], "next": 1}])
async def test_pages_that_go_round(account: Account, turning: Any) -> None:
    account.put("/voices", said(turning))
    cards, heard = await found(credential(account))
    assert cards["echo-1"].live is not None
    assert heard == ["echo: the list of voices does not end; what has come of it is used"]
    assert len([path for path in account.asked if path.startswith("/voices")]) <= 3


async def test_pages_without_end(account: Account) -> None:
    pages = [said({"list": [{"id": f"v{number}"}], "next": number + 1}) for number in range(200)]
    account.put("/voices", *pages)
    cards, heard = await found(credential(account))
    assert len(account.asked) == 1 + asking.MOST_PAGES
    assert len(cards["echo-1"].voices) == 2 + asking.MOST_PAGES
    assert len(heard) == 1


async def test_models_without_end_deny_none(account: Account) -> None:
    account.put("/models", said({"list": [{"id": "echo-1"}], "next": 1}))
    cards, _ = await found(credential(account))
    assert [card.live.listed for card in cards.values() if card.live] == [True, None]


async def test_an_answer_without_bounds(account: Account) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\n\r\n[")
        try:
            while not writer.is_closing():
                writer.write(b" " * 65536)
                await writer.drain()
        except ConnectionError:
            pass

    account.put("/models", flood)
    with pytest.raises(ProtocolError, match="more than 4,194,304 bytes"):
        await credential(account).discover_tts_models(strict=True, retry=ONCE)


async def test_what_it_said_last_stands_in(account: Account) -> None:
    one = credential(account)
    await found(one)
    account.put("/models", (503, b""))
    account.put("/voices", said({"list": []}))
    cards, heard = await found(one, max_age=0)
    assert list(cards) == ["echo-1", "echo-2", "echo-9"]  # as it was said before
    assert [voice.id for voice in cards["echo-1"].voices] == ["anna", "ben"]  # as it is said now
    assert len(heard) == 1
    assert "ProviderError" in heard[0]
    assert heard[0].endswith("; what it said 0 s ago stands in")
    with pytest.raises(ProviderError):
        await one.discover_tts_models(strict=True, retry=ONCE, max_age=0)
    before = len(account.asked)
    account.put("/models", MODELS)
    _, heard = await found(one)
    assert not heard  # the age of what is known is young enough
    assert len(account.asked) == before


async def test_a_list_that_failed_is_asked_for_again(account: Account) -> None:
    one = credential(account)
    account.put("/voices", (500, b""), VOICES)
    _, heard = await found(one)
    assert len(heard) == 1
    cards, heard = await found(one)
    assert not heard
    assert len(cards["echo-1"].voices) == 3
    assert sorted(account.asked) == ["/models", "/voices", "/voices"]


async def test_a_list_that_is_not_kept_is_no_failure(account: Account) -> None:
    account.put("/voices", (404, b""))
    one = credential(account)
    for _ in range(2):
        cards, heard = await found(one)
        assert not heard
        assert len(cards) == 3
    assert sorted(account.asked) == ["/models", "/voices"]


class Heard(Observer):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def request(self, call: Call) -> None:
        self.calls.append(f"{call.kind} {call.provider} {call.family}")

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None:
        self.calls.append(f"again after {type(error).__name__}")

    def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
        self.calls.append(type(error).__name__)


async def test_it_tries_again_and_is_watched(account: Account) -> None:
    account.put("/models", (503, b""), (429, b""), MODELS)
    account.put("/voices", (404, b""))
    heard = Heard()
    with without_pauses():
        async with Transport(observer=heard) as transport:
            cards = await credential(account).discover_tts_models(transport)
    assert len(cards) == 3
    assert sorted(heard.calls) == [
        "NoneType",
        "NoneType",
        "again after ProviderError",
        "again after RateLimitError",
        *["discover echo tts"] * 2,
    ]


async def test_private_addresses_are_refused_where_they_must_be(account: Account) -> None:
    async with Transport(public_only=True) as transport:
        with pytest.raises(ModelDeckError):
            await credential(account).discover_tts_models(transport, strict=True)
    assert not account.asked


class BrokenTTSModel(EchoTTSModel):
    @classmethod
    def list_models(cls, custom_yaml_dir: Any = None, *, strict: bool = False) -> list[TTSModelCard]:
        if strict:
            raise CardError("x.yaml: broken")
        return super().list_models()


class BrokenCredential(EchoCredential):
    models: ClassVar = {"tts": (":BrokenTTSModel",)}


async def test_strict_is_strict_with_cards_too(account: Account) -> None:
    one = BrokenCredential(api_key=KEY, url=account.url)
    assert len(await one.discover_tts_models()) == 3
    with pytest.raises(CardError, match="broken"):
        await one.discover_tts_models(strict=True)


KEYS = (
    *("list", "id", "next", "data", "voices", "uploaded_voices", "name", "language", "models", "nextPageToken"),
    *("output", "voice_list", "page_size", "total_count", "voice", "voice_id", "target_model", "status", "ShortName"),
    *("Locale", "SecondaryLocaleList", "StyleList", "Gender", "task", "capabilities", "type", "owned_by", "persona"),
    *("supportedGenerationMethods", "sample_rate"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(json_values)
def test_no_json_breaks_a_reader(value: Any) -> None:
    from modeldeck.credential import AzureCredential, DashScopeCredential, GeminiCredential, OpenAICredential

    made = (
        AzureCredential(api_key="k", region="eastus"),
        DashScopeCredential(api_key="k"),
        GeminiCredential(api_key="k"),
        OpenAICredential(api_key="k", base_url="http://localhost:1"),
        OpenAICredential(api_key="k", base_url="https://api.openai.com/v1"),
    )
    for one in made:
        for listing in one._listings([]):
            try:
                listing.read(value, None)
            except ValueError:
                pass
