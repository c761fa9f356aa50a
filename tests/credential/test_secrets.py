"""A canary is planted as a secret, and searched for wherever a credential can be looked at."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal, Self

import pytest
from pydantic import (
    BaseModel,
    Field,
    Secret,
    SecretBytes,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from modeldeck.credential import ApiKey, CredentialBase, CredentialFactory, DashScopeCredential
from modeldeck.errors import CredentialError, ModelDeckError
from modeldeck.tts import DashScopeTTSModel

CANARY = "sk-CANARY-8c1f07aa52e94d01b6"
MASK = "**********"


class Nested(BaseModel):
    token: SecretStr
    note: str = ""


class Many(CredentialBase):
    type: Literal["many_credential"] = "many_credential"
    key: SecretStr
    others: list[SecretStr] = Field(default=[])
    named: dict[str, SecretStr] = Field(default={})
    pair: tuple[SecretStr, ...] = ()
    raw: SecretBytes | None = None
    wrapped: Secret[str] | None = None
    nested: Nested | None = None
    several: list[Nested] = Field(default=[])
    maybe: ApiKey | None = None


class Picky(CredentialBase):
    """Third-party validators of every kind, which refuse and quote."""

    type: Literal["picky_credential"] = "picky_credential"
    key: SecretStr
    when: str = ""

    @model_validator(mode="before")
    @classmethod
    def _before(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("when") == "before":
            raise ValueError(f"no {data}")
        return data

    @field_validator("key", mode="before")
    @classmethod
    def _field(cls, value: Any) -> Any:
        if isinstance(value, str) and value.endswith("field"):
            raise ValueError(f"no {value}")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _wrap(cls, data: Any, handler: Any) -> Self:
        made: Self = handler(data)
        if made.when == "wrap":
            raise ValueError(f"no {made.key.get_secret_value()}")
        return made

    @model_validator(mode="after")
    def _after(self) -> Self:
        if self.when == "after":
            raise ValueError(f"no {self.key.get_secret_value()}")
        return self

    @model_validator(mode="after")
    def _asserts(self) -> Self:
        assert self.when != "assert", self.key.get_secret_value()
        return self


class Holder(BaseModel):
    credential: DashScopeCredential
    count: int = 0


def full() -> Many:
    nested = {"token": CANARY}
    return Many.model_validate(
        {
            "key": CANARY,
            "others": [CANARY],
            "named": {"a": CANARY},
            "pair": [CANARY],
            "raw": CANARY.encode(),
            "wrapped": CANARY,
            "nested": nested,
            "several": [nested, nested],
            "maybe": CANARY,
        }
    )


VIEWS: dict[str, Callable[[CredentialBase], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda one: f"{one} {one!r} {one!s}",
    "dump": lambda one: repr(one.model_dump()),
    "dump of JSON": lambda one: repr(one.model_dump(mode="json")),
    "JSON": lambda one: one.model_dump_json(),
    "dict": lambda one: repr(dict(one)),
    "vars": lambda one: repr(vars(one)),
    "pretty": lambda one: repr(list(one.__rich_repr__())) + repr(list(one.__repr_args__())),
    "copy": lambda one: repr(copy.copy(one)),
    "deep copy": lambda one: repr(copy.deepcopy(one)),
    "schema": lambda one: json.dumps(type(one).model_json_schema()),
    "form": lambda one: json.dumps(type(one).form_schema()),
    "a list of it": lambda one: f"{[one]} { ({'c': one}) } {(one,)}",
}


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_shows_a_secret(view: str) -> None:
    for one in (full(), DashScopeCredential(api_key=CANARY)):
        assert CANARY not in str(VIEWS[view](one))


def test_models_show_no_secret() -> None:
    tts = DashScopeTTSModel(DashScopeCredential(api_key=CANARY))
    seen = f"{tts!r} {tts} {vars(tts)} {tts.parameters!r} {DashScopeTTSModel.list_models()}"
    assert CANARY not in seen
    with pytest.raises(ModelDeckError) as caught:
        pickle.dumps(tts)
    assert CANARY not in everything(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_refused(protocol: int) -> None:
    for one in (full(), {"a": [full()]}):
        with pytest.raises(CredentialError, match="is not pickled; store reveal"):
            pickle.dumps(one, protocol)


def test_copies_are_whole() -> None:
    one = full()
    assert copy.deepcopy(one).reveal() == copy.copy(one).reveal() == one.model_copy().reveal() == one.reveal()


def test_the_log_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("any")
    with caplog.at_level(logging.DEBUG):
        log.info("made %s %r", full(), full())
        try:
            Many.model_validate({"key": [CANARY], "others": CANARY})
        except CredentialError:
            log.exception("refused")
    assert "refused" in caplog.text
    assert CANARY not in caplog.text


def everything(error: BaseException) -> str:
    """What can be seen of an error and of all that it came from."""
    seen: list[str] = []
    for one in _chain(error, set()):
        seen += [str(one), repr(one), repr(one.args), repr(vars(one)), "".join(traceback.format_exception(one))]
        if isinstance(one, ValidationError):
            seen += [repr(one.errors()), one.json()]
    return "\n".join(seen)


def _chain(error: BaseException | None, done: set[int]) -> Iterator[BaseException]:
    if error is not None and id(error) not in done:
        done.add(id(error))
        yield error
        yield from _chain(error.__cause__, done)
        yield from _chain(error.__context__, done)


D = "dashscope_credential"
ERRORS: dict[str, Callable[[], object]] = {
    "unknown type": lambda: CredentialFactory.from_dict({"type": CANARY}),
    "type missing": lambda: CredentialFactory.from_dict({"api_key": CANARY}),
    "type a list": lambda: CredentialFactory.from_dict({"type": [CANARY]}),
    "no map": lambda: CredentialFactory.from_dict(CANARY),  # type: ignore[arg-type]
    "wrong container": lambda: CredentialFactory.from_dict({"type": D, "api_key": [CANARY]}),
    "an object": lambda: CredentialFactory.from_dict({"type": D, "api_key": {CANARY: CANARY}}),
    "a second one missing": lambda: Many(others=[CANARY]),  # type: ignore[call-arg,list-item]
    "unknown field": lambda: DashScopeCredential(api_key=CANARY, base_ur=CANARY),  # type: ignore[call-arg]
    "secret as a field": lambda: CredentialFactory.from_dict({"type": D, CANARY: "api_key", "api_key": "k"}),
    "secret as the region": lambda: DashScopeCredential(api_key="k", region=CANARY),  # type: ignore[arg-type]
    "secret as the URL": lambda: DashScopeCredential(api_key="k", base_url=CANARY),
    "secret in the URL": lambda: DashScopeCredential(api_key="k", base_url=f"https://u:{CANARY}@host"),
    "secret in the query": lambda: DashScopeCredential(api_key="k", base_url=f"https://host/?key={CANARY}"),
    "secret as the name": lambda: DashScopeCredential(api_key="k", name=[CANARY]),  # type: ignore[arg-type]
    "unfit characters": lambda: DashScopeCredential(api_key=f"{CANARY} x"),
    "beyond ASCII": lambda: DashScopeCredential(api_key=f"{CANARY}é"),
    "nested": lambda: Many(key="k", nested={"token": [CANARY], "note": 1}),  # type: ignore[arg-type]
    "in a list": lambda: Many(key="k", several=[{"token": CANARY}, {"note": CANARY}]),  # type: ignore[list-item]
    "bytes": lambda: Many(key="k", raw=[CANARY]),  # type: ignore[arg-type]
    "wrapped": lambda: Many(key="k", wrapped=[CANARY]),  # type: ignore[arg-type]
    "JSON": lambda: DashScopeCredential.model_validate_json(json.dumps({"api_key": [CANARY]})),
    "broken JSON": lambda: DashScopeCredential.model_validate_json(f'{{"api_key": "{CANARY}"'),
    "strings": lambda: DashScopeCredential.model_validate_strings({"api_key": CANARY, "region": CANARY}),
    "assigned": lambda: setattr(DashScopeCredential(api_key="k"), "api_key", CANARY),
    "in an adapter": lambda: TypeAdapter(list[DashScopeCredential]).validate_python([{"api_key": [CANARY]}]),
    "in another model": lambda: Holder(credential={"api_key": [CANARY]}),  # type: ignore[arg-type]
    "beside another's mistake": lambda: Holder(credential={"api_key": CANARY}, count="x"),  # type: ignore[arg-type]
    "for the model": lambda: DashScopeTTSModel(CANARY),  # type: ignore[arg-type]
    "before": lambda: Picky(key=CANARY, when="before"),  # type: ignore[arg-type]
    "field": lambda: Picky(key=f"{CANARY}field"),  # type: ignore[arg-type]
    "wrap": lambda: Picky(key=CANARY, when="wrap"),  # type: ignore[arg-type]
    "after": lambda: Picky(key=CANARY, when="after"),  # type: ignore[arg-type]
    "assert": lambda: Picky(key=CANARY, when="assert"),  # type: ignore[arg-type]
    "from_env": lambda: DashScopeCredential.from_env(name=CANARY, region=CANARY),
    "from_env with a field too many": lambda: DashScopeCredential.from_env(api_key=CANARY, secret=CANARY),
}


@pytest.mark.parametrize("what", ERRORS)
def test_no_error_shows_a_secret(what: str) -> None:
    with pytest.raises((CredentialError, ValidationError)) as caught:
        ERRORS[what]()
    assert CANARY not in everything(caught.value).replace("test_secrets.py", "")
    if what != "beside another's mistake":
        assert isinstance(caught.value, CredentialError)


def test_reveal_is_the_one_way_to_all_of_them() -> None:
    seen = full().reveal()
    assert json.dumps(seen).count(CANARY) == 10
    assert MASK not in json.dumps(seen)
    assert Many.model_validate(seen).reveal() == seen


def test_a_copy_with_another_key_hides_it_too() -> None:
    """pydantic's own `model_copy(update=…)` checks nothing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one = DashScopeCredential(api_key="sk-old").model_copy(update={"api_key": CANARY})
        seen = f"{one!r} {one} {one.model_dump_json()} {one.model_dump()}"
    assert CANARY not in f"{seen} {[str(each.message) for each in caught]}"
    assert one.reveal()["api_key"] == CANARY
    with pytest.raises(CredentialError, match="mask"):
        one.model_copy(update={"api_key": MASK})


def test_what_reveal_gives_is_the_callers_own() -> None:
    one = full()
    one.reveal()["others"].append("x")
    assert len(one.reveal()["others"]) == 1


MASKED: dict[str, dict[str, Any]] = {
    "plain": {"key": MASK},
    "shorter": {"key": "****"},
    "of an ApiKey": {"key": "k", "maybe": MASK},
    "in a list": {"key": "k", "others": ["a", MASK]},
    "in a map": {"key": "k", "named": {"a": MASK}},
    "in a tuple": {"key": "k", "pair": [MASK]},
    "bytes": {"key": "k", "raw": MASK},
    "wrapped": {"key": "k", "wrapped": MASK},
    "nested": {"key": "k", "nested": {"token": MASK}},
    "nested in a list": {"key": "k", "several": [{"token": "a"}, {"token": MASK}]},
    "empty": {"key": ""},
    "spaces": {"key": " \n"},
    "an empty one inside": {"key": "k", "others": [""]},
}


@pytest.mark.parametrize("what", MASKED)
def test_a_mask_or_nothing_is_never_stored(what: str) -> None:
    with pytest.raises(CredentialError, match=r"is a mask|is empty"):
        Many.model_validate(MASKED[what])


def test_a_round_trip_through_a_masked_dump_is_refused() -> None:
    for dumped in (full().model_dump(mode="json"), json.loads(full().model_dump_json())):
        with pytest.raises(CredentialError, match="mask"):
            Many.model_validate(dumped)


def test_stars_within_a_key_are_a_key() -> None:
    assert Many(key="sk-****").reveal()["key"] == "sk-****"  # type: ignore[arg-type]


def test_a_pasted_key_loses_the_space_around_it() -> None:
    assert DashScopeCredential(api_key=f"  {CANARY}\n").reveal()["api_key"] == CANARY
    assert DashScopeCredential(api_key=SecretStr(f"{CANARY} ")).reveal()["api_key"] == CANARY


def test_an_alias_round_trips() -> None:
    class Aliased(CredentialBase):
        type: Literal["aliased_credential"] = "aliased_credential"
        key: SecretStr = Field(alias="apiKey")

    one = Aliased(apiKey=CANARY)  # type: ignore[arg-type]
    assert Aliased.model_validate(one.reveal()).reveal() == one.reveal()


def test_two_credentials_of_one_provider_stand_side_by_side() -> None:
    one, two = DashScopeCredential(api_key="sk-1"), DashScopeCredential(api_key="sk-2", region="us-east-1")
    models = [DashScopeTTSModel(each) for each in (one, two)]
    assert [model.credential.reveal()["api_key"] for model in models] == ["sk-1", "sk-2"]
    assert one.id != two.id
