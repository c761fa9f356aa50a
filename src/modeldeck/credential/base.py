"""What a credential is: typed secrets of one provider, and the model families that they open."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast, get_args, get_origin
from uuid import uuid4

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
)
from pydantic_core import core_schema

from modeldeck._cards.form import Schema, form_shape
from modeldeck._near import did_you_mean, near_or_list
from modeldeck._warn import warn
from modeldeck._wire.service import TOKEN
from modeldeck.credential.secrets import no_secret, revealed, secrets_of, words_of
from modeldeck.errors import CardWarning, CredentialError, MissingExtraError

if TYPE_CHECKING:
    from modeldeck._transport.limits import Retry, Timeouts
    from modeldeck._transport.transport import Transport
    from modeldeck.credential.diagnosis import Diagnosis, Probe
    from modeldeck.credential.discovery import Discovery
    from modeldeck.credential.listing import Listing
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.card import TTSModelCard

_SUFFIX = "_credential"
_SHORTEST = 4  # characters; what is shorter is no secret, and stands in every text
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
FAMILIES = ("chat", "tts", "embedding", "asr", "realtime")
_HARMLESS = ("key", "token", "secret", "url", "host", "endpoint", "organization", "project")  # names people try


class CredentialBase(BaseModel):
    """Who pays. Subclasses add `type` (a Literal, the discriminator), their secrets, and `models`.

    `models`: family -> "module:Class" references, relative to the package of the class that declares them.
    `env`: field -> names of environment variables that `from_env()` reads, the first that is set wins.
    Secrets appear in no repr, dump or error; `reveal()` is the one way to read them all.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True, defer_build=True
    )
    models: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    env: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    id: str = Field(default_factory=lambda: uuid4().hex, description="Identifies this credential in a store.")
    name: str = Field(default="", title="Name", description="What you call this credential, to tell it from others.")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Around everything, a subclass's own validators too: errors never quote their input."""
        return core_schema.no_info_wrap_validator_function(cls._without_echo, handler(source))

    @classmethod
    def _without_echo(cls, data: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            made = handler(data)
        except ValidationError as error:
            words = set(words_of(data))
            problems = [
                _said(cls, one["type"], one["loc"], one["msg"], words) for one in error.errors(include_input=False)
            ]
        else:
            problems = [f"{path} {why}" for path, secret in secrets_of(made) if (why := no_secret(secret))]
            if not problems:
                return made
        raise CredentialError(f"{cls.__name__}: {'; '.join(problems)}")

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError:  # no JSON at all: pydantic's error holds the whole text
            pass
        raise CredentialError(f"{cls.__name__}: this is no JSON")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; with `update` a new credential, checked like any other."""
        if not update:
            return super().model_copy(deep=deep)
        return type(self).model_validate({**self.reveal(), **update})

    def __setattr__(self, name: str, value: Any) -> None:
        raise CredentialError(f"{type(self).__name__} cannot be changed; make a new one")

    # -- making and keeping

    @classmethod
    def from_env(cls, **fields: Any) -> Self:
        """From the environment variables of `env`; arguments win. Raises CredentialError naming what is missing."""
        found = {field: text for field, names in cls.env.items() if (text := _first_set(names)) is not None}
        found |= fields
        needed = [name for name, info in cls.model_fields.items() if info.is_required() and name not in found]
        if needed:
            known = [" or ".join(cls.env[name]) for name in needed if name in cls.env]
            unknown = [name for name in needed if name not in cls.env]
            todo = [f"set {', '.join(known)}"] if known else []
            if unknown:
                todo.append(f"give {', '.join(unknown)} (no environment variable is declared for it: see `env`)")
            provider = cls.provider_name() if "type" in cls.model_fields else None
            raise CredentialError(f"{cls.__name__}: {'; '.join(todo)}", provider=provider)
        return cls(**found)

    def reveal(self) -> dict[str, Any]:
        """Everything with the secrets in clear, for a store; `CredentialFactory.from_dict` takes it back."""
        return cast("dict[str, Any]", revealed(self))

    def hide(self, text: str) -> str:
        """`text` with every secret of this credential masked, and every token that may have been made of them."""
        for _, secret in secrets_of(self):
            word = secret.decode(errors="replace") if isinstance(secret, bytes) else str(secret)
            text = text.replace(word, "***") if len(word) >= _SHORTEST else text
        return TOKEN.sub("***", text)

    def fingerprint(self, salt: bytes) -> str:
        """Tells accounts apart: a keyed hash of all secrets, which says nothing to who does not have `salt`."""
        import hmac

        made = hmac.new(salt, digestmod="sha256")
        for path, secret in secrets_of(self):
            word = secret if isinstance(secret, bytes) else str(secret).encode()
            made.update(f"{path}\0{len(word)}\0".encode() + word)
        return made.hexdigest()

    @classmethod
    def provider_name(cls) -> str:
        """`type` less `_credential`: the first part of references."""
        return credential_type(cls).removesuffix(_SUFFIX)

    @classmethod
    def form_schema(cls) -> Schema:
        """The JSON Schema of the credential form: no `id`, `type` a constant."""
        schema = form_shape(cls.model_json_schema(by_alias=False))
        del schema["properties"]["id"]
        return schema

    def __reduce__(self) -> tuple[Any, ...]:
        raise CredentialError(f"{type(self).__name__} holds secrets and is not pickled; store reveal() instead")

    def __getstate__(self) -> dict[Any, Any]:
        raise CredentialError(f"{type(self).__name__} holds secrets and is not pickled; store reveal() instead")

    # -- whether it works

    async def check(self, transport: Transport | None = None) -> Diagnosis:
        """Ask the provider whether this credential works, at no cost; what goes wrong is in the answer.

        A key that is refused is shown to the provider's other regions too, to tell a wrong region from a wrong key.
        """
        from modeldeck.credential import diagnosis, probe  # asyncio and the network are paid for by those who ask

        provider = self.provider_name()
        probes = self._probes()
        if not probes:
            return diagnosis.Diagnosis("unknown", f"no free request to {provider} is known that would tell")
        return await probe.diagnosed(probes[0], probes[1:], provider=provider, transport=transport, hide=self.hide)

    def _probes(self) -> list[Probe]:
        """The request that tells whether the key is good, then the same for each other place it may belong to."""
        return []

    # -- what it has

    async def discover_tts_models(
        self,
        transport: Transport | None = None,
        *,
        max_age: float | None = 600.0,
        strict: bool = False,
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        discovery: Discovery | None = None,
    ) -> list[TTSModelCard]:
        """The text-to-speech models that the account really has: the cards of `list_tts_models` with what it says.

        What it speaks of has its mark in `card.live`. What was said in the last `max_age` seconds (None: ever) is not
        asked for again; `discovery` remembers it, else this object does. A provider that fails is a CardWarning: what
        it said last, or else the shipped cards, stands in. `strict` raises the ModelDeckError instead.
        """
        if strict:
            self.list_tts_models(strict=True)
        memory = discovery if discovery is not None else self._discovery
        found = await memory.tts_models(self, transport, max_age=max_age, timeouts=timeouts, retry=retry)
        if strict and found.error is not None:
            raise found.error
        for problem in found.problems:
            warn(CardWarning(problem))
        return found.cards

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        """The lists that the provider keeps for an account; `cards`: what is known without asking it."""
        return []

    @cached_property
    def _discovery(self) -> Discovery:
        from modeldeck.credential.discovery import Discovery  # asyncio and the network are paid for by those who ask

        return Discovery(most=1)

    # -- what it opens

    @classmethod
    def get_model_classes(cls, family: str) -> list[type[Any]]:
        """The classes of a family; none is an empty list. A missing extra and a wrong name are different errors."""
        for owner in cls.__mro__:
            declared: Mapping[str, tuple[str, ...]] = owner.__dict__.get("models", {})
            if family in declared:
                return [_resolved(owner, reference) for reference in declared[family]]
        return []

    @classmethod
    def get_chat_model_class(cls) -> type[Any] | None:
        return next(iter(cls.get_model_classes("chat")), None)

    @classmethod
    def get_tts_model_classes(cls) -> list[type[TTSModelBase[Any]]]:
        return cls.get_model_classes("tts")

    @classmethod
    def get_embedding_model_class(cls) -> type[Any] | None:
        return next(iter(cls.get_model_classes("embedding")), None)

    @classmethod
    def get_asr_model_classes(cls) -> list[type[Any]]:
        return cls.get_model_classes("asr")

    @classmethod
    def get_realtime_model_classes(cls) -> list[type[Any]]:
        return cls.get_model_classes("realtime")

    @classmethod
    def list_models(cls, *, strict: bool = False) -> list[Any]:
        """The chat models."""
        return _listed(cls, [cls.get_chat_model_class()], strict)

    @classmethod
    def list_tts_models(cls, *, strict: bool = False) -> list[TTSModelCard]:
        """The text-to-speech models of all its classes: active first, then by label."""
        return _listed(cls, cls.get_tts_model_classes(), strict)

    @classmethod
    def list_embedding_models(cls, *, strict: bool = False) -> list[Any]:
        return _listed(cls, [cls.get_embedding_model_class()], strict)

    @classmethod
    def list_asr_models(cls, *, strict: bool = False) -> list[Any]:
        return _listed(cls, cls.get_asr_model_classes(), strict)

    @classmethod
    def list_realtime_models(cls, *, strict: bool = False) -> list[Any]:
        return _listed(cls, cls.get_realtime_model_classes(), strict)


def credential_type(cls: type[CredentialBase]) -> str:
    """The value of the discriminator. Raises CredentialError when the class has none that can be used."""
    info = cls.model_fields.get("type")
    if info is None:
        raise CredentialError(f'{cls.__name__} has no type; add: type: Literal["acme{_SUFFIX}"] = "acme{_SUFFIX}"')
    values = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    if len(values) != 1 or not isinstance(values[0], str):
        raise CredentialError(f"{cls.__name__}: type must be a Literal of one string, not {info.annotation!r}")
    if info.default != values[0]:
        raise CredentialError(f"{cls.__name__}: give type its value: type: Literal[{values[0]!r}] = {values[0]!r}")
    if not _TYPE.match(values[0]):
        raise CredentialError(
            f"{cls.__name__}: type {values[0]!r} must be letters, digits, _ . - (it names the provider)"
        )
    return values[0]


def check_families(cls: type[CredentialBase]) -> None:
    """The keys of `models` are families. Raises CredentialError with the near miss."""
    for family in cls.models:
        if family not in FAMILIES:
            raise CredentialError(f"{cls.__name__}.models: no family {family!r}{near_or_list(family, FAMILIES)}")


def _listed(cls: type[CredentialBase], classes: list[Any], strict: bool) -> list[Any]:
    from modeldeck._cards.deck import order  # yaml is paid for by those who list

    cards: list[Any] = []
    for one in classes:
        if one is not None:
            cards += one.list_models(strict=True) if strict else one.list_models()
    return sorted(cards, key=order)


def _resolved(owner: type[CredentialBase], reference: str) -> type[Any]:
    """The class behind "module:Class", relative to the owner's package; ":Class" is in the owner's own module."""
    module_name, colon, class_name = reference.partition(":")
    home = sys.modules[owner.__module__]
    if not colon:
        raise CredentialError(f"{owner.__name__}.models: {reference!r} must be written module:Class")
    try:
        module = import_module(module_name, home.__package__ or "") if module_name else home
    except ImportError as error:
        missing = error.name or ""
        wanted = f"{home.__package__}{module_name}" if module_name.startswith(".") else module_name
        if missing and not wanted.startswith(missing) and missing.split(".")[0] != owner.__module__.split(".")[0]:
            raise MissingExtraError(
                f"{owner.__name__} needs the package {missing!r} for {class_name}", extra=missing
            ) from error
        raise CredentialError(f"{owner.__name__}.models: {reference!r} cannot be imported: {error}") from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        hint = did_you_mean(class_name, vars(module))
        raise CredentialError(f"{owner.__name__}.models: {reference!r}: {module.__name__} has no such class{hint}")
    return found


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _said(cls: type[BaseModel], kind: str, loc: tuple[str | int, ...], message: str, words: set[str]) -> str:
    """One finding, without any word of the input."""
    known = [name for name in cls.model_fields if name != "type"]
    where = ".".join(str(step) for step in loc)
    if kind == "extra_forbidden":
        near = did_you_mean(where, known)
        shown = where if near or where in _HARMLESS else "one of the names"  # a secret in the wrong place
        return f"{shown} is no field{near} (fields: {', '.join(known)})"
    if kind == "missing":
        return f"{where} is missing"
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    for word in sorted(words, key=len, reverse=True):
        message = message.replace(word, "…")
    return f"{where}: {message}" if where else message
