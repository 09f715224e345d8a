"""Whether those that use the database reach it."""

from __future__ import annotations

import re

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.availability import health
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.sections.service import Health
from gonogo.deploy.target.target import Target

NAMED = re.compile(r"(?:^|[^a-z])(?:db|database|mongo[a-z]*)(?:$|[^a-z])", re.IGNORECASE)
"""Keys of a health endpoint that tell of a database, such as ``checks.database``."""


def of_database(endpoint: Health) -> dict[str, object]:
    """Return what an endpoint is expected to say of its database, by key."""
    return {key: value for key, value in endpoint.expect.items() if NAMED.search(key)}


@pytest.mark.check(
    "mongodb.clients",
    reason="D4: a login by hand used the wrong env file; only the application can say that its own works.",
    fix="Read the log of the service behind that port; compare its credentials with the database's.",
)
def test_mongodb_clients(host: Host, target: Target, expect: Expect) -> None:
    """The application says, through its health endpoint, that its own connection to the database works."""
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    telling = {one.url: one for one in target.health if of_database(one)}
    if not telling:
        pytest.skip('no health endpoint is to tell of a database, as json = {"checks.database" = "ok"} does')
    for url, endpoint in telling.items():
        keys = of_database(endpoint)
        narrowed = endpoint.model_copy(update={"expect": keys})
        _, faults = health.settle(host.connection, narrowed)
        expect(
            not faults,
            [f"{url}: {fault}" for fault in faults],
            found=f"{url}: {', '.join(f'{key} is {value!r}' for key, value in keys.items())}",
            expected="the application connected to its database",
        )
