"""What may be passed on, printed and kept: classes, parameters, responses and errors; credentials and models refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from modeldeck import Transport
from modeldeck.errors import ModelDeckError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import expect
from modeldeck.testing.cases import each_row
from modeldeck.testing.rows import TEXT, Got, Row, streamed
from modeldeck.testing.suite import Suite

_CANARY = "canary-3c1d"


class Things(Suite):
    @each_row
    async def test_responses_can_be_pickled(self, box: Sandbox, row: Row) -> None:
        got = Got()
        async with self.nothing_left(box), Transport() as transport:
            await streamed(row.build(box.url, transport), TEXT, got)
        for part in got:
            check_pickles(part, f"a response of {row.name}", "its metadata, usage and timings are to be plain values")
            expect(
                len(repr(part)) < 300, f"{row.name}: the repr of a response has {len(repr(part))} characters ({row.id})"
            )

    @each_row
    def test_classes_and_parameters_can_be_pickled(self, row: Row) -> None:
        check_pickles(row.made_of, row.name, "a class stands in its module under its own name")
        check_pickles(self.credential, self.credential.__name__, "a class stands in its module under its own name")
        model = row.build("http://127.0.0.1:1", Transport())
        check_pickles(model.parameters, f"{row.name}.Parameters", "define it where it can be imported")

    @each_row
    def test_models_and_credentials_refuse_to_be_pickled(self, row: Row) -> None:
        """With an error of the tree: nobody stores a key by accident."""
        model = row.build("http://127.0.0.1:1", Transport())
        for thing, name in ((model, row.name), (model.credential, self.credential.__name__)):
            error: Exception | None = None
            try:
                pickle.dumps(thing)
            except Exception as caught:
                error = caught
            expect(
                isinstance(error, ModelDeckError),
                f"a {name} is pickled, or refuses with {type(error).__name__}: leave __reduce__ and __getstate__ to "
                "the base",
            )

    @each_row
    def test_nothing_that_is_printed_shows_the_key(self, row: Row) -> None:
        key = self.key(_CANARY)
        model = row.build("http://127.0.0.1:1", Transport(), key=key)
        credential = model.credential
        shown = {
            "repr of the model": f"{model!r} {model}",
            "repr of the credential": f"{credential!r} {credential}",
            "model_dump of the credential": f"{credential.model_dump()} {credential.model_dump_json()}",
            "attributes of the model": f"{vars(model)}",
            "the class": f"{vars(row.made_of)} {vars(self.credential)}",
            "the form": f"{self.credential.form_schema()}",
        }
        leaks = [name for name, text in shown.items() if key in text]
        expect(
            not leaks,
            f"{row.name} shows the key: {', '.join(leaks)}. Declare it as `ApiKey` (modeldeck.credential.fields), and "
            "keep what get_secret_value() returns in no attribute",
        )
        expect(row.model in repr(model), f"the repr of a {row.name} does not name its model: {model!r}")
        expect(copy.copy(credential).reveal() == credential.reveal(), f"a copy of a {self.credential.__name__} differs")


def check_pickles(thing: Any, what: str, todo: str) -> None:
    __tracebackhide__ = True
    try:
        back = pickle.loads(pickle.dumps(thing))
    except Exception as error:
        raise AssertionError(f"{what} cannot be pickled ({type(error).__name__}: {error}): {todo}") from None
    expect(back == thing, f"{what} comes back changed when it is pickled: {back!r}")
