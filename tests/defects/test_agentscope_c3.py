"""AgentScope 2.0.10's demonstrated defects of credentials (C3, by number), as far as they concern this layer."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, SecretStr

from modeldeck.credential import CredentialBase, CredentialFactory, DashScopeCredential
from modeldeck.errors import CredentialError
from modeldeck.tts import DashScopeTTSModel

KEY = "sk-CANARY-0f9e8d7c"


def test_c3_1_a_json_round_trip_never_stores_the_mask() -> None:
    one = DashScopeCredential(api_key=KEY)
    assert KEY not in one.model_dump_json()
    with pytest.raises(CredentialError, match="is a mask, not the secret"):
        DashScopeCredential.model_validate_json(one.model_dump_json())
    with pytest.raises(CredentialError, match="is a mask, not the secret"):
        CredentialFactory.from_dict(one.model_dump(mode="json"))
    assert CredentialFactory.from_dict(json.loads(json.dumps(one.reveal()))) == one


class Two(CredentialBase):
    type: Literal["two_credential"] = "two_credential"
    key: SecretStr
    secret: SecretStr


BAD: dict[str, dict[str, Any]] = {
    "unknown type": {"type": "dashscop_credential", "api_key": KEY},
    "missing type": {"api_key": KEY},
    "wrong container": {"type": "dashscope_credential", "api_key": [KEY]},
    "missing second secret": {"type": "two_credential", "key": KEY},
}


@pytest.mark.parametrize("what", BAD)
def test_c3_2_no_error_prints_the_key(what: str) -> None:
    CredentialFactory.register_credential(Two)
    try:
        with pytest.raises(CredentialError) as caught:
            CredentialFactory.from_dict(BAD[what])
    finally:
        CredentialFactory.unregister_credential("two")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in f"{caught.value!r} {vars(caught.value)}"


def test_c3_3_a_model_holds_no_plain_key() -> None:
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY))
    assert KEY not in f"{vars(tts)} {tts!r}"


@pytest.mark.parametrize(
    "fields", [{"api_key": ""}, {"api_key": " \t"}, {"api_key": KEY, "base_url": "not a url"}], ids=str
)
def test_c3_4_empty_keys_and_urls_that_are_none_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        DashScopeCredential(**fields)


def test_c3_5_nested_secrets_are_kept() -> None:
    class Inner(BaseModel):
        token: SecretStr

    class Nested(CredentialBase):
        type: Literal["nested_credential"] = "nested_credential"
        tokens: list[SecretStr]
        inner: dict[str, Inner]

    one = Nested.model_validate({"tokens": [KEY], "inner": {"a": {"token": KEY}}})
    seen = json.loads(json.dumps(one.reveal()))
    assert (seen["tokens"], seen["inner"]) == ([KEY], {"a": {"token": KEY}})
    assert Nested.model_validate(seen) == one


def test_c3_6_unknown_fields_are_errors() -> None:
    with pytest.raises(CredentialError, match="did you mean 'base_url'"):
        DashScopeCredential(api_key=KEY, base_ur="https://host")  # type: ignore[call-arg]


def test_c3_7_the_form_has_no_id() -> None:
    for form in CredentialFactory.list_schemas():
        assert "id" not in form["properties"]
        assert "id" not in form.get("required", [])


def test_c3_8_one_bad_registration_breaks_nobody() -> None:
    class Again(CredentialBase):
        type: Literal["dashscope_credential"] = "dashscope_credential"

    class Untyped(CredentialBase):
        key: SecretStr

    for cls in (Again, Untyped):
        with pytest.raises(CredentialError):
            CredentialFactory.register_credential(cls)
    made = CredentialFactory.from_dict({"type": "dashscope_credential", "api_key": KEY})
    assert type(made) is DashScopeCredential
    CredentialFactory.register_credential(Two)
    CredentialFactory.unregister_credential("two_credential")
    assert CredentialFactory.get_credential_class("two") is None


def test_c3_9_a_bad_payload_is_a_typed_error() -> None:
    for data in BAD.values():
        with pytest.raises(CredentialError):
            CredentialFactory.from_dict(data)


def test_c3_10_listing_again_reads_no_file() -> None:
    one, two = DashScopeCredential.list_tts_models(), DashScopeCredential.list_tts_models()
    assert [card.schema_bytes for card in one] == [card.schema_bytes for card in two]
    assert all(card.schema_bytes for card in one)
