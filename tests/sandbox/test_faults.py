"""What a fault's specification says, and which call has it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._near import quoted
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Fault
from modeldeck.sandbox.faults import NAMES, Faults, read_faults, split_model

words = st.text("abcXYZ0189-_ .", min_size=1).map(str.strip).filter(bool)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    name = draw(st.sampled_from(sorted(NAMES)))
    after = NAMES[name][3]
    numbers = st.integers(0, 999)
    values: dict[str, st.SearchStrategy[Any]] = {
        "status": st.integers(300, 599),
        "close": st.integers(3000, 4999),
        "slow": st.floats(0, 9),
        "page": st.integers(1, 1000),
        "error": words,
    }
    return Fault(
        name,
        draw(st.none() | values.get(name, st.none())),
        draw(numbers) if after is not None else 0,
        draw(st.none() | numbers),
        draw(st.none() | words) if name == "status" else None,
        draw(words | st.just("")) if name == "close" else "",
        draw(words | st.just("")),
    )


@given(faults())
def test_a_fault_reads_its_own_specification(fault: Fault) -> None:
    assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_out_has_its_default(name: str) -> None:
    _, _, value, after = NAMES[name]
    fault = Fault(name)
    assert fault == Fault.parse(name) == Fault(name, value, after or 0)
    assert (fault.value, fault.after) == (value, after or 0)
    assert str(fault) == (name if value is None else f"{name}={value}")


def test_a_specification_may_be_spaced_out() -> None:
    assert Fault.parse(" cut ; after = 3 ;") == Fault("cut", after=3)
    assert Fault.parse("status=429;retry-after=1") == Fault("status", 429, retry_after=1)
    specification = "status=429;retry-after=Wed, 21 Oct 2026 07:28:00 GMT"
    assert Fault.parse(specification).retry_after == "Wed, 21 Oct 2026 07:28:00 GMT"


WRONG = [
    ("cot", {"name": "cot"}, "no fault 'cot'; did you mean 'cut'?"),
    ("", {"name": ""}, "no fault ''; there are: status, cut,"),
    ("cut=3", {"name": "cut", "value": 3}, "cut takes no value"),
    ("cut;after=-1", {"name": "cut", "after": -1}, "after=-1: from 0"),
    ("tiny;after=1", {"name": "tiny", "after": 1}, "tiny takes no after"),
    ("cut;reason=why", {"name": "cut", "reason": "why"}, "cut takes no reason; close does"),
    ("cut;retry-after=1", {"name": "cut", "retry_after": 1}, "cut takes no retry-after; status does"),
    ("slow=nan", {"name": "slow", "value": float("nan")}, "slow=nan: from 0"),
    ("status=200", {"name": "status", "value": 200}, "status=200: from 300 to 599"),
    ("close=1005", {"name": "close", "value": 1005}, "close=1005: from 1000 to 1003 or from 1007 to 1014 or"),
    ("close=99999", {"name": "close", "value": 99999}, "close=99999: from 1000"),
    ("error=", {"name": "error", "value": ""}, "error='': not a text"),
    ("status;retry-after=", {"name": "status", "retry_after": ""}, "retry-after='': not a text"),
    ("close;reason=" + "因" * 42, {"name": "close", "reason": "因" * 42}, "at most 123 bytes"),
]


@pytest.mark.parametrize(("specification", "arguments", "problem"), WRONG)
def test_what_is_wrong_is_wrong_both_ways(specification: str, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault.parse(specification)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"fault {quoted(specification)}: ")
    assert caught.value.value == specification
    with pytest.raises(ParameterError) as caught:
        Fault(**arguments)
    assert str(caught.value).startswith("fault: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("specification", "problem"),
    [
        ("cut;aftr=3", "no key 'aftr'; did you mean 'after'?"),
        ("cut;after=x", "after=x: not a whole number"),
        ("slow=fast", "slow=fast: not a number"),
        ("status=1e3", "status=1e3: not a whole number"),
    ],
)
def test_a_specification_that_cannot_be_read(specification: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(problem)):
        Fault.parse(specification)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "error", "value": "a;times=1"},
        {"name": "error", "value": " padded"},
        {"name": "error", "value": 1},
        {"name": "cut", "id": "two\nlines"},
        {"name": "cut", "times": True},
        {"name": "cut", "after": 1.5},
        {"name": "status", "value": "500"},
        {"name": "status", "retry_after": "一"},
    ],
)
def test_what_no_specification_could_say(arguments: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"^fault: .*: not "):
        Fault(**arguments)


def test_a_list_is_a_list() -> None:
    assert read_faults(["odd", Fault("cut")]) == (Fault("odd"), Fault("cut"))
    wrong: list[Any] = ["cut", Fault("cut"), None, [1]]
    for asked in wrong:
        with pytest.raises(ParameterError, match="specification"):
            read_faults(asked)


def test_the_end_of_a_models_name_asks() -> None:
    assert split_model("qwen3-tts-flash") == ("qwen3-tts-flash", None)
    assert split_model("qwen3-tts-flash!cut;after=3") == ("qwen3-tts-flash", Fault("cut", after=3))


def test_times_counts_calls_by_id() -> None:
    book = Faults()
    one, other = Fault("cut", times=1, id="a"), Fault("cut", times=1, id="b")
    assert [book.pick(one, status=False) for _ in range(3)] == [one, None, None]
    assert [book.pick(other, status=False) for _ in range(2)] == [other, None]


def test_a_status_is_another_question_and_not_counted_twice() -> None:
    book = Faults()
    refused = Fault("status", 429, times=1)
    assert book.pick(refused, status=False) is None
    assert book.pick(refused, status=True) is refused
    assert book.pick(refused, status=True) is None


def test_armed_faults_are_used_up_in_turn_and_what_is_asked_for_comes_first() -> None:
    first, second = Fault("cut", times=1), Fault("silence")
    book = Faults([first, second])
    assert book.pick(Fault("odd"), status=False) == Fault("odd")
    assert [book.pick(None, status=False) for _ in range(3)] == [first, second, second]
    book.arm([first])
    assert [book.pick(None, status=False) for _ in range(2)] == [first, None]
