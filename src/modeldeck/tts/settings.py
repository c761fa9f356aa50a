"""What was set on a model, and what happens to values outside its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from modeldeck._cards import enforce as enforcement
from modeldeck._warn import warn
from modeldeck.errors import ParameterError, ParameterWarning
from modeldeck.tts.options import Enforce
from modeldeck.tts.text import text_problem

if TYPE_CHECKING:
    from modeldeck._cards.enforce import Rules
    from modeldeck.tts.facts import Limits


class Settings:
    """The parameters of one model: as given, and as they go out.

    `hide` masks the credential's secrets: a key that somebody gave as a parameter is not echoed.
    """

    def __init__(
        self,
        rules: Rules,
        parameters: Any,
        *,
        model: str,
        limits: Limits | None,
        enforce: Enforce,
        provider: str | None,
        hide: Callable[[str], str],
    ) -> None:
        """Raises ParameterError, as `enforce` asks."""
        self._rules = rules
        self._model = model
        self._limits = limits
        self._enforce = enforce
        self._provider = provider
        self._hide = hide
        self.given = enforcement.as_given(rules, parameters)
        self.effective = self._enforced(self.given)

    def with_more(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The effective parameters of one call."""
        return self._enforced({**self.given, **parameters}) if parameters else self.effective

    def check_piece(self, text: str, before: int) -> int:
        """Raises ParameterError for what no model can take; pieces of any length are fine."""
        if (problem := text_problem(text, self._model, None)) is not None:
            self._refuse(problem)
        return before

    def check_text(self, text: str, before: int = 0) -> int:
        """The characters of the request so far, with `text`, as the model counts them.

        Raises ParameterError for a text that the model cannot take, as `enforce` asks.
        """
        problem = text_problem(text, self._model, self._limits, before)
        if problem is not None:
            if problem.limit is None:  # no provider can take it
                self._refuse(problem)
            self.let_through(problem)
        return before + (self._limits.count(text) if self._limits is not None else 0)

    def shown(self) -> str:
        """For a repr: every effective value, secrets masked."""
        shown = {name: enforcement.shown(self._rules, name, value) for name, value in self.effective.items()}
        return "".join(f" {name}={value!r}" for name, value in shown.items())

    def _enforced(self, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return enforcement.effective(self._rules, given)
        except ParameterError as error:
            self.let_through(error)
        return enforcement.filled(self._rules, given)

    def let_through(self, error: ParameterError) -> None:
        """Raise it or warn of it or neither, as `enforce` asks."""
        if self._enforce == "error":
            self._refuse(error)
        self._scrub(error)
        if self._enforce == "warn":
            warn(ParameterWarning(str(error)))

    def _refuse(self, error: ParameterError) -> NoReturn:
        error.provider = self._provider
        self._scrub(error)
        raise error

    def _scrub(self, error: ParameterError) -> None:
        hide = self._hide
        if hide(str(error)) != str(error) or hide(str(error.value)) != str(error.value):
            error.args = (hide(str(error)),)
            error.findings = tuple(replace(one, message=hide(one.message)) for one in error.findings)
            error.value = "***"
