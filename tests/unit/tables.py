"""Tables of cases in one test: for rows that cost more to be a test each than to be judged."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

Test = Callable[..., None]


def every(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Let a test hold for every row, as ``pytest.mark.parametrize`` does, but as one test.

    What a row raises is raised with the row in a note. Fixtures are made once, for all of the rows.
    """
    columns = [name.strip() for name in names.split(",")]
    table = [row if len(columns) > 1 else (row,) for row in rows]

    def decorated(test: Test) -> Test:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            assert table
            for row in table:
                try:
                    test(**fixtures, **dict(zip(columns, row, strict=True)))
                except BaseException as error:
                    error.add_note(f"in the row {row!r}")
                    raise

        signature = inspect.signature(test)
        wanted = [one for name, one in signature.parameters.items() if name not in columns]
        run.__signature__ = signature.replace(parameters=wanted)  # type: ignore[attr-defined]
        return run

    return decorated
