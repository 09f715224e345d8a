"""A table of cases in one test fails for each of its rows, and says for which."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests.unit.tables import every

SEEN: list[tuple[int, Path]] = []


@every("number, same", [(1, 1), (2, 3), (4, 4)])
def equal(number: int, tmp_path: Path, same: int) -> None:
    SEEN.append((number, tmp_path))
    assert number == same


def test_the_row_that_fails_is_named_and_fixtures_are_given(tmp_path: Path) -> None:
    assert list(inspect.signature(equal).parameters) == ["tmp_path"]
    with pytest.raises(AssertionError) as caught:
        equal(tmp_path=tmp_path)
    assert caught.value.__notes__ == ["in the row (2, 3)"]
    assert [(1, tmp_path), (2, tmp_path)] == SEEN


def test_a_table_without_a_row_proves_nothing() -> None:
    with pytest.raises(AssertionError):
        every("number", [])(lambda number: None)()
