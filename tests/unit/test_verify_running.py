"""The checks of verify on what runs, over answers made here: environment, mounts, ports, stage."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.compose.model import Model, Port
from gonogo.deploy.host.container import Container, Given
from gonogo.deploy.host.images import ImageInfo
from tests.unit.released import API, GOOD, World, changed
from tests.unit.stacks import container, model

CHECKS = ("environment.running", "volumes.running", "ports.running", "images.stage")


@pytest.mark.parametrize("check", [*CHECKS, "resources.sane"])
def test_what_runs_as_released_passes(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World().result(check, monkeypatch)
    assert (result.status, result.message) == ("passed", "")
    assert result.severity == "error" or check == "resources.sane"


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_release_there_is_nothing_to_compare_with(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert World().result(check, monkeypatch, recorded=False).status == "skipped"


def test_variables_that_differ_are_named_and_their_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Given({"DB_PASSWORD": "another-S3cret", "BLANK": ""}, ())
    result = World(made=made).result("environment.running", monkeypatch)
    assert result.status == "failed"
    assert result.found == "shop-api-1 differs in DB_PASSWORD, NODE_ENV"
    assert "S3cret" not in result.model_dump_json()


def test_a_release_of_which_nothing_runs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(container("other")).result("images.running", monkeypatch)
    assert (result.status, result.found) == ("failed", "no container of a service of the release")


@pytest.mark.parametrize(
    ("running", "says"),
    [
        (
            changed(mounts=(("volume", "other_data", "/data"), GOOD.mounts[1])),
            "shop-api-1 has volume other_data at /data, instead of volume data",
        ),
        (
            changed(mounts=(("bind", "/opt/data", "/data"), GOOD.mounts[1])),
            "shop-api-1 has bind /opt/data at /data, instead of volume data",
        ),
        (
            changed(mounts=(GOOD.mounts[0],)),
            "shop-api-1 has nothing mounted at /etc/api, instead of bind /srv/shop/conf/",
        ),
        (changed(read_only=()), "shop-api-1 may write to /etc/api"),
        (changed(read_only=("/data", "/etc/api")), "shop-api-1 may not write to /data"),
    ],
)
def test_mounts_that_differ(running: Container, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(running, stack=with_volume()).result("volumes.running", monkeypatch)
    assert (result.status, result.found) == ("failed", says)


def with_volume() -> Model:
    return Model("shop", model(api=API).services, {"data": "data"})


def test_a_volume_goes_by_its_real_name(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Model("shop", model(api=API).services, {"data": "shop_data"})
    result = World(stack=stack).result("volumes.running", monkeypatch)
    assert result.found == "shop-api-1 has volume data at /data, instead of volume shop_data"


@pytest.mark.parametrize(
    ("bound", "says"),
    [
        ((), "shop-api-1 does not publish *:8001/tcp for its port 8001"),
        (
            (*GOOD.bound, Port("0.0.0.0", 6380, 6379, "tcp"), Port("::", 6380, 6379, "tcp")),
            "shop-api-1 publishes *:6380/tcp for its port 6379, which the release does not",
        ),
    ],
)
def test_ports_that_differ(bound: tuple[Port, ...], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(changed(bound=bound)).result("ports.running", monkeypatch)
    assert (result.status, result.found) == ("failed", says)


@pytest.mark.parametrize(
    ("ports", "bound", "good"),
    [
        (
            {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
            Port("0.0.0.0", 8080, 80, "tcp"),
            False,
        ),
        (
            {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
            Port("127.0.0.1", 8080, 80, "tcp"),
            True,
        ),
        ({"target": 80}, Port("0.0.0.0", 49153, 80, "tcp"), True),
        ({"target": 80, "published": "8000-8010"}, Port("0.0.0.0", 8003, 80, "tcp"), True),
        ({"target": 80, "published": "8000-8010"}, Port("0.0.0.0", 8011, 80, "tcp"), False),
    ],
)
def test_addresses_chosen_ports_and_ranges(
    ports: dict[str, Any], bound: Port, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = model(api={"image": "api", "ports": [{"protocol": "tcp", **ports}]})
    result = World(changed(bound=(bound,)), stack=stack).result("ports.running", monkeypatch)
    assert result.status == ("passed" if good else "failed")


@pytest.mark.parametrize("check", CHECKS[:3])
def test_what_changed_after_the_release_is_a_warning(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(changed(hash="h2", bound=(), mounts=()), Given({}, ()), with_volume())
    assert world.result(check, monkeypatch).status == "warning"


@pytest.mark.parametrize(
    ("made", "images", "says"),
    [
        (Given({"NODE_ENV": "development"}, ("node",)), {}, "api has NODE_ENV=development"),
        (Given({}, ("next", "dev")), {}, "api is started with `next dev`, a development server"),
        (
            Given({}, ()),
            {"sha256:api": ImageInfo("sha256:api", "linux/amd64", command=("flask", "run", "--debug"))},
            "api is started with `flask run --debug`, a development server",
        ),
    ],
)
def test_what_runs_for_development(
    made: Given, images: dict[str, ImageInfo], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(made=made)
    world.known(images=images)
    assert world.result("images.stage", monkeypatch).found == says


def test_what_was_gone_back_to_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(made=Given({"NODE_ENV": "development"}, ("node",)))
    assert world.result("images.stage", monkeypatch, verified="v1", baseline_of="v1").status == "failed"
    assert world.result("images.stage", monkeypatch, verified="v1", baseline_of="v2").status == "warning"


def test_a_stage_that_is_not_the_declared_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(images={"stages": {"api": "final"}})
    found = world.result("images.stage", monkeypatch).found
    assert found == "api is built with stage production, and final is declared"
