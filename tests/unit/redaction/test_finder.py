"""Of many values those are found that are in a text, whatever their form, and hardly another."""

from __future__ import annotations

import base64
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.redaction import finder
from gonogo.deploy.redaction.finder import Finder
from gonogo.deploy.redaction.redactor import MARK, Redactor
from tests.unit.redaction.test_redactor import ENCODERS, EXAMPLES, NASTY, around, long_enough
from tests.unit.tables import every

OTHERS = [f"https://user{number}:pa$${number}ss@example.com/{number}" for number in range(50)]


@settings(max_examples=EXAMPLES)
@given(name=st.sampled_from(sorted(ENCODERS)), secret=long_enough, before=around, after=around)
def test_a_value_among_others_is_found_in_any_form(name: str, secret: str, before: str, after: str) -> None:
    text = before + ENCODERS[name](secret) + after
    others = Finder([*OTHERS, secret.strip()]).find(text)
    assert [span for span, _ in others] == [span for span, _ in Finder([secret.strip()]).find(text)] != []


def test_values_that_are_not_there_are_not_found() -> None:
    finder = Finder([*OTHERS, NASTY])
    assert finder.find("user1 and example.com, all of it over https") == []
    assert finder.find(f"with {OTHERS[7]}") == [((5, 5 + len(OTHERS[7])), OTHERS[7])]


def test_values_that_overlap_are_hidden_as_one() -> None:
    values = ["correcthorse", "horsebattery", "battery"]
    assert Finder(values).find("a correcthorsebatterystaple") == [((2, 21), "horsebattery")]
    assert Redactor(values)("a correcthorsebatterystaple battery") == f"a {MARK}staple {MARK}"


@every("value", ["$$//", "a-b-c-d", "é€😀!"])
def test_a_value_with_hardly_a_letter_is_found_without_a_trace(value: str) -> None:
    redactor = Redactor([*OTHERS, value])
    assert redactor(f"a-b {value}") == f"a-b {MARK}"
    assert redactor(base64.b64encode(value.encode()).decode().rstrip("=")) == MARK


@every("before", range(40))
def test_a_value_is_found_where_one_piece_of_a_text_ends(before: int) -> None:
    with mock.patch.object(finder, "PIECE", 20):
        assert Redactor(["correcthorsebattery"])("." * before + "correcthorsebattery") == "." * before + MARK
        assert Redactor(["ab€cde"])("é" * before + "ab€cde é ab€cde") == "é" * before + f"{MARK} é {MARK}"


def test_text_that_is_no_unicode_is_looked_through() -> None:
    assert Redactor(["correcthorse"])("\ud800 correcthorse") == f"\ud800 {MARK}"


def test_values_that_begin_alike_are_looked_for_by_what_each_has_alone() -> None:
    values = [f"postgres://app:{number}@db{number}.internal:5432/x" for number in range(100)]
    finder = Finder(values)
    assert finder._traced("postgres internal 5432\n" * 100) == {}
    assert finder.find(f"a {values[7]}") == [((2, 2 + len(values[7])), values[7])]
