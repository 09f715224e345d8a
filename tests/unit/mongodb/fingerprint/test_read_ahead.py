"""Threads take turns quickly while documents are read, and as before when that is over."""

from __future__ import annotations

import sys

import pytest

from gonogo.deploy.mongodb.fingerprint.read_ahead import TURN_S, turns


def test_turns_are_short_until_the_end_however_it_comes() -> None:
    before = sys.getswitchinterval()
    assert before > TURN_S
    with pytest.raises(ZeroDivisionError), turns():
        assert sys.getswitchinterval() == pytest.approx(TURN_S)
        with turns():
            assert sys.getswitchinterval() == pytest.approx(TURN_S)
        assert sys.getswitchinterval() == pytest.approx(TURN_S)
        raise ZeroDivisionError
    assert sys.getswitchinterval() == before
