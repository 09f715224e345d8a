"""Which networks are made anew, and who is in them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import networks as module
from gonogo.deploy.release import records
from gonogo.deploy.release.networks import Anew, anew, made_by, outside
from gonogo.deploy.release.records import Record
from gonogo.deploy.ssh.connection import Connection
from tests.unit.stacks import Answering, container, target

FILES = "/srv/shop/.deploy/releases/{0}/compose.yaml,/srv/shop/.deploy/releases/{0}/images.yaml"


def stack(front: dict[str, Any]) -> Model:
    services = {name: {"image": name, "networks": {"front": None}} for name in ("api", "web")}
    outside = {"external": True, "name": "proxy"}
    return Model.from_json(
        json.dumps({"name": "shop", "services": services, "networks": {"front": front, "proxy": outside}})
    )


def found(
    monkeypatch: pytest.MonkeyPatch, wanted: Model, *inside: Container, **releases: dict[str, Any]
) -> list[Anew]:
    """What is made anew, where the engine has the network without options, of ``releases``' definitions."""
    there = {"shop_front": {"Driver": "bridge", "Options": {}, "IPAM": {}}}
    monkeypatch.setattr(module, "described", lambda *given: {n: there[n] for n in given[2] if n in there})
    record = lambda version: Record(version=version, created="", project="shop", format=2)  # noqa: E731
    monkeypatch.setattr(records, "load", lambda *given: record(given[2]) if given[2] in releases else None)

    def resolve(_: object, __: object, files: tuple[str, ...], ___: object) -> SimpleNamespace:
        return SimpleNamespace(model=stack(releases[files[0].split("/")[5]]))

    monkeypatch.setattr(module, "resolve", resolve)
    line, current = cast(Connection, Answering()), record("v2") if "v2" in releases else None
    return anew(line, target(), wanted, inside, Redactor(), current)


def one(service: str, version: str = "v2", **given: Any) -> Container:
    return container(service, **{"files": FILES.format(version), "networks": ("shop_front",), **given})


MTU = {"driver_opts": {"mtu": "1400"}}


def test_what_the_engine_shows_or_the_release_before_defined_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, stack({}), one("api"), v2={}) == []
    (changed,) = found(monkeypatch, stack(MTU), one("api"), one("web"), v2={})
    assert changed == Anew("shop_front", ("driver_opts",), ("api", "web"))
    assert changed.why == "its network shop_front is made anew (driver_opts changed)"
    subnet = {"ipam": {"config": [{"subnet": "10.7.0.0/24"}]}}
    (gone,) = found(monkeypatch, stack({}), v2=subnet)
    assert (gone.keys, gone.services) == (("ipam",), ()), "a key that is gone shows in nothing else"
    assert found(monkeypatch, stack({}), one("api", "v3"), v2=subnet, v3={}) == [], "it was made by v3 by now"


def test_who_may_not_be_stopped_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    strangers = [
        one("proxy", project="infra", name="proxy"),
        one("", project="", name="asleep", status="exited"),
        one("old", name="shop-old-1"),
        one("api", oneoff=True, name="shop-api-run-1"),
    ]
    done = one("web", status="exited", restart="no")
    elsewhere = container("api", project="infra", networks=("infra_front",))
    (changed,) = found(monkeypatch, stack(MTU), one("api"), done, elsewhere, *strangers, v2={})
    assert changed.services == ("api",), "what did its work stays as it is"
    assert changed.held == (
        "driver_opts of the network shop_front changed, so it has to be made anew, and asleep (no "
        "container of a Compose project), proxy (of the project infra), shop-api-run-1 (of api, by "
        "`docker compose run`), shop-old-1 (not in the compose files any more) are in it"
    )
    assert changed.cure.startswith("docker network disconnect -f shop_front asleep && docker network")


def test_a_container_that_is_not_in_its_network_is_told() -> None:
    lost, done = one("api", networks=("other",)), one("web", networks=(), status="exited", restart="no")
    why = {"api": "it is not in its network shop_front"}
    assert outside(stack({}), [lost, done, container("old")]) == why
    assert outside(stack({}), [lost, done], ["migrate"]).keys() == {"api", "web"}, (
        "it was stopped, and has not ended"
    )
    assert outside(stack({}), [one("api"), one("web", networks=("shop_front", "more"))]) == {}


def test_a_container_tells_which_release_made_it() -> None:
    assert made_by(one("api"), target()) == "v2"
    assert made_by(one("api", files="/srv/shop/compose.yaml"), target()) == ""
