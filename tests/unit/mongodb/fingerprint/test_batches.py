"""How batches are put together that come in short ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymongo.errors import CursorNotFound

from gonogo.deploy.mongodb.fingerprint import batches

LEAST = batches.LEAST_BYTES


def given(first: list[int], others: list[int], *, broken: bool = False) -> list[int]:
    """The sizes of what is given, of batches with these sizes; whose bytes tell which one they are."""

    def coming() -> Iterator[bytes]:
        yield from (bytes([number]) * size for number, size in enumerate(others, 1))
        if broken:
            raise CursorNotFound("cursor id 7 not found")

    found, sizes = b"", []
    try:
        for batch in batches._collected([b"\0" * size for size in first], coming()):
            found += batch
            sizes.append(len(batch))
    except CursorNotFound:
        assert broken
        sizes.append(-1)
    assert found == b"".join(bytes([n]) * size for n, size in enumerate([*first, *others], 1 - len(first)))
    return sizes


@pytest.mark.parametrize(
    ("first", "others", "expected"),
    [
        ([], [], []),
        ([5], [], [5]),
        ([LEAST], [], [LEAST]),
        ([LEAST + 1], [3, 4], [LEAST + 1, 7]),
        ([5], [LEAST, 2], [LEAST + 5, 2]),
        ([1], [1] * 100, [101]),
        ([LEAST // 2], [LEAST // 2] * 4, [LEAST, LEAST, LEAST // 2]),
    ],
)
def test_short_batches_are_joined_in_their_order(
    first: list[int], others: list[int], expected: list[int]
) -> None:
    assert given(first, others) == expected


@pytest.mark.parametrize(("others", "expected"), [([], [5, -1]), ([7], [12, -1]), ([LEAST], [LEAST + 5, -1])])
def test_what_came_before_an_error_is_given_before_it(others: list[int], expected: list[int]) -> None:
    """Of a collection that is dropped meanwhile, the backup has what was read until then."""
    assert given([5], others, broken=True) == expected
