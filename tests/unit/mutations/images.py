"""What can be wrong with the images of a release, and with the registry that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.host.registry import Client, Content, Greeting
from gonogo.deploy.release.build_source import REVISION, Source
from tests.unit.mutations import Mutation, World

COMMIT, OTHER = "1" * 40, "2" * 40
HOST = "registry.example.com"
THERE = f'host.registry("{HOST}", "{HOST}/chat-api:latest")'
API, WEB, REDIS = "chat-api:latest", "chat-web:latest", "gonogo-lab/redis:latest"
BUILT = ImageInfo("sha256:built", "linux/amd64", created="2026-02-01T00:00:00.5Z", labels={REVISION: COMMIT})

CURRENT = 'host.releases("/srv/chat/.deploy").current'


def service(world: World, name: str, **given: Any) -> None:
    """Let a service of the model be another one."""
    resolved = world.get("resolved")
    services = {**resolved.model.services}
    services[name] = replace(services[name], **given)
    world.set(resolved=replace(resolved, model=replace(resolved.model, services=services)))


def built(world: World, name: str, **given: Any) -> None:
    """Let a service have another build section."""
    service(world, name, build={**world.get("resolved").model.services[name].build, **given})


def here(world: World, **changed: ImageInfo | None) -> None:
    """Skip the build, with the images of both built services here, but for what is given by service."""
    images = {"api": BUILT, "web": BUILT, **changed}
    named = {"api": API, "web": WEB}
    found = {named[name]: image for name, image in images.items() if image}
    source = Source(COMMIT, "2026-01-31T23:00:00+00:00")
    world.options["skip_build"] = True
    world.set(local_images={**world.get("local_images"), **found}, sources={"api": source, "web": source})


def nowhere(world: World) -> None:
    there, local = dict(world.get("target_images")), dict(world.get("local_images"))
    there.pop(REDIS)
    local.pop(REDIS, None)
    world.set(target_images=there, local_images=local, pullable={REDIS: False})


def pruned(world: World) -> None:
    there = dict(world.get("target_images"))
    there.pop(world.get(CURRENT).images["api"].id)
    world.set(target_images=there)


def moved(world: World) -> None:
    pruned(world)
    world.set({CURRENT: world.get(CURRENT).model_copy(update={"driver": "btrfs"})})


def foreign(world: World) -> None:
    there = dict(world.get("target_images"))
    world.set(target_images={**there, REDIS: replace(there[REDIS], platform="linux/arm64/v8")})


def own(world: World, **given: Any) -> None:
    """Let the image of a service that is not built have other properties."""
    there = dict(world.get("target_images"))
    world.set(target_images={**there, REDIS: replace(there[REDIS], **given)})


def source(**given: Any) -> Callable[[World], None]:
    def change(world: World) -> None:
        here(world)
        kept = world.get("sources")
        world.set(sources={**kept, "web": replace(kept["web"], **given)})

    return change


def registered(world: World) -> None:
    """A registry in which all is well."""
    world.set({f'controller.registry("{HOST}").greeting': Greeting("basic")})
    for name in ("api", "web"):
        image = f"{HOST}/chat-{name}:latest"
        service(world, name, image=image)
        there = f'host.registry("{HOST}", "{image}")'
        world.set({f"{there}.greeting": Greeting("basic"), f"{there}.client": Client(True, image, seen=True)})
    named = {f"{HOST}/chat-{name}:latest": True for name in ("api", "web")}
    world.amend(registry={"host": HOST})
    world.set(registry_content=Content(version="0123abcd-20260131-080559", named=named))


def registry(
    client: Client | None = None, greeting: Greeting | None = None, **release: Any
) -> Callable[[World], None]:
    """A registry of which the target is told something else, or of which something else is known."""
    told = {f"{THERE}.client": client, f"{THERE}.greeting": greeting}

    def change(world: World) -> None:
        registered(world)
        world.set({key: value for key, value in told.items() if value}, **release)

    return change


def no_login_given(world: World) -> None:
    registered(world)
    login = {"username_variable": "NOBODYS_NAME", "password_variable": "NOBODYS_PASSWORD"}
    world.amend(registry={"host": HOST, **login})


def elsewhere(world: World) -> None:
    registered(world)
    service(world, "api", image="other.example.com/chat-api:latest")


def not_pushed(world: World) -> None:
    registered(world)
    image = world.get("resolved").model.services["api"].image
    here(world)
    local = world.get("local_images")
    more = {f"{HOST}/chat-{name}:latest": BUILT for name in ("api", "web")}
    world.set(
        local_images={**local, **more},
        registry_content=Content(version="v", named={image: False}),
    )


STALE = replace(BUILT, labels={REVISION: OTHER})
TAKEN = Content(version="v", taken={f"{HOST}/chat-api:v": "sha256:other"})

MUTATIONS = [
    Mutation(
        "images.present", lambda w: w.set(unbuildable={"api": "api: there is no Dockerfile"}), "Dockerfile"
    ),
    Mutation("images.present", nowhere, f"{REDIS} (service redis) exists neither"),
    Mutation(
        "images.present",
        lambda w: here(w, api=None),
        f"{API} (service api) exists neither here, nor will it be built",
    ),
    Mutation("images.fresh", lambda w: here(w, api=STALE), "was built from 22222222"),
    Mutation("images.fresh", lambda w: here(w, api=replace(BUILT, labels={})), "not built by gonogo"),
    Mutation(
        "images.fresh", lambda w: here(w, api=replace(BUILT, labels={REVISION: f"{COMMIT}-dirty"})), "not c"
    ),
    Mutation("images.fresh", source(dirty=True), "have changes"),
    Mutation("images.fresh", source(committed="2026-02-01T00:00:01Z"), "before the commit"),
    Mutation(
        "images.platform", lambda w: w.set(local_platform="linux/arm64"), "api would be built for linux/arm64"
    ),
    Mutation(
        "images.platform", lambda w: built(w, "web", platforms=["linux/arm64"]), "web would be built for"
    ),
    Mutation("images.platform", foreign, f"({REDIS}) for linux/arm64/v8"),
    Mutation(
        "images.platform", lambda w: here(w, api=replace(BUILT, platform="windows/amd64")), "windows/amd64"
    ),
    Mutation("images.target", lambda w: built(w, "web", target="dev"), "web is built with the stage dev"),
    Mutation(
        "images.target", lambda w: built(w, "web", args={"NODE_ENV": "development"}), "NODE_ENV=development"
    ),
    Mutation(
        "images.target",
        lambda w: service(w, "web", command=("next", "dev")),
        "web is started with `next dev`",
    ),
    Mutation("images.target", lambda w: own(w, variables={"NODE_ENV": "test"}), "redis has NODE_ENV=test"),
    Mutation("images.target", lambda w: own(w, command=("sh", "-c", "npm run dev")), "`npm run dev`"),
    Mutation("images.target", lambda w: w.set(stages={"web": Stage("dev")}), "the last of its Dockerfile"),
    Mutation("images.target", lambda w: w.set(stages={"web": Stage(command="vite --host")}), "`vite`"),
    Mutation("images.target", lambda w: w.amend(images={"stages": {"web": "runner"}}), "runner is declared"),
    Mutation("images.rollback", pruned, "the target lacks"),
    Mutation("images.rollback", moved, ", and kept them by btrfs when"),
    Mutation("registry.configured", elsewhere, "lies in other.example.com"),
    Mutation(
        "registry.reachable",
        registry(greeting=Greeting(problem=f"nothing answers at {HOST}")),
        f"from the target: nothing answers at {HOST}",
        blocks=True,
    ),
    Mutation("registry.login", registry(Client(refused="unauthorized")), "has no login for"),
    Mutation(
        "registry.login",
        registry(Client(True, f"{HOST}/chat-api:latest")),
        "refused with its login",
    ),
    Mutation(
        "registry.login",
        registry(registry_content=Content(problem="this machine: it refuses the login")),
        "this machine",
        blocks=True,
    ),
    Mutation(
        "registry.login", no_login_given, "NOBODYS_NAME, NOBODYS_PASSWORD, for the login, is set neither"
    ),
    Mutation("registry.tag", registry(registry_content=TAKEN), "another image already, sha256:other"),
    Mutation("registry.tag", not_pushed, "chat-api:latest is not there"),
]
