"""Health checks against the time that they are given, by the oldest engine and by the newest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.switch import service as switch
from gonogo.deploy.target.sections import conditions
from gonogo.deploy.target.target import Target
from lab.kind import NEWEST, OLDEST
from tests import harness
from tests.lab.ground import IMAGE, Ground, on_host

pytestmark = pytest.mark.lab
LIMIT = {"health.limit"}
OWN = f"FROM {IMAGE}\nHEALTHCHECK --interval=7s CMD redis-cli ping\n"
CHECKED = {"test": ["CMD", "redis-cli", "ping"], "interval": "5s"}
OFTEN = {**CHECKED, "start_period": "60s", "start_interval": "1s"}


@pytest.fixture(scope="module", params=[OLDEST, NEWEST], ids=str)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A host of each engine, with an image that brings a health check along."""
    with on_host(f"t-limits-{request.param.engine[:2]}-{os.getpid()}", request.param) as connected:
        ground = Ground(*connected, tmp_path_factory.mktemp("limits"))
        ground.root(f"docker build -q -t own:1 - <<'END'\n{OWN}END")
        yield ground


def stack(ground: Ground, check: object = None, image: str = IMAGE) -> None:
    service = {"image": image, **({"healthcheck": check} if check else {})}
    (ground.folder / "compose.yaml").write_text(json.dumps({"services": {"cache": service}}))


def told(ground: Ground, limit: float | None = None) -> dict[str, str]:
    """The message of the check where it failed or warned, with what to do."""
    to = ground.target(thresholds={"healthy_timeout_s": limit} if limit else {})
    found = harness.over(ground.connection, to, only=LIMIT).values()
    return {one.status: f"{one.message} {one.fix}" for one in found if one.status != "passed"}


def test_a_health_check_is_judged_by_when_it_first_runs(place: Ground) -> None:
    stack(place, OFTEN)
    heeds = place.root("docker version -f '{{.Server.Version}}'").startswith("26")
    assert list(told(place, 4)) == (["warning"] if heeds else ["failed"])
    if not heeds:
        said = told(place, 4)["failed"]
        assert (
            "cache: its health check first runs 5 s after the start (interval 5s; start_interval 1s" in said
        )
        assert "is ignored by engine 20.10" in said
        assert "Set interval of cache to less than 4s, or healthy_timeout_s of [thresholds] to 95." in said
        stack(place, {**OFTEN, "interval": "3s"})
        assert list(told(place, 4)) == ["warning"]
        stack(place, OFTEN)
    assert told(place) == {} == told(place, 95)
    stack(place, image="own:1")
    assert "cache: its health check first runs 7 s after the start (interval 7s)" in told(place, 6)["failed"]
    stack(place, {"interval": "2s"}, image="own:1")
    assert told(place, 6) == {}
    for off in ({"disable": True}, {"test": ["NONE"]}):
        stack(place, off, image="own:1")
        assert list(told(place, 6)) == ["skipped"], off


def test_a_release_waits_as_long_as_the_health_check_needs(
    place: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack(place, CHECKED)
    monkeypatch.setattr(conditions, "HEALTHY_S", 2.0)
    heeds = place.root("docker version -f '{{.Server.Version}}'").startswith("26")

    def started(to: Target, **check: str) -> None:
        stack(place, {**CHECKED, **check})
        text = (place.folder / "compose.yaml").read_text()
        place.root(f"docker rm -f shop-cache-1; docker compose -p shop -f - up -d <<'END'\n{text}\nEND")
        switch.wait(place.connection, to, "cache")

    within = place.target(thresholds={})
    started(within)
    (one,) = switch.containers(place.connection)
    assert one.well
    assert one.settled_s == 5 + 30
    with pytest.raises(GonogoError, match="cache was not healthy within 2 s: shop-cache-1"):
        started(place.target(thresholds={"healthy_timeout_s": 2}))
    soon = place.target(thresholds={"healthy_timeout_s": 4})
    if heeds:
        started(soon, start_period="60s", start_interval="1s")
        return
    with pytest.raises(GonogoError, match="cache was not healthy within 4 s"):
        started(soon, start_period="60s", start_interval="1s")
