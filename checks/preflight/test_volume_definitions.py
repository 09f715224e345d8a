"""Whether the volumes that are there are those that the compose file defines."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.release import Release


@pytest.mark.check(
    "volumes.definition",
    reason="Compose makes no volume anew: the release would run with the one of before, wherever that lies.",
    fix="Define it as it is, or give it a new name, and say in [[data.moved]] where its data went.",
)
def test_volumes_definition(release: Release, expect: Expect) -> None:
    """Every volume that exists has the driver and the options that the compose file gives it."""
    model, others = release.model, release.volumes.others
    if not model.stores:
        pytest.skip("Compose makes no volume")
    for name, keys in others.items():
        users, what = ", ".join(model.mounting(name)), ", ".join(keys)
        expect(
            False,
            f"the volume {name} ({users}) exists with another {what} than the compose file gives it",
            expected="volumes that are as the compose file defines them",
            fix=f"See what it is: `docker volume inspect {name}`. Define it so, or define the new one under "
            "a new name and say in [[data.moved]] where its data went.",
        )
    expect(True, found="all are as defined", expected="volumes that are as the compose file defines them")
