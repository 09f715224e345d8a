"""The plan of a release: what changes, in which order, and why."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.host.container import Container
from gonogo.deploy.release.plan import Change, plan
from gonogo.deploy.release.records import Image
from tests.unit.stacks import container, model
from tests.unit.tables import every

STACK = model(
    web={"image": "shop-web", "depends_on": {"api": {"condition": "service_healthy"}}},
    api={"image": "shop-api"},
)
IMAGES = {name: Image(name=f"shop-{name}", id=f"sha256:{name}") for name in ("web", "api")}
HASHES = {"web": "hash-of-web", "api": "another hash-of-api"}


def change(*running: Container, service: str = "api", hashes: dict[str, str] | None = None) -> Change:
    found = plan(STACK, IMAGES, HASHES if hashes is None else hashes, [container("web"), *running])
    return next(one for one in found if one.service == service)


def test_the_order_is_that_of_dependencies() -> None:
    assert [one.service for one in plan(STACK, IMAGES, HASHES, [])] == ["api", "web"]


def test_what_is_as_it_should_be_is_left_alone() -> None:
    one = change(container("api"))
    assert (one.action, one.before, one.after) == ("unchanged", "sha256:api", "sha256:api")
    assert not one.touched


def test_what_is_not_there_is_created() -> None:
    one = change()
    assert (one.action, one.before, one.after) == ("created", "", "sha256:api")
    assert one.touched


@every(
    "given, why",
    [
        ({"image": "sha256:old"}, "its image changed"),
        ({"hash": "other"}, "its configuration changed"),
        ({"hash": ""}, "its configuration changed"),
        ({"hash": "another hash-of-api"}, "its configuration changed"),
        ({"status": "exited", "exit_code": 137}, r"it does not run: shop-api-1 (exited)"),
        ({"status": "exited", "restart": "always"}, r"it does not run: shop-api-1 (exited)"),
        ({"status": "created"}, r"it does not run: shop-api-1 (created)"),
    ],
)
def test_what_differs_is_replaced(given: dict[str, Any], why: str) -> None:
    one = change(container("api", **given))
    assert (one.action, one.why) == ("replaced", why)
    assert one.touched


@pytest.mark.parametrize("given", [{"status": "exited"}, {"status": "exited", "restart": "on-failure"}])
def test_a_migration_that_ended_well_is_not_run_again(given: dict[str, Any]) -> None:
    assert change(container("api", **given)).action == "unchanged"


def test_a_service_without_a_recorded_hash_is_replaced() -> None:
    assert change(container("api"), hashes={}).action == "replaced"


def test_one_of_several_containers_that_differs_is_enough() -> None:
    second = container("api", name="shop-api-2", image="sha256:old")
    assert change(container("api"), second).why == "its image changed"


def test_the_number_of_containers_counts() -> None:
    assert change(container("api"), container("api")).why == "it has 2 containers instead of 1"


def test_a_service_of_scale_0_is_not_created() -> None:
    idle = model(job={"image": "shop-job", "scale": 0})
    images = {"job": Image(name="shop-job", id="sha256:job")}
    (one,) = plan(idle, images, {}, [])
    assert (one.action, one.why) == ("unchanged", "its scale is 0")
    (two,) = plan(idle, images, {"job": "hash-of-job"}, [container("job")])
    assert (two.action, two.why) == ("replaced", "it has 1 containers instead of 0")


def test_a_container_that_no_file_names_is_left_alone_and_told() -> None:
    one = change(container("legacy"), container("api"), service="legacy")
    assert (one.action, one.before, one.touched) == ("unchanged", "sha256:legacy", False)
    assert "no longer in the compose files" in one.why
