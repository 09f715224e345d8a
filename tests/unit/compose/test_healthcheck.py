"""When health checks run: what is written, what an image adds, and what an engine makes of it."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.dockerfile import built, stages
from gonogo.deploy.compose.healthcheck import Healthcheck, of_compose, of_engine, seconds
from tests.unit.tables import every

OLD, NEW = (1, 41), (1, 44)


@every(
    "written, found",
    [("1m30s", 90), ("500ms", 0.5), ("1.5s", 1.5), ("1h0m0s", 3600), ("", None), ("soon", None), ("5", None)],
)
def test_durations(written: str, found: float | None) -> None:
    assert seconds(written) == found


@every(
    "raw, old, new, settled",
    [
        ({}, 30, 30, 60),
        ({"interval": "5s", "start_period": "60s", "start_interval": "1s", "timeout": "2s"}, 5, 1, 67),
        ({"interval": "5s", "start_interval": "1s", "timeout": "2s"}, 5, 5, 7),
        ({"interval": "90s", "start_period": "10s", "timeout": "2s"}, 90, 90, 102),
    ],
)
def test_when_it_first_runs_and_when_it_has_told(
    raw: dict[str, str], old: float, new: float, settled: float
) -> None:
    found = of_compose({"test": ["CMD", "true"], **raw})
    assert found
    assert (found.first(OLD), found.first(NEW), found.settled(NEW)) == (old, new, settled)


@every(
    "own, image, interval",
    [
        (None, None, None),
        (None, {"interval": 7_000_000_000}, 7),
        ({"interval": "2s"}, {"interval": 7_000_000_000}, 2),
        ({"interval": "2s"}, None, None),
        ({"interval": "2s"}, {"off": True}, None),
        ({"test": "true"}, {"interval": 7_000_000_000}, 7),
        ({"test": "true", "interval": "3s"}, {"off": True}, 3),
        ({"disable": True}, {"interval": 7_000_000_000}, None),
        ({"test": ["NONE"]}, {"interval": 7_000_000_000}, None),
    ],
)
def test_what_a_container_has_of_its_own_and_of_its_image(
    own: dict[str, Any] | None, image: dict[str, Any] | None, interval: float | None
) -> None:
    found = (of_compose(own) or Healthcheck()).over(of_engine(image))
    assert (found.interval if found else None) == interval


def test_that_of_a_dockerfile() -> None:
    text = (
        "FROM a AS base\n"
        "HEALTHCHECK --interval=9s --start-period=1m \\\n --retries=5 CMD curl --retries=3 x\n"
        "FROM base AS same\nFROM base AS without\nHEALTHCHECK NONE\n"
    )
    found = stages(text, {})
    same, without = built(found, "same"), built(found)
    assert same and without
    assert same.healthcheck == Healthcheck(interval=9, start_period=60, retries=5, tested=True)
    assert without.healthcheck == Healthcheck(off=True)
