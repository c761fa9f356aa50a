"""The registry: one bad registration is one clear error and breaks nobody else."""

from __future__ import annotations

import threading
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field, SecretStr, create_model

from modeldeck.credential import ApiKey, CredentialBase, CredentialFactory, DashScopeCredential
from modeldeck.errors import CredentialError


def notebook(source: str, name: str = "Acme") -> type[CredentialBase]:
    """The class that a notebook cell defines."""
    namespace: dict[str, Any] = {
        "__name__": "a_notebook",
        "CredentialBase": CredentialBase,
        "Literal": Literal,
        "SecretStr": SecretStr,
    }
    exec(compile(source, "<cell>", "exec", dont_inherit=True), namespace)
    cls: type[CredentialBase] = namespace[name]
    return cls


ACME = 'class Acme(CredentialBase):\n    type: Literal["acme_credential"] = "acme_credential"\n    key: SecretStr\n'
BAD = {
    "no type": ("class Acme(CredentialBase):\n    key: SecretStr\n", "Acme has no type; add: type: Literal["),
    "type that is a str": ('class Acme(CredentialBase):\n    type: str = "acme"\n', "must be a Literal of one string"),
    "type of two": (
        'class Acme(CredentialBase):\n    type: Literal["a", "b"] = "a"\n',
        "must be a Literal of one string",
    ),
    "type that names nothing": ('class Acme(CredentialBase):\n    type: Literal[""] = ""\n', "letters, digits"),
    "type that no reference can say": (
        'class Acme(CredentialBase):\n    type: Literal["we/ird:x y"] = "we/ird:x y"\n',
        "letters, digits",
    ),
    "family that is none": (ACME + '    models = {"ttss": (":X",)}\n', "did you mean 'tts'"),
    "type that is a number": ("class Acme(CredentialBase):\n    type: Literal[1] = 1\n", "Literal of one string"),
    "type without its value": ('class Acme(CredentialBase):\n    type: Literal["a"]\n', "give type its value"),
    "type with another value": (
        'class Acme(CredentialBase):\n    type: Literal["a"] = "b"\n',
        "give type its value",
    ),
    "taken": (
        'class Acme(CredentialBase):\n    type: Literal["dashscope_credential"] = "dashscope_credential"\n',
        "'dashscope_credential' of a_notebook.Acme is taken by modeldeck.providers.dashscope",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_registration_is_an_error_and_breaks_nobody(what: str) -> None:
    source, part = BAD[what]
    cls = notebook(source)
    with pytest.raises(CredentialError) as caught:
        CredentialFactory.register_credential(cls)
    assert part in str(caught.value)
    assert CredentialFactory.get_credential_class("dashscope") is DashScopeCredential
    made = CredentialFactory.from_dict({"type": "dashscope_credential", "api_key": "sk-1"})
    assert isinstance(made, DashScopeCredential)
    assert len(CredentialFactory.list_schemas()) == len(CredentialFactory.credential_classes())


@pytest.mark.parametrize("what", [None, "acme", dict, 5, SecretStr("x"), create_model("M")])
def test_what_is_no_credential_class_is_refused(what: Any) -> None:
    with pytest.raises(CredentialError, match="no subclass of CredentialBase"):
        CredentialFactory.register_credential(what)


def test_without_type_everything_but_the_factory_works() -> None:
    cls = notebook("class Acme(CredentialBase):\n    key: SecretStr\n")
    one = cls(key="sk-1")
    assert one.reveal()["key"] == "sk-1"
    assert cls.list_tts_models() == []
    with pytest.raises(CredentialError, match="has no type"):
        cls.provider_name()


def test_the_same_class_again_replaces_the_older_one() -> None:
    old, new = notebook(ACME), notebook(ACME + "    more: int = 1\n")
    CredentialFactory.register_credential(old)
    CredentialFactory.register_credential(old)
    CredentialFactory.register_credential(new)
    assert CredentialFactory.get_credential_class("acme") is new
    assert isinstance(CredentialFactory.from_dict({"type": "acme_credential", "key": "k"}), new)
    assert CredentialFactory.credential_classes().count(new) == 1
    assert old not in CredentialFactory.credential_classes()


def test_another_class_of_the_same_type_is_refused_and_the_first_stays() -> None:
    first, second = notebook(ACME), notebook(ACME.replace("class Acme", "class Other"), "Other")
    CredentialFactory.register_credential(first)
    with pytest.raises(CredentialError, match=r"of a_notebook\.Other is taken by a_notebook\.Acme"):
        CredentialFactory.register_credential(second)
    assert CredentialFactory.get_credential_class("acme_credential") is first


def test_a_type_can_be_taken_out_again() -> None:
    CredentialFactory.register_credential(notebook(ACME))
    CredentialFactory.unregister_credential("acme")
    CredentialFactory.unregister_credential("acme")
    assert CredentialFactory.get_credential_class("acme") is None
    CredentialFactory.register_credential(notebook(ACME.replace("class Acme", "class Other"), "Other"))


def test_a_registered_type_round_trips_and_is_listed() -> None:
    cls = notebook(ACME)
    CredentialFactory.register_credential(cls)
    one = cls(key="sk-1", name="mine")
    again = CredentialFactory.from_dict(one.reveal())
    assert again == one
    assert again.reveal() == one.reveal() == {"id": one.id, "name": "mine", "type": "acme_credential", "key": "sk-1"}
    assert [
        form
        for form in CredentialFactory.list_schemas()
        if form["properties"]["type"].get("const") == "acme_credential"
    ]


def test_from_dict_never_changes_its_input() -> None:
    data = {"type": "dashscope_credential", "api_key": " sk-1\n"}
    CredentialFactory.from_dict(data)
    assert data == {"type": "dashscope_credential", "api_key": " sk-1\n"}


SHIPPED = [f"{name}_credential" for name in ("azure", "dashscope", "gemini", "livekit", "local", "openai")]
UNKNOWN: dict[str, tuple[Any, str]] = {
    "near miss": ({"type": "dashscop_credential"}, "did you mean 'dashscope_credential'?"),
    "far": ({"type": "zzz"}, ", ".join(SHIPPED)),
    "missing": ({}, f"type is missing; one of {', '.join(SHIPPED)}"),
    "null": ({"type": None}, "type is missing"),
    "a list": ({"type": ["local_credential"]}, "no credential type"),
    "a number": ({"type": 1}, "no credential type"),
    "no map": ("local_credential", "made from a map of fields, not str"),
    "nothing": (None, "made from a map of fields, not NoneType"),
    "pairs": ([("type", "local_credential")], "made from a map of fields, not list"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_from_dict_says_which_types_there_are(what: str) -> None:
    data, part = UNKNOWN[what]
    with pytest.raises(CredentialError) as caught:
        CredentialFactory.from_dict(data)
    assert part in str(caught.value)


def test_forms_are_valid_and_hide_what_a_form_must_not_ask() -> None:
    forms = CredentialFactory.list_schemas()
    assert [form["properties"]["type"]["const"] for form in forms] == SHIPPED
    assert [form["title"] for form in forms[:2]] == [
        "Azure Speech (Microsoft)",
        "DashScope (Alibaba Cloud Model Studio)",
    ]
    for form in forms:
        Draft202012Validator.check_schema(form)
        assert "id" not in form["properties"]
        assert form["properties"]["type"]["const"]
        assert form["type"] == "object"
        assert all(prop["title"] for prop in form["properties"].values())
    dashscope = forms[1]["properties"]
    assert (dashscope["api_key"]["format"], dashscope["api_key"]["writeOnly"]) == ("password", True)
    shared, own = ["cn-beijing", "ap-southeast-1", "us-east-1", "cn-hongkong"], ["eu-central-1", "ap-northeast-1"]
    assert dashscope["region"]["enum"] == shared + own
    assert dashscope["region"]["default"] == "cn-beijing"
    assert dashscope["base_url"]["type"] == "string"
    assert forms[1]["required"] == ["api_key"]
    assert all(dashscope[name]["description"] for name in dashscope if name not in ("type",))


def test_forms_are_the_callers_own() -> None:
    CredentialFactory.list_schemas()[0]["properties"].clear()
    assert CredentialFactory.list_schemas()[0]["properties"]


def test_a_third_partys_broken_form_hides_no_other() -> None:
    cls = notebook(ACME + "    tool: object = None\n    model_config = {'arbitrary_types_allowed': True}\n")
    callback = create_model("Callback", __base__=cls, hook=(type(lambda: 0), Field(default=None)))
    CredentialFactory.register_credential(callback)
    titles = [form["title"] for form in CredentialFactory.list_schemas()]
    assert "Local voice" in titles
    assert any("Callback" in problem for problem in CredentialFactory.problems())


def test_many_threads_see_the_same_types() -> None:
    seen: list[list[type[CredentialBase]]] = []
    start = threading.Barrier(8)

    def look() -> None:
        start.wait()
        CredentialFactory.refresh()
        seen.append(CredentialFactory.credential_classes())

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.model_fields["type"].default for one in seen[0]] == SHIPPED
    assert seen == [seen[0]] * 8


def test_a_family_that_is_not_there_is_an_empty_list() -> None:
    class Bare(CredentialBase):
        type: Literal["bare_credential"] = "bare_credential"
        key: ApiKey

    for made in (Bare, Bare(key="sk-1")):
        assert made.list_models() == made.list_tts_models() == made.list_embedding_models() == []
        assert made.list_asr_models() == made.list_realtime_models() == []
    assert Bare.get_chat_model_class() is None
    assert DashScopeCredential.list_models() == []


def test_find_names_what_was_meant_or_what_there_is() -> None:
    assert CredentialFactory.find("dashscope") is CredentialFactory.find("dashscope_credential") is DashScopeCredential
    with pytest.raises(CredentialError, match="no provider 'dashscop'; did you mean 'dashscope'"):
        CredentialFactory.find("dashscop")
    with pytest.raises(
        CredentialError, match="no provider 'zzz'; there are: azure, dashscope, gemini, livekit, local, openai"
    ):
        CredentialFactory.find("zzz")
