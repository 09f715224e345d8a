"""Waiting for services: replicas, one-shots, what others wait for; and what is kept of one that fails."""

from __future__ import annotations

import json
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import inspection
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.deploy.release.plan import plan
from gonogo.deploy.release.records import Image
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.switch import service as switch
from tests.unit.stacks import Answering, container, model, target

ENDED = {"status": "exited", "exit_code": 0}
TO = target(thresholds={"healthy_timeout_s": 5})


def test_a_replacement_that_was_cut_off_gets_its_name_where_that_is_free() -> None:
    asked: list[str] = []
    line = cast(Connection, SimpleNamespace(check=lambda script, **_: asked.append(script)))
    cut = container("api", name="c2fd5d1f5063_chat-api", id="new")
    other = container("web", name="0123456789ab_chat-web", id="late")
    there = container("web", name="chat-web", id="old")
    assert switch.named(line, [cut, other, there]) == ["chat-api"]
    assert asked == ["docker rename new chat-api"]


class Scene(Answering):
    """Stands in for a connection to a host where each look finds the next of several states."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *states: list[Container], log: str = "") -> None:
        super().__init__(0, log)
        self.redact, self.looks, self.clock = str, 0, 0.0
        self.asked: list[list[str]] = []
        self._states = states
        monkeypatch.setattr(switch, "containers", self._look)
        clock = SimpleNamespace(monotonic=lambda: self.clock, sleep=self._sleep)
        monkeypatch.setattr(switch, "time", clock)

    def _look(self, _: object, ids: Collection[str] = ()) -> list[Container]:
        self.looks += 1
        self.asked.append(list(ids))
        return self._states[min(self.looks, len(self._states)) - 1]

    def _sleep(self, seconds: float) -> None:
        self.clock += seconds

    def wait(self, name: str = "api", **given: Any) -> float:
        switch.wait(cast(Connection, self), TO, name, **given)
        return self.clock

    def gate(self, name: str, **services: dict[str, Any]) -> int:
        switch.gate(cast(Connection, self), TO, model(**services), name)
        return self.looks


def test_every_replica_has_to_be_well(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (container("api", health="healthy", id=name, name=name) for name in ("a", "b"))
    late = container("api", health="starting", id="b", name="b")
    assert Scene(monkeypatch, [one], [one, late], [one, two]).wait(scale=2) == pytest.approx(0.8)
    with pytest.raises(GonogoError, match=r"within 5 s: a \(running, healthy\); 2 were wanted$"):
        Scene(monkeypatch, [one]).wait(scale=2)
    bad = container("api", health="unhealthy", id="b", name="b")
    words = r"^local: api: b is unhealthy; its log ends: two \| three \| four$"
    with pytest.raises(GonogoError, match=words):
        Scene(monkeypatch, [one, bad], log="one\ntwo\n\nthree\nfour\n").wait(scale=2)


def test_a_health_check_that_needs_longer_is_given_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Healthcheck(interval=200, timeout=10, tested=True)
    late = container("api", health="starting", healthcheck=slow)
    well = container("api", health="healthy", healthcheck=slow)
    states = [[late]] * 510 + [[well]]
    connection = cast(Connection, scene := Scene(monkeypatch, *states))
    switch.wait(connection, target(), "api")
    assert scene.clock > 200
    with pytest.raises(GonogoError, match="not healthy within 210 s"):
        switch.wait(cast(Connection, Scene(monkeypatch, [late])), target(), "api")
    with pytest.raises(GonogoError, match="not healthy within 5 s"):
        Scene(monkeypatch, [late]).wait()


def test_all_containers_are_looked_at_until_those_of_the_service_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    early, well = container("api", health="starting", id="a"), container("api", health="healthy", id="b")
    scene = Scene(monkeypatch, [], [early], [], [well])
    scene.wait()
    assert scene.asked == [[], [], ["a"], []], "one that is gone may have been replaced"


def test_a_one_shot_is_waited_for_until_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, ended = container("api"), container("api", **ENDED)
    assert Scene(monkeypatch, *[[runs]] * 9, [ended]).wait(may_end=True, must_end=True) > 3
    with pytest.raises(GonogoError, match="ended with exit status 3"):
        Scene(monkeypatch, [runs], [container("api", status="exited", exit_code=3)]).wait(may_end=True)
    with pytest.raises(GonogoError, match="was not ended within 5 s"):
        Scene(monkeypatch, [runs]).wait(may_end=True, must_end=True)


def test_what_a_release_leaves_alone_is_waited_for_as_the_compose_file_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs = {
        "db": {"condition": "service_healthy"},
        "job": {"condition": "service_completed_successfully"},
        "log": {"condition": "service_started"},
        "gone": {"condition": "service_healthy", "required": False},
    }
    stack = {"api": {"depends_on": needs}, "db": {}, "job": {}, "log": {}}
    db, job = container("db", health="healthy"), container("job", **ENDED)
    assert Scene(monkeypatch, [db, job]).gate("api", **stack) == 1
    assert Scene(monkeypatch, []).gate("log", **stack) == 0, "nothing is asked where nothing is waited for"
    sick = container("db", health="unhealthy")
    with pytest.raises(GonogoError, match="db: shop-db-1 is unhealthy"):
        Scene(monkeypatch, [sick, job]).gate("api", **stack)
    with pytest.raises(GonogoError, match="job was not ended within 5 s"):
        Scene(monkeypatch, [db, container("job")]).gate("api", **stack)


def test_a_service_is_started_again_with_the_one_that_it_says() -> None:
    def again(restart: bool) -> dict[str, str]:
        needs = {"db": {"condition": "service_started", "restart": restart}}
        stack = model(db={"image": "db"}, api={"image": "api", "depends_on": needs})
        images = {name: Image(name=name, id=f"sha256:{name}") for name in ("db", "api")}
        hashes = {"db": "another", "api": "hash-of-api"}
        found = plan(stack, images, hashes, [container("db"), container("api")])
        return {one.service: one.why for one in found if one.touched}

    assert set(again(False)) == {"db"}
    assert again(True)["api"] == "it is to be started again with db, which is replaced"


def test_an_inspection_is_kept_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = [
        "DB_PASSWORD=ab",  # too short to be hidden in texts
        "MODE=fast",
        "URL=mongodb://u:p%40ssword@h/db",
        "API_KEY=zzzz-yyyy",
        "EMPTY_TOKEN=",
        "BARE",
    ]
    row = {
        "Id": "id-of-api",
        "Config": {
            "Env": environment,
            "Cmd": ["redis-server", "--requirepass", "demanded1", "--dsn", "mongodb://u:p%40ssword@h/db"],
            "Labels": {"auth.token": "t1", "plain": "zzzz-yyyy is it"},
        },
        "State": {"ExitCode": 3, "Health": {"Log": [{"Output": "known-before p@ssword demanded1"}]}},
    }
    redactor, one = Redactor(["known-before"]), container("api")
    there = Answering(1, json.dumps([row, {"Id": "another"}, "odd"]), "Error: No such container: gone")
    found = inspection.inspected(cast(Connection, there), [one, container("gone")], redactor)
    assert list(found) == ["shop-api-1"]
    kept = json.loads(found["shop-api-1"])
    assert kept["Config"]["Env"] == [
        f"DB_PASSWORD={MARK}",
        "MODE=fast",
        f"URL=mongodb://u:{MARK}@h/db",
        f"API_KEY={MARK}",
        "EMPTY_TOKEN=",
        "BARE",
    ]
    assert kept["Config"]["Labels"] == {"auth.token": MARK, "plain": MARK}
    assert kept["State"] == {"ExitCode": 3, "Health": {"Log": [{"Output": f"{MARK} {MARK} {MARK}"}]}}
    assert not [word for word in ("ssword@", "zzzz", "demanded1", '"t1"') if word in found["shop-api-1"]]
    assert redactor("a log says demanded1") == f"a log says {MARK}", "logs that are read next are safe too"
    for said in ("", "nothing", "{}", "null"):
        assert inspection.inspected(cast(Connection, Answering(1, said)), [one], redactor) == {}
    assert inspection.inspected(cast(Connection, there), [], redactor) == {}
    assert len(there.asked) == 1
