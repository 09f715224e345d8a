"""What a release left alone, what runs stably, and how many replicas there are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.checks.verify import test_containers as containers
from gonogo.deploy.release.records import Baseline, Image, Life
from tests.unit.expecting import failing, passing
from tests.unit.stacks import container, model, target

SUITE = cast(Suite, SimpleNamespace(streaks={}))

BEFORE = Life(id="db-1", started="2026-11-24T10:00:00Z")


def there(*running: Any) -> Any:
    """A host with these containers, however often it is asked."""
    project = SimpleNamespace(containers=list(running))
    return SimpleNamespace(project=lambda _: project, refresh=lambda: None)


def judged(
    expect: Expect, *running: Any, untouched: dict[str, Life] | None = None, back: bool = False
) -> None:
    baseline = Baseline(taken="", untouched={"chat-db": BEFORE} if untouched is None else untouched)
    host = there(*running)
    release: Any = SimpleNamespace(baseline=baseline, gone_back=back)
    containers.test_containers_untouched(host, target(), release, expect)


def database(**changed: str) -> Any:
    return container("db", **{"name": "chat-db", "id": BEFORE.id, "started": BEFORE.started, **changed})


def test_the_same_container_was_left_alone() -> None:
    with passing() as expect:
        judged(expect, database(), container("api"))


@pytest.mark.parametrize(
    ("running", "says"),
    [
        ([], "chat-db is gone"),
        ([database(id="db-2")], "chat-db was made anew"),
        ([database(started="2026-11-24T11:30:00Z")], "chat-db was started again at 2026-11-24T11:30:00"),
    ],
)
def test_one_that_was_not_is_named(running: list[Any], says: str) -> None:
    with failing(f"error: {says}") as expect:
        judged(expect, *running)
    severity = "warning" if "started again" in says else "error"
    with failing(f"{severity}: {says}") as expect:
        judged(expect, *running, back=True)


def test_a_container_that_crashed_stops_a_release_and_no_way_back() -> None:
    host = there(container("api", restarts=1))
    for back, severity in ((False, "error"), (True, "warning")):
        with failing(f"{severity}: .*api.* 1 times") as expect:
            release: Any = SimpleNamespace(gone_back=back, record=None, baseline=None)
            containers.test_containers_stable(host, SUITE, target(), release, expect)


@pytest.mark.parametrize(("started", "passes"), [(BEFORE.started, True), ("2026-11-24T11:30:00Z", False)])
def test_a_crash_of_before_is_nothing_that_this_release_did(started: str, passes: bool) -> None:
    host = there(container("api", id=BEFORE.id, restarts=3, started=started))
    baseline = SimpleNamespace(untouched={"shop-api-1": BEFORE})
    release: Any = SimpleNamespace(gone_back=False, record=None, baseline=baseline)
    with passing() if passes else failing("restarted: shop-api-1 3 times") as expect:
        containers.test_containers_stable(host, SUITE, target(), release, expect)


def test_what_died_at_the_end_stops_a_release_and_a_way_back() -> None:
    ended = container("api", status="exited", exit_code=137)
    host = there(ended)
    for back in (False, True):
        release: Any = SimpleNamespace(gone_back=back, record=None, baseline=None)
        with failing(r"^error: shop-api-1 \(exited\)$") as expect:
            containers.test_containers_stable(host, SUITE, target(), release, expect)


@pytest.mark.parametrize(("left", "says"), [(2, "web has 2 of 3 containers"), (0, "web has no container")])
def test_a_replica_that_is_gone_is_missed(left: int, says: str) -> None:
    stack = model(web={"image": "web:1", "scale": 3}, api={"image": "api:1"})
    images = {"web": Image(name="web:1", id="a"), "api": Image(name="api:1", id="b")}
    record = SimpleNamespace(images=images)
    release: Any = SimpleNamespace(
        gone_back=False, record=record, baseline=None, model=stack, not_repeated=set()
    )
    found = [container("api"), *(container("web", id=str(n), name=f"web-{n}") for n in range(left))]
    host = there(*found)
    checks: list[Any] = [
        lambda *given: containers.test_containers_running(host, *given),
        lambda *given: containers.test_containers_stable(host, SUITE, *given),
    ]
    for check in checks:
        with failing(says) as expect:
            check(target(), release, expect)


def test_what_is_unhealthy_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(range(5, 99))

    def running(*_: Any) -> list[Any]:
        return [container("web", health="unhealthy", failing_streak=next(looks))]

    monkeypatch.setattr(containers, "_running", running)
    monkeypatch.setattr(containers.time, "sleep", lambda _: None)
    suite = cast(Suite, SimpleNamespace(streaks={}))
    (first,) = containers._settled(there(), suite, target())
    assert first.failing_streak == 8, "three more health checks failed"
    (again,) = containers._settled(there(), suite, target())
    assert again.failing_streak == 9, "and that is not waited for once more"


def test_where_nothing_was_to_be_left_alone_there_is_nothing_to_judge() -> None:
    with pytest.raises(pytest.skip.Exception):
        judged(Expect(), database(), untouched={})
