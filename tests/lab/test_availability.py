"""The prober over the one ssh connection, against a container that is really replaced."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.availability import prober
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from lab import faults, host
from tests import harness
from tests.lab.ground import Ground, on_host

pytestmark = pytest.mark.lab

IMAGE = "gonogo-lab/redis:latest"
PORT = 8001
SERVE = f"docker run -d --name web -p {PORT}:80 {IMAGE} python3 -m http.server 80"
AWAY_S = 1.5


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[host.Host, Connection]]:
    with on_host(f"t-availability-{os.getpid()}") as (made, connection):
        host.execute(made.name, SERVE, user="root")
        yield made, connection


@pytest.fixture
def ground(connected: tuple[host.Host, Connection], tmp_path: Path) -> Ground:
    ground = Ground(*connected, tmp_path)
    ground.root(f"for n in $(seq 100); do curl -sf http://127.0.0.1:{PORT}/ && break; sleep 0.1; done")
    return ground


def watched(ground: Ground, **availability: object) -> Target:
    return ground.target(
        health=[{"url": f"http://127.0.0.1:{PORT}/"}], availability={"rate": 100, **availability}
    )


def test_a_stack_that_is_left_alone_never_fails(ground: Ground) -> None:
    begun = time.process_time()
    with prober.watching(ground.connection, watched(ground)) as watch:
        time.sleep(3)
    spent = (time.process_time() - begun) / 3
    assert watch.result
    (seen,) = watch.result.urls
    assert (seen.failed, watch.result.notes) == (0, [])
    assert seen.requests > 150
    assert seen.gap_s is not None
    assert seen.gap_s < 1
    print(f"{seen.requests} requests, {spent:.1%} of a core, {seen.before}")


def test_a_container_that_is_replaced_is_a_gap_as_long_as_it_was_away(ground: Ground) -> None:
    to = watched(ground, budget_s=AWAY_S / 2)
    with prober.watching(ground.connection, to) as watch:
        time.sleep(0.5)
        watch.changing()
        begun = time.monotonic()
        ground.root(f"docker rm -f web; sleep {AWAY_S}; {SERVE}")
        ground.root(f"for n in $(seq 100); do curl -sf http://127.0.0.1:{PORT}/ && break; sleep 0.1; done")
        most = time.monotonic() - begun
        time.sleep(0.5)
    seen = watch.result
    assert seen
    (url,) = seen.urls
    assert url.gap_s is not None
    assert AWAY_S <= url.gap_s <= most + 0.3
    assert url.before.failed == 0
    assert url.during.failed > 20
    told = harness.over(ground.connection, to, suite="verify", only={"availability.gap"}, availability=seen)[
        "availability.gap"
    ]
    assert told.status == "failed"
    assert "did not respond successfully for" in told.message


def test_a_container_that_hangs_is_a_gap_without_an_end(ground: Ground) -> None:
    with prober.watching(ground.connection, watched(ground)) as watch:
        time.sleep(0.5)
        ground.root("docker pause web")
        time.sleep(2)
        ground.root("docker unpause web")
        time.sleep(1)
    assert watch.result
    (url,) = watch.result.urls
    assert url.gap_s == pytest.approx(2, abs=0.7)
    # They were answered in the end, late: that is a gap and no failure.
    assert url.failed == 0


def test_a_connection_that_breaks_ends_the_watch_without_a_word_against_the_stack(ground: Ground) -> None:
    to = watched(ground)
    with Connection.open(to) as own, prober.watching(own, to) as watch:
        time.sleep(0.5)
        own.close()
        time.sleep(0.5)
    assert watch.result
    assert watch.result.notes == [prober.GONE]
    assert watch.result.urls[0].failed == 0
    assert watch.result.urls[0].requests > 20


def test_a_line_that_is_cut_ends_the_watch_where_it_was_cut(ground: Ground) -> None:
    to = watched(ground)
    impatient = to.thresholds.model_copy(update={"connect_timeout_s": 2.0})
    own = Connection.open(to.model_copy(update={"thresholds": impatient}))
    with own, prober.watching(own, to) as watch:
        time.sleep(0.5)
        with faults.cut_off(ground.made.name):
            # What is under way hangs, until ssh gives the silent host up.
            time.sleep(8)
    assert watch.result
    assert watch.result.notes == [prober.GONE]
    assert watch.result.urls[0].failed == 0
    assert watch.result.seconds < 4
