"""The clock of a host: its skew and the round trip, from recorded answers."""

from __future__ import annotations

import datetime
import time
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.clock import Reading, measured
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks


def test_the_skew_is_taken_from_the_middle_of_the_round_trip() -> None:
    assert measured("1000.500000000\n", 0.2, 1000.1) == Reading(200.0, 0.5, 0.1)
    assert measured("990.0", 0.2, 1000.1) == Reading(200.0, -10.0, 0.1)


def test_a_clock_that_tells_whole_seconds_blurs_the_skew() -> None:
    assert measured("1000.\n", 0.2, 1000.6) == Reading(200.0, 0.0, 0.6)
    assert measured("1000\n", 0.2, 1000.6) == Reading(200.0, 0.0, 0.6)


def test_a_clock_that_tells_nothing() -> None:
    with pytest.raises(GonogoError, match="printed '%s' instead of the time"):
        measured("%s", 0.1, 1000.0)
    with pytest.raises(Unknown, match=r"^web: .* ended with 127"):
        _ = stacks.host(127).clock.reading


def test_the_time_of_a_host_is_that_of_its_clock_and_stays() -> None:
    host = stacks.host(0, f"{time.time() + 3600:.3f}")
    now = host.clock.now
    ahead = (now - datetime.datetime.now(datetime.UTC)).total_seconds()
    assert 3590 < ahead < 3610
    assert (host.clock.now, now.microsecond) == (now, 0)


def test_the_time_of_the_controller_is_this_machines_and_asks_nothing() -> None:
    there = stacks.Answering(1)
    here = Host.over(cast(Connection, there), "controller")
    assert abs((here.clock.now - datetime.datetime.now(datetime.UTC)).total_seconds()) < 5
    assert there.asked == []
