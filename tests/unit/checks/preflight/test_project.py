"""Which containers look like this stack, and which names are held by what a release does not replace."""

from __future__ import annotations

from typing import Any

from gonogo.checks.preflight.test_project import holders, strangers
from tests.unit.stacks import container, model, target
from tests.unit.tables import every


def test_names_are_held_by_what_a_release_does_not_replace() -> None:
    found = model(api={"container_name": "api"}, web={"container_name": "web"}, job={})
    held = [
        container("api", name="api"),
        container("site", name="web"),
        container("job", name="shop-job-1", project="other"),
    ]
    assert [one.name for one in holders(held, found, "shop")["web"]] == ["web"]
    assert holders([container("api", name="api", oneoff=True)], found, "shop")
    assert holders([container("api", name="api", project="")], found, "shop")
    assert list(holders(held, found, "shop")) == ["web"]


STACK = model(
    api={"image": "shop-api", "build": {"context": "/srv/shop"}, "container_name": "the-api"},
    cache={"image": "redis:7"},
)


@every(
    "given, alike",
    [
        ({"folder": "/srv/shop"}, True),
        ({"named": "shop-api"}, True),
        ({"name": "the-api"}, True),
        ({}, False),
        ({"named": "redis:7"}, False),
        ({"folder": "/srv/shop", "status": "exited"}, False),
        ({"folder": "/srv/shop", "project": "shop"}, False),
        ({"folder": "/srv/shop", "project": ""}, False),
    ],
)
def test_containers_of_other_projects_that_look_like_this_stack(given: dict[str, Any], alike: bool) -> None:
    fields = {"project": "old", "named": "other", "name": "old-api-1", **given}
    found = strangers([container("api", **fields)], STACK, target())
    assert found == ({fields["project"]: [fields["name"]]} if alike else {})
