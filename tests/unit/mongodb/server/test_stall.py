"""A tool that gets on is waited for, one that does not is ended."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from gonogo.deploy.mongodb.server import stall


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stall, "LOOK_S", 0.001)
    monkeypatch.setattr(stall, "STALLED_S", 0.02)


def test_one_that_does_nothing_is_ended() -> None:
    with stall.Watched(b"given\n", lambda: 7, "h: mongodump in db") as watched:
        assert watched.read(100) == b"given\n"
        with pytest.raises(stall.Stalled, match=r"^h: mongodump in db did nothing for 0\.02 s and was ended"):
            watched.read(100)


@pytest.mark.parametrize("progress", [itertools.count(), itertools.repeat(None)], ids=["slow", "unknown"])
def test_one_that_gets_on_or_of_which_nobody_knows_is_waited_for(progress: Iterator[object]) -> None:
    with stall.Watched(b"", lambda: next(progress), "it") as watched:
        threading.Timer(0.1, watched.__exit__).start()
        assert watched.read() == b""


def test_one_that_is_watched_has_longer_the_larger_it_is() -> None:
    assert stall.longest_s(1800, None) == 1800
    assert stall.longest_s(1800, 0) == 1800
    assert stall.longest_s(2800, 10**9) == 2800 + 50_000
