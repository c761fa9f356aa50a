"""Every error that modeldeck raises.

ModelDeckError
├── CredentialError            a credential is missing, malformed, unknown or wrongly registered
├── MissingExtraError          an optional dependency is not installed
├── UnsupportedError           this class cannot do what was asked
├── ConcurrentUseError         a second use of something that carries one conversation
├── CardError                  a model card or a folder of cards cannot be used
├── ModelNotFoundError         no such model, or several
├── ParameterError             a value outside the model's schema, an unusable text, an impossible output
├── ConnectionFailedError      no connection, or it was lost                                  (retryable)
├── TimeoutExceededError       a time-out passed                                              (retryable)
├── AllModelsFailedError       none of several models spoke; names every cause                (retryable when one is)
└── ServiceError               the provider answered, and said no
    ├── AuthenticationError    the key is refused
    ├── PermissionDeniedError  the key is good, the model or region is not open to it
    ├── QuotaError             nothing left to spend
    ├── RateLimitError         too many requests                                              (retryable)
    ├── ContentRefusedError    the content filter refused text or result
    ├── ProtocolError          an answer that cannot be understood
    └── ProviderError          anything else that went wrong over there

Warnings: CardWarning, ParameterWarning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "AllModelsFailedError",
    "AuthenticationError",
    "CardError",
    "CardWarning",
    "ConcurrentUseError",
    "ConnectionFailedError",
    "ContentRefusedError",
    "CredentialError",
    "Finding",
    "MissingExtraError",
    "ModelDeckError",
    "ModelNotFoundError",
    "ParameterError",
    "ParameterWarning",
    "PermissionDeniedError",
    "ProtocolError",
    "ProviderError",
    "QuotaError",
    "RateLimitError",
    "ServiceError",
    "TimeoutExceededError",
    "UnsupportedError",
]


class ModelDeckError(Exception):
    """Base of the tree.

    `retryable`: the same call may work a moment later. `retry_after`: seconds that the provider asks for.
    `status`, `code`, `request_id`: as the provider gave them.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        if retryable is not None:
            self.retryable = retryable
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.__class__, self.args, dict(self.__dict__))


def _rebuild(cls: type[ModelDeckError], args: tuple[Any, ...], state: dict[str, Any]) -> ModelDeckError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class CredentialError(ModelDeckError):
    """A credential is missing, malformed, unknown or wrongly registered; never quotes a secret."""


class MissingExtraError(ModelDeckError):
    """An optional dependency is not installed; the message says what to install."""

    def __init__(self, message: str, *, extra: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.extra = extra


class UnsupportedError(ModelDeckError):
    """This class cannot do what was asked."""


class ConcurrentUseError(ModelDeckError):
    """Something that carries one conversation was used by two at the same time."""


class CardError(ModelDeckError):
    """A model card, or a folder of cards, cannot be used; names file, line, column and key."""


class ModelNotFoundError(ModelDeckError):
    """No model of that name, or more than one; lists what is near."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a value. `limit` and `suggestion` as in `ParameterError`."""

    message: str
    parameter: str | None = None
    limit: Any = None
    suggestion: str | None = None


class ParameterError(ModelDeckError):
    """A value outside the model's schema, found before any network traffic.

    `limit` is the keyword's own value (a maximum, the allowed values); `suggestion` the likely spelling;
    `findings` everything that is wrong, the first of which the other attributes describe; `problems` their messages.
    """

    def __init__(
        self,
        message: str,
        *,
        parameter: str | None = None,
        value: Any = None,
        limit: Any = None,
        suggestion: str | None = None,
        findings: tuple[Finding, ...] = (),
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.parameter = parameter
        self.value = value
        self.limit = limit
        self.suggestion = suggestion
        self.findings = findings or (Finding(message, parameter, limit, suggestion),)

    @property
    def problems(self) -> tuple[str, ...]:
        """The messages of all findings."""
        return tuple(finding.message for finding in self.findings)


class ConnectionFailedError(ModelDeckError):
    """No connection could be made, or it was lost; says how much audio had come.

    `unheard`: it had lain ready, and was gone before the other end could hear of this call.
    """

    retryable = True
    unheard = False


class TimeoutExceededError(ModelDeckError):
    """A time-out of `Timeouts` passed."""

    retryable = True


class AllModelsFailedError(ModelDeckError):
    """None of several models spoke. `causes`: what each of `models` failed with, in the order they were tried.

    `retryable`: when one of them is; `retry_after`: the shortest that one of those asks for.
    """

    def __init__(
        self, message: str, *, models: tuple[str, ...] = (), causes: tuple[ModelDeckError, ...] = (), **details: Any
    ) -> None:
        again = [one for one in causes if one.retryable]
        waits = [one.retry_after for one in again if one.retry_after is not None]
        super().__init__(message, **{"retryable": bool(again), "retry_after": min(waits, default=None), **details})
        self.models = models
        self.causes = causes


class ServiceError(ModelDeckError):
    """The provider answered, and the answer is not a result."""


class AuthenticationError(ServiceError):
    """The key is refused."""


class PermissionDeniedError(ServiceError):
    """The key is good, but this model, workspace or region is not open to it."""


class QuotaError(ServiceError):
    """The account has nothing left to spend."""


class RateLimitError(ServiceError):
    """Too many requests at the moment."""

    retryable = True


class ContentRefusedError(ServiceError):
    """The provider's content filter refused the text or its result."""


class ProtocolError(ServiceError):
    """An answer that would make the result wrong if it were ignored."""


class ProviderError(ServiceError):
    """Anything else that went wrong on the provider's side."""


class CardWarning(UserWarning):
    """A card was left out, or is past its end; says which and why."""


class ParameterWarning(UserWarning):
    """A value outside the schema was let through, because `enforce="warn"`."""
