"""Which names of containers are held by what a release does not replace."""

from __future__ import annotations

from gonogo.checks.preflight.test_project import holders
from tests.unit.stacks import container, model


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
