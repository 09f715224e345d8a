"""What breaks the check of health checks against the time that they are given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.compose.healthcheck import Healthcheck
from tests.unit.mutations import Mutation, World

WEB = "web: its health check first runs"


def checked(world: World, limit: float | None, api: str = "1.41", **times: Any) -> None:
    """Let the service web have a health check, on an engine of some API, under a limit."""
    world.amend(thresholds={"healthy_timeout_s": limit} if limit else {})
    world.set({"host.engine.info": replace(world.get("host.engine.info"), api=api)})
    found = world.get("resolved")
    services = found.model.services
    web = replace(services["web"], healthcheck=Healthcheck(**{"tested": True, **times}))
    world.set(resolved=replace(found, model=replace(found.model, services={**services, "web": web})))


def of_its_dockerfile(world: World) -> None:
    checked(world, 20, tested=False, interval=40.0)
    stages = world.get("builds.stages")
    world.set({"builds.stages": {**stages, "web": Stage(healthcheck=Healthcheck(interval=9.0, tested=True))}})


MUTATIONS = [
    Mutation(
        "health.limit",
        lambda world: checked(world, 30, interval=60.0, start_period=90.0, start_interval=1.0),
        f"{WEB} 60 s after the start (interval 60s; start_interval 1s is ignored by engine "
        "20.10.24+dfsg1), and healthy_timeout_s of the target file is 30",
    ),
    Mutation(
        "health.limit",
        lambda world: checked(world, 20, api="1.45", start_interval=1.0),
        f"{WEB} 30 s after the start (interval 30s by default; start_interval 1s counts within a ",
    ),
    Mutation(
        "health.limit",
        lambda world: checked(
            world, 30, api="1.45", start_period=60.0, start_interval=1.0, interval=5.0, retries=2
        ),
        "web: start_period 60s, interval 5s, retries 2: its health check may need 65 s to say that it is "
        "well, and 70 s that it is not, and healthy_timeout_s of the target file is 30",
    ),
    Mutation(
        "health.limit",
        lambda world: checked(world, None, interval=300.0),
        f"{WEB} 300 s after the start (interval 300s), and a release that replaces it waits for that",
    ),
    Mutation("health.limit", of_its_dockerfile, f"{WEB} 40 s after the start (interval 40s), and"),
]
