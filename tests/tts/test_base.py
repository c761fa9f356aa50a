"""Building a model: what may be set, who is told, what a model keeps to itself."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from modeldeck.credential import CredentialBase, DashScopeCredential, LocalCredential
from modeldeck.errors import (
    CardWarning,
    CredentialError,
    ModelNotFoundError,
    ParameterError,
    ParameterWarning,
    UnsupportedError,
)
from modeldeck.tts import (
    Audio,
    AudioFormat,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    LocalTTSModel,
    SpeechRequest,
    TTSModelBase,
    TTSModelCard,
    TTSResponse,
)

CREDENTIAL = DashScopeCredential(api_key="sk-test")


def dashscope(**options: Any) -> DashScopeTTSModel:
    return DashScopeTTSModel(CREDENTIAL, **options)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"voice": "Chery"}, "did you mean 'Cherry'"),
        ({"voce": "Cherry"}, "did you mean 'voice'"),
        ({"voice": 7}, "must be a string"),
        ({"language_type": "Klingon"}, "not among the allowed values"),
        ({"instructions": "calm"}, "not offered by this model"),
        (DashScopeRealtimeTTSModel.Parameters(), "must be QwenTTSParameters or a dict"),
        (DashScopeTTSModel.Parameters(instructions="calm"), "not offered by this model"),
    ],
)
def test_a_value_outside_the_schema_is_refused_when_the_model_is_built(parameters: Any, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        dashscope(parameters=parameters)


def test_the_form_s_default_is_the_value_that_is_sent() -> None:
    assert dashscope()._request("x", {}).parameters == {"voice": "Cherry"}
    assert dashscope(parameters={"voice": None})._request("x", {}).parameters == {}


def test_warn_lets_the_value_through() -> None:
    with pytest.warns(ParameterWarning, match="Chery"):
        tts = dashscope(parameters={"voice": "Chery"}, enforce="warn")
    assert tts._request("x", {}).parameters["voice"] == "Chery"


def test_off_checks_nothing_and_still_fills_defaults() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tts = dashscope(parameters={"brand_new": 1}, enforce="off")
    assert tts._request("x", {}).parameters == {"brand_new": 1, "voice": "Cherry"}


def test_a_model_newer_than_the_deck_has_the_class_s_own_rules() -> None:
    tts = dashscope(model="qwen9-tts", parameters={"voice": "Somebody", "instructions": "calm"})
    assert tts._request("x", {}).parameters == {"voice": "Somebody", "instructions": "calm"}
    with pytest.raises(ParameterError):
        dashscope(model="qwen9-tts", parameters={"voce": "x"})


def test_a_card_brings_its_own_schema(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nlabel: Mine\nvoices: [Own]\n")
    [card] = DashScopeTTSModel.list_models(custom_yaml_dir=tmp_path)
    assert dashscope(model=card).parameters.voice == "Own"
    with pytest.raises(ParameterError):
        dashscope(model=card, parameters={"voice": "Cherry"})


def test_the_text_s_limit_is_the_card_s() -> None:
    tts = dashscope()
    assert tts._request("x" * 600, {}).text
    with pytest.raises(ParameterError, match="601 characters") as caught:
        tts.synthesize("x" * 601)
    assert (caught.value.parameter, caught.value.limit) == ("text", 600)
    assert dashscope(enforce="off")._request("x" * 601, {}).text


def test_the_wrong_credential_is_refused() -> None:
    with pytest.raises(CredentialError, match="takes a DashScopeCredential, not LocalCredential"):
        DashScopeTTSModel(LocalCredential())  # type: ignore[arg-type]


def test_a_key_that_is_given_as_a_parameter_is_not_echoed() -> None:
    with pytest.raises(ParameterError) as caught:
        dashscope(parameters={"voice": "sk-test"})
    assert "sk-test" not in f"{caught.value} {vars(caught.value)}"


def test_an_output_that_the_model_cannot_give_is_refused() -> None:
    LocalTTSModel(output=AudioFormat("pcm_s16le", 22050))
    with pytest.raises(ParameterError, match="smoke"):
        LocalTTSModel(output=AudioFormat("smoke", 22050))


def test_a_sunset_model_warns_and_works(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(
        "name: old\nlabel: Old\nstatus: sunset\nsunset_at: 2026-01-06\nreplacement: new\nvoices: [a]\n"
    )
    [card] = DashScopeTTSModel.list_models(custom_yaml_dir=tmp_path)
    with pytest.warns(CardWarning, match="old was switched off on 2026-01-06; use new"):
        dashscope(model=card)


@pytest.mark.parametrize(("status", "day"), [("deprecated", "2026-01-06"), ("active", "2026-01-06")])
def test_a_day_that_has_passed_since_warns_too(tmp_path: Path, status: str, day: str) -> None:
    text = f"name: old\nlabel: Old\nstatus: {status}\nsunset_at: {day}\nreplacement: new\nvoices: [a]\n"
    (tmp_path / "old.yaml").write_text(text)
    (tmp_path / "later.yaml").write_text(text.replace("old", "later").replace("2026-01-06", "9999-01-06"))
    for card in DashScopeTTSModel.list_models(custom_yaml_dir=tmp_path):
        if card.name == "later":
            dashscope(model=card)
        else:
            with pytest.warns(CardWarning, match="old was to be switched off on 2026-01-06; use new"):
                dashscope(model=card)


def test_card_by_name() -> None:
    assert DashScopeTTSModel.card("qwen3-tts-flash").default_voice in (None, "Cherry")
    with pytest.raises(ModelNotFoundError, match="did you mean 'qwen3-tts-flash'"):
        DashScopeTTSModel.card("qwen3-tts-flahs")


def test_what_pickles_and_what_does_not() -> None:
    for value in (
        DashScopeTTSModel,
        DashScopeTTSModel.card("qwen3-tts-flash"),
        DashScopeTTSModel.Parameters(voice="Cherry"),
        TTSResponse(audio=b"x", format=AudioFormat("wav", 8000)),
        ParameterError("no", parameter="voice", value=3, provider="x", status=400),
    ):
        again = pickle.loads(pickle.dumps(value))
        assert repr(again) == repr(value)
    error = pickle.loads(pickle.dumps(ParameterError("no", parameter="voice", limit=[1], request_id="r")))
    assert (str(error), error.parameter, error.limit, error.request_id) == ("no", "voice", [1], "r")
    with pytest.raises(UnsupportedError, match="credential"):
        pickle.dumps(dashscope())
    with pytest.raises(CredentialError):
        pickle.dumps(CREDENTIAL)
    assert copy.deepcopy(CREDENTIAL) == CREDENTIAL


def test_repr_shows_the_settings_and_no_key() -> None:
    assert repr(dashscope()) == "<DashScopeTTSModel qwen3-tts-flash voice='Cherry'>"


def test_realtime_models_take_the_seed_s_arguments() -> None:
    tts = DashScopeRealtimeTTSModel(CREDENTIAL, cold_start_length=8, cold_start_words=2, max_retries=1, retry_delay=2.0)
    assert (tts.cold_start_length, tts.cold_start_words, tts.retry.max_retries, tts.retry.delay) == (8, 2, 1, 2.0)
    assert tts.model == "qwen3-tts-flash-realtime"


def test_building_imports_no_schema_library_and_no_transport() -> None:
    code = (
        "import sys; from modeldeck.tts import LocalTTSModel as M; M(parameters={'voice': 'de'})\n"
        "print([m for m in ('jsonschema', 'httpx', 'websockets', 'asyncio', 'espeakng_loader') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestTheDocumentsCustomProvider:
    """The "Custom TTS Provider" of AgentScope's documentation, overriding `synthesize` itself."""

    class MyTTSModel(TTSModelBase):
        class Parameters(BaseModel):
            voice: str = Field(default="default", title="Voice")

        type: Literal["my_tts"] = "my_tts"

        async def synthesize(self, text: str | None = None, **kwargs: Any) -> TTSResponse:
            return TTSResponse(audio=b"\1\0", format=AudioFormat("pcm_s16le", 24000), metadata={"said": text})

    async def test_is_built_checked_listed_and_called(self) -> None:
        model = self.MyTTSModel

        class MyCredential(CredentialBase):
            @classmethod
            def get_tts_model_classes(cls) -> list[Any]:
                return [model]

        assert MyCredential.get_tts_model_classes() == [model]
        assert MyCredential.list_tts_models() == []
        tts = model(MyCredential(), "my-1", model.Parameters(voice="other"))
        assert tts.parameters.voice == "other"
        with pytest.raises(ParameterError, match="did you mean 'voice'"):
            model(MyCredential(), "my-1", {"voce": "x"})
        with pytest.raises(ValueError, match="Extra inputs"):
            model.Parameters(voce="x")
        answer = await tts.synthesize("Hello")
        assert answer.metadata == {"said": "Hello"}
        assert answer.content is not None


async def test_a_class_with_the_hook_alone_is_a_whole_model() -> None:
    class Beep(TTSModelBase):
        type: Literal["beep_tts"] = "beep_tts"

        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
            yield Audio(b"\0\1" * 100, AudioFormat("pcm_s16le", 24000))

    response = await Beep(LocalCredential(), "beep", stream=False).synthesize("Hello")
    assert response.samples == 100


def test_a_subclass_keeps_its_parent_s_cards() -> None:
    class Mine(DashScopeTTSModel):
        pass

    assert [card.name for card in Mine.list_models()] == [card.name for card in DashScopeTTSModel.list_models()]
    assert isinstance(Mine.card("qwen3-tts-flash"), TTSModelCard)


def test_a_model_is_configuration_and_cannot_be_changed() -> None:
    tts = LocalTTSModel()
    for name in ("model", "credential", "enforce"):
        with pytest.raises(AttributeError, match="build another"):
            setattr(tts, name, "other")


def test_an_output_is_a_format() -> None:
    with pytest.raises(ParameterError, match="must be an AudioFormat"):
        LocalTTSModel(output="pcm")  # type: ignore[arg-type]


@pytest.mark.parametrize("option", [{"timeouts": 5}, {"retry": "x"}, {"stream": "yes"}, {"enforce": "maybe"}])
def test_options_of_the_wrong_type_are_found_when_the_model_is_built(option: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(option))):
        LocalTTSModel(**option)


def test_a_format_has_a_rate_and_channels() -> None:
    for wrong in ((-1, 1), (24000, 0), ("24000", 1)):
        with pytest.raises(ParameterError, match="whole number"):
            AudioFormat("pcm_s16le", *wrong)  # type: ignore[arg-type]


def test_another_class_s_model_is_no_newer_one() -> None:
    with pytest.raises(ModelNotFoundError, match="a model of DashScopeCosyVoiceRealtimeTTSModel"):
        dashscope(model="cosyvoice-v3-plus")


def test_warnings_point_at_the_user_s_line() -> None:
    with pytest.warns(ParameterWarning) as told:
        DashScopeRealtimeTTSModel(CREDENTIAL, parameters={"voice": "Chery"}, enforce="warn")
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    "option",
    [{"max_retries": -1}, {"cold_start_words": "a"}, {"retry_delay": float("nan")}, {"cold_start_length": True}],
)
def test_numbers_of_a_realtime_model_are_numbers(option: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(option))):
        DashScopeRealtimeTTSModel(CREDENTIAL, **option)
