"""Of many values those are found that are in a text, whatever their form, and hardly another."""

from __future__ import annotations

import base64
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.redaction import prefilter
from gonogo.deploy.redaction.prefilter import Traces
from gonogo.deploy.redaction.redactor import MARK, Redactor
from tests.unit.redaction.test_redactor import ENCODERS, EXAMPLES, NASTY, around, long_enough
from tests.unit.tables import every

OTHERS = [f"https://user{number}:pa$${number}ss@example.com/{number}" for number in range(50)]


@settings(max_examples=EXAMPLES)
@given(name=st.sampled_from(sorted(ENCODERS)), secret=long_enough, before=around, after=around)
def test_a_value_among_others_is_found_in_any_form(name: str, secret: str, before: str, after: str) -> None:
    assert secret.strip() in Traces([*OTHERS, secret.strip()]).find(before + ENCODERS[name](secret) + after)


def test_values_that_are_not_there_are_not_searched_for() -> None:
    redactor = Redactor([*OTHERS, NASTY])
    assert redactor.likely("user1 and example.com, all of it over https") == frozenset()
    assert redactor.likely(f"with {OTHERS[7]}") == {OTHERS[7]}
    assert redactor(f"with {OTHERS[7]}") == f"with {MARK}"


@every("value", ["$$//", "a-b-c-d", "é€😀!"])
def test_a_value_with_hardly_a_letter_is_found_without_a_trace(value: str) -> None:
    redactor = Redactor([*OTHERS, value])
    assert redactor(f"a-b {value}") == f"a-b {MARK}"
    assert redactor(base64.b64encode(value.encode()).decode().rstrip("=")) == MARK


@every("before", range(40))
def test_a_value_is_found_where_one_piece_of_a_text_ends(before: int) -> None:
    with mock.patch.object(prefilter, "PIECE", 20):
        assert Redactor(["correcthorsebattery"])("." * before + "correcthorsebattery") == "." * before + MARK


def test_text_that_is_no_unicode_is_looked_through() -> None:
    assert Redactor(["correcthorse"])("\ud800 correcthorse") == f"\ud800 {MARK}"
