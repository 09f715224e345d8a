"""When waiting for a container is in vain."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.switch.service import fault
from tests.unit.stacks import container
from tests.unit.tables import every


@every(
    "given, may_end, told",
    [
        ({"status": "running"}, False, ""),
        ({"status": "running", "health": "starting"}, False, ""),
        ({"status": "created"}, False, ""),
        ({"status": "exited"}, True, ""),
        ({"status": "exited"}, False, "ended with exit status 0"),
        ({"status": "exited", "exit_code": 3}, True, "ended with exit status 3"),
        ({"status": "dead", "exit_code": 137}, False, "ended with exit status 137"),
        ({"status": "restarting", "exit_code": 1}, True, "is crash-looping, last with exit status 1"),
        ({"status": "running", "restarts": 1}, False, ""),
        ({"status": "running", "restarts": 2}, False, "is crash-looping"),
        ({"status": "running", "health": "unhealthy"}, False, "is unhealthy"),
    ],
)
def test_when_waiting_for_a_container_is_in_vain(given: dict[str, Any], may_end: bool, told: str) -> None:
    found = fault(container("api", **given), may_end)
    assert told in found
    assert bool(told) == bool(found)
