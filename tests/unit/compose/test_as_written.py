"""Compose files as one, from what Compose said of them; tests/lab/test_models.py asks Compose itself."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gonogo.deploy.compose import command_line
from gonogo.deploy.compose.interpolation import interpolated, with_defaults
from gonogo.deploy.errors import GonogoError
from tests.unit.compose import cases

RECORDED = json.loads(cases.RECORDED.read_text())


def test_there_are_enough_cases_and_each_is_recorded() -> None:
    assert len(cases.NAMES) >= 40
    assert sorted(RECORDED) == cases.NAMES


@pytest.mark.parametrize("name", cases.NAMES)
def test_a_case_becomes_what_compose_was_seen_to_resolve_as_its_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = SimpleNamespace(stdout=RECORDED[name]["as_one"].encode(), stderr=b"")
    monkeypatch.setattr(command_line, "local", lambda *_args, **_more: said)
    one = cases.case(name)
    one.write(tmp_path / "shop")
    assert cases.compose_file(one, tmp_path / "shop", RECORDED[name]["values"]) == RECORDED[name]["given"]


NAMES = st.sampled_from(["A", "B", "C"])
WORDS = st.sampled_from(["", "x", "/p", "{b}", "$$", "q r"])
SIMPLE = st.builds("${}".format, NAMES) | st.builds("${{{}}}".format, NAMES) | WORDS
HOWS = st.sampled_from([":-", "-", ":+", "+", ":?", "?"])
NESTED = st.recursive(SIMPLE, lambda inner: st.builds("${{{}{}{}}}".format, NAMES, HOWS, inner), max_leaves=6)
TEXTS = st.lists(NESTED, max_size=4).map("".join)
GIVEN = st.dictionaries(NAMES, st.sampled_from(["1", "./d", ""]))


@example("$B${A:+x}", {"A": "1"}, {})
@given(TEXTS, GIVEN, GIVEN)
def test_fallbacks_are_what_a_second_environment_would_be(text, inner, outer):
    # The one that is told apart by no fallback: blank in the one, given in the other.
    outer = {name: value for name, value in outer.items() if value or not inner.get(name)}
    assert interpolated(with_defaults(text, inner), outer) == interpolated(text, {**inner, **outer})


def test_an_env_file_whose_value_no_compose_file_can_hold_is_said(tmp_path: Path, monkeypatch) -> None:
    case = cases.Case(
        {"compose.yaml": "include: [sub/c.yaml]\n", "sub/c.yaml": "services: {}\n", "sub/.env": "A=}x"}
    )
    case.write(tmp_path)
    monkeypatch.setattr(
        command_line, "local", lambda *_args, **_more: SimpleNamespace(stdout=b"services: {}\n", stderr=b"")
    )
    with pytest.raises(GonogoError, match=r"sub/\.env: the braces of A do not match"):
        command_line.flatten(tmp_path, case.names)
