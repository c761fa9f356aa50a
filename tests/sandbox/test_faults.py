"""What a fault's specification says, and which call has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import ParameterError
from modeldeck.sandbox import Fault
from modeldeck.sandbox.faults import NAMES, Faults, split_model

words = st.text("abcXYZ0189-_ .", min_size=1).map(str.strip).filter(bool)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    name = draw(st.sampled_from(sorted(NAMES)))
    kind = NAMES[name][1]
    numbers = st.integers(0, 999)
    values = {int: numbers, float: st.floats(0, 9), str: words, None: st.none()}
    return Fault(
        name,
        draw(st.integers(300, 599) if name == "status" else values[kind]),
        draw(numbers),
        draw(st.none() | numbers),
        draw(st.none() | words),
        draw(words | st.just("")),
        draw(words | st.just("")),
    )


@given(faults())
def test_a_fault_reads_its_own_specification(fault: Fault) -> None:
    assert Fault.parse(str(fault)) == fault


def test_what_is_left_out_has_its_default() -> None:
    assert Fault.parse("cut") == Fault("cut")
    assert Fault.parse("status") == Fault("status", 500)
    assert Fault.parse("wrong_order").after == 1
    assert Fault.parse(" cut ; after = 3 ;") == Fault("cut", after=3)
    assert (
        Fault.parse("status=429;retry-after=Wed, 21 Oct 2026 07:28:00 GMT").retry_after
        == "Wed, 21 Oct 2026 07:28:00 GMT"
    )


@pytest.mark.parametrize(
    ("specification", "problem"),
    [
        ("cot", "no fault 'cot'; did you mean 'cut'?"),
        ("", "no fault ''; there are: status, cut,"),
        ("cut=3", "cut takes no value"),
        ("cut;aftr=3", "no key 'aftr'; did you mean 'after'?"),
        ("cut;after=x", "after=x: not a whole number"),
        ("cut;after=-1", "after=-1: from 0"),
        ("slow=fast", "slow=fast: not a number"),
        ("slow=nan", "slow=nan: from 0"),
        ("status=200", "status=200: from 300 to 599"),
        ("status=1e3", "status=1e3: not a whole number"),
    ],
)
def test_a_wrong_specification_says_what_is_near(specification: str, problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault.parse(specification)
    assert problem in str(caught.value)
    assert repr(specification) in str(caught.value)


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
