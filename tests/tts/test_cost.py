"""What a call costs, before and after: known exactly, or not at all."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from modeldeck.credential import (
    AzureCredential,
    CredentialBase,
    DashScopeCredential,
    GeminiCredential,
    LocalCredential,
    OpenAICredential,
)
from modeldeck.errors import ParameterError
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import (
    Audio,
    AudioFormat,
    AzureTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    Estimate,
    FallbackTTSModel,
    GeminiTTSModel,
    LocalTTSModel,
    OpenAIRealtimeTTSModel,
    OpenAITTSModel,
    SpeechRequest,
    TTSModelBase,
    TTSUsage,
)
from modeldeck.tts.card import build_card
from modeldeck.tts.cost import charged, estimated
from modeldeck.tts.facts import Pricing

CJK = Pricing(unit="10k_characters", currency="CNY", input=0.8, counting="cjk_double")
PLAIN = Pricing(unit="1m_characters", currency="USD", input=15)
TOKENS = Pricing(unit="1m_tokens", currency="USD", input=0.5, output=9.0)
MINUTE = Pricing(unit="minute", currency="USD", output=0.015)

# -- before


@pytest.mark.parametrize(
    ("pricing", "text", "characters", "cost"),
    [
        (CJK, "Hello", 5, 0.0004),
        (CJK, "你好。", 5, 0.0004),
        (CJK, "ひらがな漢字", 8, 0.00064),
        (CJK, "안녕", 2, 0.00016),
        (PLAIN, "Hello", 5, 0.000075),
        (PLAIN.model_copy(update={"counting": "code_points"}), "né🎉", 3, 0.000045),
        (PLAIN.model_copy(update={"counting": "bytes"}), "né🎉", 7, 0.000105),
    ],
)
def test_characters_are_counted_as_they_are_billed(pricing: Pricing, text: str, characters: int, cost: float) -> None:
    made = estimated("m", pricing, text, False)
    assert (made.characters, made.cost, made.currency) == (characters, cost, pricing.currency)
    assert (made.exact, made.why) == (True, None)


def test_the_provider_s_own_example() -> None:
    """Its documents answer this text with 195 characters: help.aliyun.com/zh/model-studio/qwen-tts-api, 2025-12-20."""
    text = (
        "那我来给大家推荐一款T恤，这款呢真的是超级好看，这个颜色呢很显气质，而且呢也是搭配的绝佳单品，大家可以闭眼入，"
        "真的是非常好看，对身材的包容性也很好，不管啥身材的宝宝呢，穿上去都是很好看的。推荐宝宝们下单哦。"
    )
    assert estimated("qwen3-tts-flash", CJK, text, False).characters == 195


def test_where_the_rule_is_not_known_only_what_all_rules_say_counts() -> None:
    assert estimated("m", PLAIN, "plain ASCII", False).exact
    made = estimated("m", PLAIN, "Füße", False)
    assert (made.characters, made.cost, made.exact) == (None, None, False)
    assert made.why == "how it counts characters other than ASCII is not known"


@pytest.mark.parametrize(("pricing", "word"), [(TOKENS, "tokens"), (MINUTE, "minutes")])
def test_what_only_the_call_tells_is_unknown_before_it(pricing: Pricing, word: str) -> None:
    made = estimated("m", pricing, "Hello", False)
    assert (made.characters, made.tokens, made.seconds, made.cost) == (None, None, None, None)
    assert word in (made.why or "")
    assert made.unit == pricing.unit


def test_a_price_that_is_not_there_is_no_zero() -> None:
    made = estimated("m", Pricing(unit="1k_characters", currency="USD", output=1), "Hello", False)
    assert (made.characters, made.cost) == (5, None)
    free = estimated("m", Pricing(unit="1k_characters", currency="USD", input=0), "Hello", False)
    assert (free.cost, free.exact) == (0.0, True)


SSML = "<speak version='1.0'><voice name='v'>Hi <break/>你</voice></speak>"


@pytest.mark.parametrize(
    ("markup", "characters"),
    [("counted", len(SSML) + 1), ("speak_and_voice_free", len("Hi <break/>你") + 1), ("free", len("Hi 你") + 1)],
)
def test_tags_are_billed_as_the_card_says(markup: Any, characters: int) -> None:
    made = estimated("m", CJK.model_copy(update={"markup": markup}), SSML, True)
    assert (made.characters, made.exact) == (characters, True)


def test_tags_of_which_nobody_says_whether_they_are_billed() -> None:
    made = estimated("m", CJK, SSML, True)
    assert (made.characters, made.cost) == (None, None)
    assert "SSML" in (made.why or "")
    near = estimated("m", CJK.model_copy(update={"markup": "free"}), "<speak>A &amp; B</speak>", True)
    assert (near.characters, near.exact) == (9, False)
    assert "escapes" in (near.why or "")


def test_costs_are_worked_out_in_decimals() -> None:
    third = Pricing(unit="1k_characters", currency="USD", input=0.1, counting="code_points")
    assert estimated("m", third, "abc", False).cost == 0.0003  # 0.1 * 3 / 1000 as floats is 0.00030000000000000003


# -- before, by the model


def test_models_estimate_by_their_cards() -> None:
    qwen = DashScopeTTSModel(DashScopeCredential(api_key="k"), "qwen3-tts-flash")
    made = qwen.estimate("你好, world")
    assert made == Estimate("qwen3-tts-flash", "10k_characters", 11, None, None, 0.00088, "CNY", True, None)
    assert pickle.loads(pickle.dumps(made)) == made
    azure = AzureTTSModel(AzureCredential(api_key="k", region="eastus"), parameters={"voice": "en-US-AvaNeural"})
    assert azure.estimate("Hello").characters == 5
    faster = azure.estimate("Hello", rate="+10%")
    assert faster.characters == len("<prosody rate='+10%'>Hello</prosody>")
    assert azure.estimate("<speak><voice name='x'>Hi</voice></speak>", ssml=True).characters == 2
    assert not azure.estimate("Q & A").exact
    openai = OpenAITTSModel(OpenAICredential(api_key="k"), "tts-1")
    assert openai.estimate("Hello").cost == 0.000075
    assert openai.estimate("Füße").cost is None


def test_several_models_estimate_what_the_first_would_speak() -> None:
    """Through the filter of all, as the call asks for it; the model that takes it is the one whose price counts."""
    key = DashScopeCredential(api_key="k")
    models = [DashScopeTTSModel(key, "qwen3-tts-flash"), DashScopeTTSModel(key, "qwen3-tts-instruct-flash")]
    tts = FallbackTTSModel(models, output=AudioFormat("wav", 24000), text_filter=True)
    assert (tts.estimate("**One** two").characters, tts.estimate("```\nx\n```").cost) == (7, 0.0)
    assert tts.estimate("**One**", parameters={0: {"voice": "Serena"}}, cache=False).model == "qwen3-tts-flash"
    assert tts.estimate("**One**", instructions="Slowly.").model == "qwen3-tts-instruct-flash"
    filtered = FallbackTTSModel([DashScopeTTSModel(key, "qwen3-tts-flash", text_filter=True)])
    assert filtered.estimate("**One** two").characters == 7
    with pytest.raises(ParameterError, match="nobody"):
        tts.estimate("One", nobody="knows")


def test_a_price_holds_in_its_regions_alone() -> None:
    abroad = DashScopeTTSModel(DashScopeCredential(api_key="k", region="ap-southeast-1"), "qwen3-tts-flash")
    made = abroad.estimate("Hello")
    assert (made.cost, made.currency) == (None, None)
    assert made.why == "its price in the region 'ap-southeast-1' is not known"


def test_what_has_no_price_says_so() -> None:
    local = LocalTTSModel(LocalCredential(), "espeak-ng")
    assert local.estimate("Hello").why == "its card gives no price: what it costs is not known"
    assert local.estimate("").cost is None
    unknown = OpenAITTSModel(OpenAICredential(api_key="k", base_url="http://127.0.0.1:1"), "mine")
    assert unknown.estimate("Hello").why == "no card describes it: what it costs is not known"


def test_a_text_that_is_not_sent_costs_nothing() -> None:
    qwen = DashScopeTTSModel(DashScopeCredential(api_key="k"), "qwen3-tts-flash")
    made = qwen.estimate("  \n")
    assert (made.characters, made.cost, made.exact) == (0, 0.0, True)


def test_parameters_are_checked_as_the_call_does() -> None:
    qwen = DashScopeTTSModel(DashScopeCredential(api_key="k"), "qwen3-tts-flash")
    with pytest.raises(ParameterError, match="did you mean 'voice'"):
        qwen.estimate("Hello", voce="Cherry")
    assert qwen.estimate("Hello", voice="Ethan", extra={"a": 1}).exact


# -- after


@pytest.mark.parametrize(
    ("usage", "pricing", "seconds", "cost"),
    [
        (TTSUsage(characters=5), CJK, 1.0, 0.0004),
        (TTSUsage(), CJK, 1.0, None),
        (TTSUsage(characters=0), CJK, 1.0, None),
        (TTSUsage(input_tokens=4, output_tokens=1000), CJK, 1.0, None),
        (TTSUsage(input_tokens=4, output_tokens=1000), TOKENS, 1.0, 0.009002),
        (TTSUsage(output_tokens=1000), TOKENS, 1.0, 0.009),
        (TTSUsage(input_tokens=4), TOKENS, 1.0, None),
        (TTSUsage(characters=9), TOKENS, 1.0, None),
        (TTSUsage(input_tokens=4, output_tokens=1000, other_tokens=1), TOKENS, 1.0, None),
        (TTSUsage(input_tokens=4, output_tokens=9), TOKENS.model_copy(update={"input": None}), 1.0, None),
        (TTSUsage(), MINUTE, 90.0, 0.0225),
        (TTSUsage(), MINUTE, 0.0, None),
        (TTSUsage(characters=5), None, 1.0, None),
    ],
)
def test_a_bill_has_a_cost_where_everything_is_known(
    usage: TTSUsage, pricing: Pricing | None, seconds: float, cost: float | None
) -> None:
    made = charged(usage, pricing, seconds)
    assert made.cost == cost
    assert made.currency == (None if cost is None else pricing and pricing.currency)


def test_a_cost_that_the_provider_said_stays() -> None:
    said = TTSUsage(characters=5, cost=1.5, currency="EUR")
    assert charged(said, CJK, 1.0) is said


# -- after, by every way of calling


TEXT = "Hello. 你好。"


@pytest.fixture
def qwen(modeldeck_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> DashScopeTTSModel:
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return DashScopeTTSModel(DashScopeCredential.from_env(), "qwen3-tts-flash")


async def test_a_call_streamed_whole_saved_and_in_a_conversation(qwen: DashScopeTTSModel, tmp_path) -> None:
    parts = [part async for part in qwen.synthesize(TEXT)]
    assert [part.usage for part in parts[:-1]] == [None] * (len(parts) - 1)
    whole = DashScopeTTSModel(qwen.credential, "qwen3-tts-flash", stream=False)
    saved = await qwen.save(TEXT, tmp_path / "x.wav")
    streamed = [part async for part in qwen.stream(["Hello. ", "你好。"])]
    async with qwen.session() as session:
        await session.send(TEXT)
        await session.flush()
        spoken = [part async for part in session.utterance()]
    for usage in (
        parts[-1].usage,
        (await whole.synthesize(TEXT)).usage,
        saved.usage,
        streamed[-1].usage,
        spoken[-1].usage,
    ):
        assert usage is not None
        assert (usage.characters, usage.cost) == (qwen.estimate(TEXT).characters, qwen.estimate(TEXT).cost)
        assert usage.currency == "CNY"


async def test_every_provider_that_says_what_it_bills(modeldeck_sandbox: SandboxProcess, monkeypatch) -> None:
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    keyed = DashScopeCredential.from_env()
    gemini = GeminiTTSModel(GeminiCredential.from_env(), "gemini-3.8-flash-tts", stream=False)
    models = [
        DashScopeRealtimeTTSModel(keyed, "qwen3-tts-flash-realtime", stream=False),
        DashScopeCosyVoiceTTSModel(keyed, "cosyvoice-v3-flash", stream=False),
        DashScopeTTSModel(keyed, "qwen-tts", stream=False),
        gemini,
    ]
    for model in models:
        usage = (await model.synthesize("Hello")).usage
        assert usage is not None
        assert usage.cost, model
        assert usage.currency == ("USD" if model is gemini else "CNY")


async def test_what_is_priced_otherwise_in_part_is_unknown(modeldeck_sandbox: SandboxProcess, monkeypatch) -> None:
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    usage = (
        await OpenAIRealtimeTTSModel(OpenAICredential.from_env(), "gpt-realtime-2.1", stream=False).synthesize("Hi")
    ).usage
    assert usage is not None
    assert usage.output_tokens > usage.other_tokens > 0  # the transcript, beside the audio
    assert usage.cost is None


async def test_a_provider_that_says_nothing_leaves_it_unknown(modeldeck_sandbox: SandboxProcess, monkeypatch) -> None:
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    model = OpenAITTSModel(OpenAICredential.from_env(), "tts-1", {"response_format": "pcm"}, stream=False)
    usage = (await model.synthesize("Hello")).usage
    assert usage is not None
    assert (usage.characters, usage.cost, usage.currency) == (None, None, None)
    assert model.estimate("Hello").cost == 0.000075


# -- sentence by sentence


class Parameters(BaseModel):
    voice: str = "a"


class Forgetful(TTSModelBase[Parameters]):
    """Says of every second request only what it bills."""

    Parameters = Parameters
    type: Literal["forgetful_tts"] = "forgetful_tts"
    provider: ClassVar[str] = "forgetful"
    always: ClassVar[bool] = False

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
        yield Audio(bytes(4800), AudioFormat("pcm_s16le", 24000))
        if self.always or "One" in request.text:
            yield TTSUsage(characters=len(request.text.strip()))


class Careful(Forgetful):
    always: ClassVar[bool] = True
    type: Literal["careful_tts"] = "careful_tts"  # type: ignore[assignment]


@pytest.mark.parametrize(("cls", "characters"), [(Careful, 8), (Forgetful, None)])
async def test_a_sum_of_which_a_part_is_unknown_is_unknown(cls: type[Forgetful], characters: int | None) -> None:
    class Keyless(CredentialBase):
        type: Literal["keyless_cost_credential"] = "keyless_cost_credential"

    data = {"name": "m", "label": "M", "pricing": {"unit": "1k_characters", "currency": "EUR", "input": 1.0}}
    model = cls(Keyless(), build_card(data, "m.yaml", Parameters))
    parts = [part async for part in model.stream(["One. ", "Two."])]
    usage = parts[-1].usage
    assert usage is not None
    assert (usage.characters, usage.cost) == (characters, None if characters is None else 0.008)
