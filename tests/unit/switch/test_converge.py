"""What leads from what runs to a goal, and how it is carried out, forwards and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.compose.service import Port
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import records
from gonogo.deploy.release.plan import Change
from gonogo.deploy.release.records import Baseline, Image, Life, Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.switch import course as module
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch import service as services_
from gonogo.deploy.switch.converge import converge
from gonogo.deploy.switch.course import ONCE, Course, planned
from gonogo.deploy.switch.goal import Goal
from tests.unit.stacks import container, model, target

TO = target()
OURS = "/srv/shop/.deploy/releases/v2/compose.yaml,/srv/shop/.deploy/releases/v2/images.yaml"
ENDED = {"status": "exited", "exit_code": 0}


class Acting:
    """A run as a converge sees it: what runs is given, what is done is written down."""

    def __init__(self, *running: Container, ended: Collection[str] = (), **given: Any) -> None:
        self.did: list[str] = []
        self.notes: list[str] = []
        self.touched: list[str] = []
        self.ended = ended
        self.refused: set[str] = set()
        self.stuck: dict[str, list[str]] = {}
        self.networks_before: list[str] | None = []
        containers = SimpleNamespace(refresh=lambda: None, all=list(running))
        self.release = cast(
            Release,
            SimpleNamespace(
                running=list(running),
                target=target(**given),
                connection=SimpleNamespace(check=lambda line, **_: self.did.append(line)),
                host=SimpleNamespace(containers=containers),
                redactor=Redactor(),
            ),
        )

    @contextmanager
    def step(self, name: str, detail: str = "") -> Iterator[SimpleNamespace]:
        self.did.append(f"step {name} ({detail})")
        yield SimpleNamespace(detail="")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def say(self, text: str) -> None:
        self.did.append(f"back: {text}")

    def touching(self, services: Collection[str]) -> None:
        self.touched += services


def goal(version: str = "v1", *, fresh: bool = False, **services: dict[str, Any]) -> Goal:
    images = {name: Image(name=name, id=f"sha256:{name}") for name in services}
    hashes = {name: f"hash-of-{name}" for name in services}
    record = Record(version=version, created="", project="shop", images=images, hashes=hashes)
    return Goal(version, TO, record, model(**services), fresh)


def one(service: str, **given: Any) -> Container:
    return container(service, **{"files": OURS, **given})


def actions(course: Course) -> dict[str, str]:
    return {change.service: change.action for change in course.changes}


def test_without_a_release_before_all_that_ours_made_leaves_and_nothing_else() -> None:
    by_hand = one("db", files="/srv/shop/compose.yaml")
    course = planned(Acting(one("api"), by_hand), goals.nothing(TO, ""), back=True)
    assert actions(course) == {"api": "removed"}


def test_back_only_what_was_touched_is_started_anew_and_what_follows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    side = {"image": "s", "network_mode": "service:api"}
    services: dict[str, dict[str, Any]] = {"db": {"image": "db"}, "api": {"image": "api"}, "side": side}
    found = [one(name, hash="other") for name in services]
    monkeypatch.setattr(module.shared_namespaces, "hashes_of", lambda *_: {})
    course = planned(Acting(*found), goal(**services), touched=["api"], back=True)
    assert actions(course) == {"db": "unchanged", "api": "replaced", "side": "replaced"}


def test_a_service_of_the_release_that_is_left_goes_where_ours_made_it() -> None:
    found = [one("api"), one("new"), one("theirs", files="/home/ada/compose.yaml"), one("older")]
    course = planned(Acting(*found), goal(api={"image": "api"}), made=["api", "new", "theirs"])
    assert actions(course) == {"api": "unchanged", "new": "removed"}
    back = planned(
        Acting(*found), goal(api={"image": "api"}), made=["api", "new"], touched=["api"], back=True
    )
    assert actions(back) == {"api": "unchanged"}, "it ran before this run, which has not touched it"


MIGRATED = {
    "migrate": {"image": "m"},
    "api": {"image": "api", "depends_on": {"migrate": {"condition": "service_completed_successfully"}}},
    "seed": {"image": "s"},
}


def test_a_way_back_runs_no_one_shot_again_unless_the_target_file_says_so() -> None:
    found = [one("migrate", image="new", **ENDED), one("api", image="new"), one("seed", image="new", **ENDED)]
    back = planned(Acting(*found, ended=["seed"]), goal(**MIGRATED))
    assert actions(back) == {"migrate": "removed", "api": "replaced", "seed": "removed"}
    assert [change.why for change in back.changes if change.action == "removed"] == [ONCE, ONCE]
    gone = planned(Acting(found[1], found[2]), goal(**MIGRATED))
    assert actions(gone) == {"migrate": "unchanged", "api": "replaced", "seed": "replaced"}
    told = planned(Acting(*found, ended=["seed"], releases={"run_again": ["migrate"]}), goal(**MIGRATED))
    assert actions(told) == {"migrate": "replaced", "api": "replaced", "seed": "removed"}
    fresh = planned(Acting(*found, ended=["seed"]), goal(fresh=True, **MIGRATED))
    assert set(actions(fresh).values()) == {"replaced"}, "a deployment runs its own"


def test_back_it_goes_on_past_failures_and_reports_them_all(
    monkeypatch: pytest.MonkeyPatch, current: list[str]
) -> None:
    started: list[str] = []

    def start(*given: Any, **_: Any) -> None:
        started.append(given[3])
        if given[3] in ("api", "job"):
            raise GonogoError(f"{given[3]} was not started")

    monkeypatch.setattr(services_, "service", start)
    cut = one("job", name="c2fd5d1f5063_shop-job-1", id="new")
    acting = Acting(cut)
    changes = [Change(name, "replaced", "its image changed") for name in ("api", "job", "web")]
    way = goal(**{name: {"image": name} for name in ("api", "job", "web")})
    with pytest.raises(GonogoError, match=r"^api was not started; job was not started$"):
        converge(acting, Course(way, changes, back=True))
    assert (started, current, acting.touched) == (["api", "job", "web"], ["v1"], ["api", "job", "web"])
    assert acting.did[-1] == "docker rename new shop-job-1"
    assert acting.notes == ["a replacement had been cut off before it got its name: shop-job-1"]


def test_forwards_it_stops_at_the_first_failure(monkeypatch: pytest.MonkeyPatch, current: list[str]) -> None:
    def start(*given: Any, **_: Any) -> None:
        raise GonogoError(f"{given[3]} was not started")

    monkeypatch.setattr(services_, "service", start)
    changes = [Change(name, "replaced", "its image changed") for name in ("api", "web")]
    acting = Acting()
    with pytest.raises(GonogoError, match=r"^api was not started$"):
        converge(acting, Course(goal(api={"image": "a"}, web={"image": "w"}), changes))
    assert (acting.touched, current) == (["api"], [])


def test_what_holds_a_port_that_is_needed_leaves_first(
    monkeypatch: pytest.MonkeyPatch, current: list[str]
) -> None:
    monkeypatch.setattr(services_, "service", lambda *given, **_: acting.did.append(f"start {given[3]}"))
    held = (Port("0.0.0.0", 8001, 80, "tcp"),)
    acting = Acting(
        one("new", ports=held), one("web", ports=held, hash="v2"), one("other"), one("api", hash="v2")
    )
    services = {"api": {"image": "a", "ports": [{"target": 80, "published": "8001"}]}, "web": {"image": "w"}}
    course = planned(acting, goal(**services), made=["new", "other"])
    converge(acting, course)
    assert acting.did == [
        "step remove (new, web)",
        "docker rm -f id-of-new id-of-web",
        "step switch api (its configuration changed)",
        "start api",
        "step switch web (its configuration changed)",
        "start web",
        "step remove (other)",
        "docker rm -f id-of-other",
    ]
    assert current == ["v1"]


def test_the_baseline_of_a_release_that_was_gone_back_to_tells_what_is_another_now(
    monkeypatch: pytest.MonkeyPatch, current: list[str]
) -> None:
    lives = {name: Life(id=name, started="") for name in ("shop-api-1", "shop-db-1")}
    before = Baseline(taken="", untouched=lives)
    saved: list[Baseline] = []
    monkeypatch.setattr(records, "load_baseline", lambda *_: before)
    monkeypatch.setattr(records, "save", lambda *given: saved.append(given[4]))
    monkeypatch.setattr(services_, "service", lambda *_, **__: None)
    changes = [Change("api", "replaced", "its image changed"), Change("migrate", "removed", ONCE)]
    converge(Acting(one("api"), one("db")), Course(goal(**MIGRATED), changes, back=True))
    (found,) = saved
    assert (set(found.untouched), found.not_repeated) == ({"shop-db-1"}, ["migrate"])
