"""The kinds of hosts of the lab: which there are, and how one that there is not is refused."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import UsageError
from lab.kind import ENGINES, NEWEST, OLDEST, Kind


def test_each_engine_has_an_image_of_its_own_and_a_word_for_tests() -> None:
    assert len(set(ENGINES.values())) == len(ENGINES)
    assert (str(OLDEST), str(NEWEST)) == ("20.10-classic", "26-containerd")
    assert OLDEST.image != NEWEST.image == Kind("26", "classic").image


@pytest.mark.parametrize(
    ("engine", "store", "says"),
    [
        ("19", "classic", "--engine '19': expected one of 20.10, 26"),
        ("26", "zfs", "--store 'zfs': expected one of classic, containerd"),
        ("20.10", "containerd", "the engine 20.10 has none, give --engine 26"),
    ],
)
def test_a_kind_that_there_is_not_is_one_sentence(engine: str, store: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Kind(engine, store)
