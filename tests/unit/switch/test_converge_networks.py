"""Networks of a release that is left, and those that are made anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import networks as engine
from gonogo.deploy.release.networks import Anew
from gonogo.deploy.release.plan import Change
from gonogo.deploy.switch import course as module
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch import service as services_
from gonogo.deploy.switch.converge import converge
from gonogo.deploy.switch.course import Course, planned
from tests.unit.stacks import container, model
from tests.unit.switch.test_converge import TO, Acting, goal, one


def test_networks_of_the_release_that_is_left_go_unless_they_were_there_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label = "com.docker.compose.project"
    there = {f"shop_{name}": {"Labels": {label: "shop"}} for name in ("front", "new", "old")}
    there["shop_other"] = {"Labels": {label: "infra"}}
    monkeypatch.setattr(module.networks, "definitions", lambda *_: {name: {} for name in there})
    monkeypatch.setattr(module, "described", lambda _, __, names: {n: there[n] for n in names if n in there})
    acting = Acting()
    acting.networks_before = ["shop_old"]
    kept = replace(model(api={"image": "api"}), networks={"front": "shop_front"})
    to = replace(goal(api={"image": "api"}), model=kept)
    assert planned(acting, to, left="v2", back=True).leaving == ["shop_new"]
    assert planned(acting, goals.nothing(TO, ""), left="v2", back=True).leaving == ["shop_front", "shop_new"]
    assert planned(acting, to, left="v2").leaving == ["shop_new", "shop_old"], "an older release, by hand"
    assert planned(acting, to).leaving == []
    acting.networks_before = None
    assert planned(acting, goals.nothing(TO, ""), left="v2", back=True).leaving == [], "it is not known"


def test_a_network_that_cannot_be_removed_is_told_and_nothing_is_started_in_it(
    monkeypatch: pytest.MonkeyPatch, current: list[str]
) -> None:
    def refuse(_: object, name: str) -> None:
        raise GonogoError(f"{name} has active endpoints")

    started: list[str] = []
    monkeypatch.setattr(engine, "remove", refuse)
    monkeypatch.setattr(services_, "service", lambda *given, **_: started.append(given[3]))
    late = container("", name="late", project="", networks=("shop_front",))
    acting = Acting(one("api", networks=("shop_front",)), late)
    services = {"api": {"image": "a", "networks": {"front": None}}, "web": {"image": "w"}}
    to = goal(**services)
    assert to.model
    to = replace(to, model=replace(to.model, networks={"front": "shop_front"}))
    changes = [Change(name, "replaced", "its image changed") for name in services]
    course = Course(to, changes, back=True, anew=[Anew("shop_front", ("internal",), ("api",))])
    said = r"^the network shop_front could not be removed to be made anew \(late.* is in it\): shop_front has"
    with pytest.raises(GonogoError, match=said):
        converge(acting, course)
    assert (started, current) == (["web"], ["v1"])
    assert "late" in acting.stuck["shop_front"]
