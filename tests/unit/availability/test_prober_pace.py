"""How often a stack is asked: as a guest, less often where it hangs, once where it answers well."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from pathlib import Path
from typing import cast

import pytest

from gonogo.deploy.availability import prober
from gonogo.deploy.availability.prober import Prober
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.ssh.connection import Connection
from gonogo.reports.model import Availability
from tests.unit.availability.test_prober import GOOD, Through, serving, watched
from tests.unit.stacks import target
from tests.unit.waiting import until


def test_a_stack_that_hangs_is_asked_less_often() -> None:
    over, asked = threading.Event(), []
    with serving(lambda: (asked.append(1), over.wait(5), b"")[2]) as port:
        to = target(host="ssh://web", health=[{"url": "http://web/"}], availability={"rate": 1000})
        watch = Prober(cast(Connection, Through(port)), to)
        begun = time.monotonic()
        watch.start()
        while len(asked) < 40 and time.monotonic() < begun + 3:
            time.sleep(0.01)
        sent, elapsed = len(asked), time.monotonic() - begun
        seen = watch.stop()
        over.set()
    # The first 32 as often as was asked for, the rest at half of that at most.
    assert 40 <= sent <= 32 + elapsed * 1000 / 2
    assert elapsed < 3
    # Nothing was answered and nothing failed yet: what is pending does not count.
    assert seen.urls[0].requests == 0


@pytest.fixture
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause that is long beside an answer here, and not as long as for the stack of a user."""
    monkeypatch.setattr(prober, "PAUSE_S", 0.05)


@pytest.mark.usefixtures("short_pause")
def test_by_default_it_is_a_guest() -> None:
    """One request at a time, however slow the answers, and a pause after each."""
    under_way, most, begun = 0, 0, []

    def answer() -> bytes:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        begun.append(time.monotonic())
        time.sleep(0.05)
        under_way -= 1
        return GOOD

    with serving(answer) as port:
        seen = watched(Through(port), 4, rate=None)
    assert (most, seen.rate, seen.urls[0].failed) == (1, None, 0)
    assert min(b - a for a, b in itertools.pairwise(begun)) >= prober.PAUSE_S
    assert seen.urls[0].downtime_s == 0.0, "the time between two answers is no downtime"


@pytest.mark.usefixtures("short_pause")
@pytest.mark.parametrize("rate", [None, 200])
def test_an_endpoint_is_left_when_it_answers_well_and_asked_again_where_it_is_not(
    rate: int | None, tmp_path: Path
) -> None:
    file, asked, good = tmp_path / "seen.json", [], True
    with serving(lambda: (asked.append(1), GOOD if good else b"HTTP/1.1 503 No\r\n\r\n")[1]) as port:
        through = Through(port)
        to = target(host="ssh://web", health=[{"url": "http://web/"}], availability={"rate": rate})
        with prober.watching(cast(Connection, through), to) as watch:
            until(lambda: len(asked) > 2)
            good = False
            until(lambda: watch.snapshot().urls[0].failed > 0)
            with contextlib.suppress(GonogoError), watch.leaving(file):
                assert not Availability.model_validate_json(file.read_bytes()).settled
                until(lambda: watch.snapshot().urls[0].failed > 1)
                assert not watch.snapshot().settled, "it is asked until it is well"
                good = True
                until(lambda: Availability.model_validate_json(file.read_bytes()).settled)
                left = len(asked)
                time.sleep(4 * prober.PAUSE_S)
                assert len(asked) == left
                raise GonogoError("verify said no")
            until(lambda: len(asked) > left + 1)
            assert not watch.snapshot().settled
    assert watch.result
    gap = watch.result.urls[0].gap_s
    assert gap is not None
    assert gap < 5
