"""What the API answers, as OpenAPI tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modeldeck.tts.facts import AudioFacts, Interruption, Limits, Live, Pricing, Status, Voice

Family = Literal["chat", "tts", "embedding", "asr", "realtime"]
Gender = Literal["female", "male", "neutral"]
Grade = Literal["ok", "key_rejected", "wrong_region", "permission", "quota", "unreachable", "tls", "unknown"]
Schema = Annotated[dict[str, Any], Field(description="JSON Schema 2020-12.")]
UiSchema = Annotated[dict[str, Any], Field(description="Hints for a form: order, widgets, labels.")]
Data = Annotated[dict[str, Any], Field(description="The fields of the type's schema.")]
Parameters = Annotated[dict[str, Any], Field(description="Values of the model's parameters.")]
Revision = Annotated[str, Field(description="Changes when the deck does.")]
Total = Annotated[int, Field(description="How many there are on all pages.")]


_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield name
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            pass


class Input(BaseModel):
    """A body that is sent: unknown names are errors."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _writable(cls, data: Any) -> Any:
        """Every text can be stored and sent again: no half of a surrogate pair, no NUL (PostgreSQL takes none)."""
        if any(map(_UNWRITABLE.search, _texts(data))):
            raise ValueError("a text has a character that cannot be kept")
        return data


class ProblemItem(BaseModel):
    """One finding."""

    parameter: str | None = Field(default=None, description="What it is about: a name, or a path of names.")
    message: str
    limit: Any = None
    suggestion: str | None = Field(default=None, description="The likely spelling.")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(default="about:blank", description="urn:modeldeck:error:<code>, or about:blank.")
    title: str
    status: int
    detail: str
    code: str = Field(description="The class of the error in modeldeck.errors, or a word for the status.")
    provider: str | None = None
    provider_code: str | None = Field(default=None, description="As the provider gave it.")
    request_id: str | None = Field(default=None, description="The provider's.")
    retryable: bool | None = None
    retry_after: float | None = Field(default=None, description="Seconds.")
    errors: list[ProblemItem] | None = None


class Detail(BaseModel):
    """An error as AgentScope's frontend reads it."""

    detail: str


class Components(BaseModel):
    store: Literal["ok", "not_ready"]
    deck: Literal["ok", "not_ready"]


class Health(BaseModel):
    status: Literal["ok", "not_ready"]
    version: str
    components: Components


class Session(BaseModel):
    user: str
    kind: Literal["token", "cookie"]


class SessionStart(Input):
    token: str = Field(json_schema_extra={"format": "password", "writeOnly": True})


class CredentialType(BaseModel):
    type: str
    provider: str
    title: str
    form: Schema = Field(alias="schema")
    ui_schema: UiSchema
    families: list[Family]
    env: dict[str, list[str]] = Field(description="Field -> variables that hold it where modeldeck is a library.")


class CredentialTypes(BaseModel):
    types: list[CredentialType]
    total: Total
    problems: list[str] = Field(description="What is wrong with types that were left out.")


class Credential(BaseModel):
    id: str
    name: str
    type: str
    provider: str
    title: str = Field(description="Of its type.")
    data: dict[str, Any] = Field(description="The fields; secrets are masked.")
    owner: str | None = Field(description="None: built in.")
    shared_with: list[str]
    editable: bool
    state: Literal["ok", "needs_reentry", "unusable"]
    problem: str | None = Field(default=None, description="Why it cannot be used.")
    created_at: datetime | None
    updated_at: datetime | None
    revision: int


class Credentials(BaseModel):
    credentials: list[Credential]
    total: Total


class CredentialCreate(Input):
    data: Data = Field(description="`type`, `name` and the fields of the type's schema.")


class CredentialUpdate(Input):
    data: Data = Field(
        description="Fields to change; one that is absent, or a secret that is masked, stays; null empties it."
    )


class CredentialShares(Input):
    users: list[str] = Field(description="All who may use it besides its owner.")


class CredentialTrial(Input):
    data: Data
    id: str | None = Field(default=None, description="A credential of yours: what is absent or masked comes from it.")


class Diagnosis(BaseModel):
    ok: bool
    grade: Grade
    message: str
    advice: str
    latency: float | None = Field(description="Seconds.")
    status: int | None = Field(description="The provider's HTTP status.")
    code: str | None
    request_id: str | None
    region: str | None


class Model(BaseModel):
    ref: str = Field(description="provider/name, as every call takes it.")
    provider: str
    credential_type: str
    family: Family
    name: str
    label: str
    model_type: str
    status: Status
    deprecated_at: datetime | date | None
    sunset_at: datetime | date | None
    replacement: str | None
    realtime: bool
    interruption: Interruption | None
    languages: list[str] = Field(description="BCP 47 tags, those of its voices too.")
    voice_count: int
    custom_voices: bool = Field(description="Voice ids that are not listed are valid too.")
    default_voice: str | None
    input_types: list[str]
    output_types: list[str]
    audio: AudioFacts | None
    limits: Limits | None
    pricing: Pricing | None
    source: str | None
    verified: date | None
    live: Live | None = Field(description="What an account said of it; null: it is as its card has it.")


class ModelDetail(Model):
    voices: list[Voice]
    parameter_schema: Schema
    ui_schema: UiSchema


class ModelPage(BaseModel):
    models: list[Model]
    total: Total
    revision: Revision
    problems: list[str] = Field(description="Cards and classes that were left out, and why.")


class LiveModels(BaseModel):
    models: list[Model]
    total: Total
    at: datetime | None = Field(description="When the oldest part of it was said; null: these are the shipped cards.")
    age: float | None = Field(description="Seconds since then.")
    problems: list[str] = Field(description="What the provider did not say, or what of it could not be used.")


class ModelSchema(BaseModel):
    parameter_schema: Schema = Field(description="What a form shows.")
    ui_schema: UiSchema
    call_schema: Schema = Field(description="What is enforced: also what forms hide.")


class VoiceOfModel(Voice):
    ref: str
    model: str
    provider: str
    match: float | None = Field(default=None, description="With `language`: 1 is exactly it, 0.5 the same language.")
    why: list[str] | None = Field(default=None, description="With `language`: what it speaks of what was asked for.")
    score: float | None = Field(default=None, description="With `like`: how much alike, from 0 to 1.")
    equal: list[str] | None = Field(default=None, description="With `like`: what is the same.")
    differs: list[str] | None = Field(default=None, description="With `like`: what is not.")
    unknown: list[str] | None = Field(default=None, description="With `like`: what nobody says of one of the two.")


class VoicePage(BaseModel):
    voices: list[VoiceOfModel]
    total: Total
    revision: Revision


class ParameterCheck(Input):
    ref: str
    parameters: Parameters = Field(default_factory=dict[str, Any])
    credential: str | None = Field(default=None, description="An id: the model is what that account was found to have.")


class Validated(BaseModel):
    parameters: dict[str, Any] = Field(description="As they would be sent: defaults filled in.")


class Switch(Input):
    from_ref: str
    to_ref: str
    parameters: Parameters = Field(default_factory=dict[str, Any])


class Dropped(BaseModel):
    parameter: str
    reason: str


class SwitchResult(BaseModel):
    parameters: dict[str, Any] = Field(description="What still holds.")
    kept: list[str]
    dropped: list[Dropped]
