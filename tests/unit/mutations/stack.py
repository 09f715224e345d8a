"""The stack: its folder, its compose files, its environment, its project and its names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gonogo.deploy.compose.contents import Content
from gonogo.deploy.compose.env_example import Example
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.path_status import Place
from gonogo.deploy.release.contents import Stale, What
from gonogo.deploy.release.networks import Anew
from tests.unit.mutations import CONTAINERS, LISTENING, Mutation, World

FOLDER = "/srv/chat"
ENV = f"{FOLDER}/.env"
SECRET = "MONGO_INITDB_ROOT_PASSWORD"
ELSEWHERE = Container("1" * 64, "stranger", "sha256:0", "stranger:latest", "exited", restart="always")


def lying(world: World, places: dict[str, Place]) -> None:
    """Let this lie in the stack's folder."""
    world.set({world.release.folder.paths.key("places"): places})


def place(path: str, **changes: Any) -> Callable[[World], None]:
    def change(world: World) -> None:
        places = world.release.folder.paths.places
        lying(world, {**places, path: replace(places[path], **changes)})

    return change


def more(path: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        file = Place("regular file", "deploy", 0o600, True, True)
        lying(world, {**world.release.folder.paths.places, path: file})

    return change


def without(path: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        lying(world, {key: value for key, value in world.release.folder.paths.places.items() if key != path})

    return change


def example(**changed: tuple[str, ...]) -> Callable[[World], None]:
    """Let an env example lie in the repository, whole but for what is ``changed``."""
    whole = Example(".env.example", names=(SECRET, "JWT_SECRET"))
    return lambda world: world.set(example=replace(whole, **changed))


def variable(name: str, value: str | None) -> Callable[[World], None]:
    def change(world: World) -> None:
        given = {key: kept for key, kept in world.get("environment").items() if key != name}
        world.set(environment=given if value is None else {**given, name: value})

    return change


def resolved(**changes: Any) -> Callable[[World], None]:
    return lambda world: world.set(resolved=replace(world.get("resolved"), **changes))


def service(world: World, name: str, **changes: Any) -> None:
    found = world.get("resolved")
    services = {**found.model.services, name: replace(found.model.services[name], **changes)}
    world.set(resolved=replace(found, model=replace(found.model, services=services)))


def stale(what: What) -> Callable[[World], None]:
    def change(world: World) -> None:
        found, folder = world.get("resolved"), Content("redis", "/srv/data", "/data", "/srv/data")
        world.set(resolved=replace(found, model=replace(found.model, contents=(folder,))))
        world.set({"contents.stale": [Stale("redis", "its folder /srv/data was moved away", what)]})

    return change


def attached(world: World) -> None:
    """Let a container of another project be in a network that changed."""
    strangers = (("proxy", "of the project infra"),)
    world.set({"networks.anew": [Anew("chat_default", ("driver_opts",), ("redis",), strangers)]})


def another_volume(world: World) -> None:
    """Let a volume have other options than the compose file gives it."""
    found = world.get("resolved")
    world.set(resolved=replace(found, model=replace(found.model, stores={"chat_redis-data": {}})))
    world.set({"volumes.others": {"chat_redis-data": ["driver_opts.device"]}})


def variables_of(name: str, **changed: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        given = world.get("resolved").model.services[name].environment
        service(world, name, environment={**given, **changed})

    return change


def images(name: str, image: str) -> Callable[[World], None]:
    return lambda world: service(world, name, image=image)


def beside(**changes: Any) -> Callable[[World], None]:
    return lambda world: world.set(beside=replace(world.get("beside"), **changes))


def container(**fields: Any) -> Callable[[World], None]:
    def change(world: World) -> None:
        found = world.get(CONTAINERS)
        world.set({CONTAINERS: [*found, replace(ELSEWHERE, image=found[0].image, **fields)]})

    return change


def from_override(world: World) -> None:
    files = f"{FOLDER}/docker-compose.yml,{FOLDER}/docker-compose.override.yml"
    first, *rest = world.get(CONTAINERS)
    world.set({CONTAINERS: [replace(first, files=files), *rest]})


def other_env_file(world: World) -> None:
    """The target file names another env file, and no service reads the one that lies there."""
    places = world.release.folder.paths.places
    world.amend(env_file="envs/prod.env")
    lying(world, {**places, f"{FOLDER}/envs/prod.env": places[ENV]})
    world.set(service_files={})


def other_project(world: World) -> None:
    one = next(one for one in world.get(CONTAINERS) if one.service == "mongodb")
    world.set({CONTAINERS: [replace(one, project="infra", mounts=())], LISTENING: []})


def named(world: World) -> None:
    service(world, "redis", container_name="stranger")
    container()(world)


def initialised(**changed: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        given = world.get("initialised")
        world.set(initialised={**given, "mongodb": {**given["mongodb"], **changed}})

    return change


def url(value: str) -> Callable[[World], None]:
    return variables_of("api", DATABASE_URL=value)


MUTATIONS = [
    Mutation("path.present", without(FOLDER), says="/srv/chat: nothing"),
    Mutation("path.present", place(FOLDER, kind="regular file"), says="a regular file"),
    Mutation("path.present", place(FOLDER, writable=False), says="not writable"),
    Mutation(
        "path.private",
        lambda world: world.set({'host.paths("/srv/chat/.deploy").foreign': ["/srv/chat/.deploy/lock"]}),
        says="/srv/chat/.deploy/lock is a link",
    ),
    Mutation(
        "compose.files",
        lambda world: world.fail("flat", "compose.files", "the compose file more.yml does not exist"),
        says="more.yml does not exist",
        blocks=True,
    ),
    Mutation("compose.resolves", resolved(unset=["DATABASE_USER"]), says="not set: DATABASE_USER"),
    Mutation(
        "compose.resolves",
        lambda world: world.set(notices=["docker-compose.yml: the attribute `version` is obsolete"]),
        says="`version` is obsolete",
    ),
    Mutation("compose.reproducible", more(f"{FOLDER}/compose.override.yaml"), says="compose.override.yaml"),
    Mutation("compose.reproducible", other_env_file, says="env_file names /srv/chat/envs/prod.env"),
    Mutation(
        "compose.reproducible", variable("COMPOSE_PROFILES", "debug"), says="COMPOSE_PROFILES in the env"
    ),
    Mutation(
        "compose.reproducible", from_override, says="started with /srv/chat/docker-compose.override.yml"
    ),
    Mutation(
        "compose.reproducible", beside(overrides=("compose.override.yml",)), says="compose.override.yml in"
    ),
    Mutation("compose.reproducible", beside(tracked=()), says="docker-compose.yml is not tracked by git"),
    Mutation("compose.reproducible", beside(untracked=("sub/.env",)), says="sub/.env, which an include"),
    Mutation("compose.images_named", images("api", "chat-web:latest"), says="in different ways by api, web"),
    Mutation("compose.images_named", images("redis", f"sha256:{'0' * 64}"), says="is an id", blocks=True),
    Mutation("environment.file", without(ENV), says="no /srv/chat/.env"),
    Mutation("environment.file", place(ENV, mode=0o644), says="mode 0644"),
    Mutation("environment.file", place(ENV, kind="directory"), says="a directory"),
    Mutation("environment.file", place(ENV, owner="root", readable=False), says="not readable"),
    Mutation("environment.example", example(real=("TOKEN",)), says="value of TOKEN looks like a real secret"),
    Mutation("environment.example", example(faults=("line 3 is no NAME=value",)), says="line 3 is no NAME"),
    Mutation("environment.example", example(names=(SECRET,)), says="JWT_SECRET is not given"),
    Mutation("environment.required", variable("JWT_SECRET", None), says="JWT_SECRET is not set"),
    Mutation("environment.required", variable("JWT_SECRET", " "), says="JWT_SECRET is blank"),
    Mutation("environment.required", variable(SECRET, "CHANGE_ME"), says=f"{SECRET} is a placeholder"),
    Mutation(
        "environment.required", variables_of("web", KEY="your-key-here"), says="KEY of web is a placeholder"
    ),
    Mutation(
        "environment.required", variables_of("web", DB_PASSWORD=""), says="DB_PASSWORD of web is a blank"
    ),
    Mutation(
        "environment.parity", initialised(**{SECRET: "other"}), says=f"{SECRET} is not the one that mongodb"
    ),
    Mutation("environment.parity", variables_of("api", **{SECRET: "dev"}), says=f"api: {SECRET} is not"),
    Mutation(
        "environment.parity", url("mongodb://chat:dev@mongodb/chat"), says="DATABASE_URL has another password"
    ),
    Mutation("environment.parity", url("mongodb://dev:dev@mongodb/chat"), says="as another user"),
    Mutation(
        "environment.secrets",
        lambda world: world.set(
            service_files={"/srv/chat/api.env": Place("regular file", "deploy", 0o644, True)}
        ),
        says="/srv/chat/api.env is a regular file of deploy, mode 0644",
    ),
    Mutation("environment.secrets", beside(secrets=("envs/.env",)), says="envs/.env in"),
    Mutation(
        "environment.secrets",
        lambda world: world.set(weak={"JWT_SECRET": "has fewer than 8 characters"}),
        says="JWT_SECRET has fewer",
    ),
    Mutation("project.matches", other_project, says="this stack runs as the project infra"),
    Mutation(
        "project.orphans",
        container(project="chat", service="worker", exit_code=0, restart="", name="chat-worker-1"),
        says="chat-worker-1 (exited) of service worker",
    ),
    Mutation(
        "volumes.definition",
        another_volume,
        says="the volume chat_redis-data (redis) exists with another driver_opts.device than",
    ),
    Mutation("contents.current", stale("moved"), says="redis writes to it: its folder /srv/data was moved"),
    Mutation("networks.attached", attached, says="changed, so it has to be made anew, and proxy (of the"),
    Mutation("names.free", named, says="stranger for redis is held by stranger (exited) of no project"),
]
