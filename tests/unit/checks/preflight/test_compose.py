"""Overrides that were added, switches of Compose in the env file, names of images to be built."""

from __future__ import annotations

from gonogo.checks.preflight.test_compose import TAGGABLE, shared, switches
from gonogo.deploy.release.by_hand import added, without
from tests.unit.stacks import container, model, target
from tests.unit.tables import every


def test_variables_of_compose_that_say_other_than_the_target_file() -> None:
    there = target(profiles=["a", "b"])
    same = {
        "COMPOSE_PROJECT_NAME": "shop",
        "COMPOSE_FILE": "compose.yaml",
        "COMPOSE_PROFILES": "a,b",
        "COMPOSE_HTTP_TIMEOUT": "9",
        "COMPOSE_ENV_FILES": "",
    }
    assert switches(there, same) == []
    assert switches(there, {"COMPOSE_PROFILES": "b, a"}) == []
    other = {
        "COMPOSE_PROJECT_NAME": "infra",
        "COMPOSE_FILE": "compose.yaml:x.yaml",
        "COMPOSE_PROFILES": "debug",
        "COMPOSE_COMPATIBILITY": "1",
    }
    assert sorted(switches(there, other)) == [
        "COMPOSE_COMPATIBILITY in the env file is 1, and gonogo does not follow it: remove it",
        "COMPOSE_FILE in the env file is compose.yaml:x.yaml, and compose_files in the target file is "
        '["compose.yaml"]: set compose_files = ["compose.yaml", "x.yaml"] there, or remove it',
        'COMPOSE_PROFILES in the env file is debug, and profiles in the target file is ["a", "b"]: set '
        'profiles = ["debug"] there, or remove it',
        'COMPOSE_PROJECT_NAME in the env file is infra, and project in the target file is "shop": set '
        'project = "infra" there, or remove it',
    ]


def test_files_that_were_added_to_those_that_are_deployed() -> None:
    base = "/srv/shop/compose.yaml"
    running = [
        container("a", files=f"{base},/srv/shop/compose.override.yaml"),
        container("b", files=f"{base},/srv/shop/extra.yaml"),
        container("c", files=base),
        container(
            "d", files="/srv/shop/.deploy/releases/v1/compose.yaml,/srv/shop/.deploy/releases/v1/images.yaml"
        ),
        container("e", files="/opt/old/docker-compose.yml"),
        container("f"),
    ]
    found = added(running, target())
    assert {file: [one.name for one in held] for file, held in found.items()} == {
        "/srv/shop/compose.override.yaml": ["shop-a-1"],
        "/srv/shop/extra.yaml": ["shop-b-1"],
    }


def test_what_starts_them_again_without_these_files() -> None:
    there = target(env_file="prod.env")
    base = "/srv/shop/compose.yaml"
    running = [
        container("a", folder="/srv/shop", files=f"{base},/srv/shop/extra.yaml"),
        container("b", folder="/srv/shop", files=f"{base},/srv/shop/extra.yaml"),
        container("c", folder="/srv/shop", files="/srv/shop/compose.override.yaml"),
    ]
    line = "docker compose -p shop --project-directory /srv/shop --env-file /srv/shop/prod.env"
    assert f"`{line} -f {base} up -d --no-deps a b`;" in without(added(running, there), there)
    assert without(added(running[2:], there), there) == ""


@every(
    "name",
    [
        "chat-api",
        "chat-api:latest",
        "registry.example.com:5000/a/b__c:v1.2",
        "[::1]:5000/a",
        "a/b-c_d.e",
        "Host/x",
    ],
)
def test_names_that_a_build_may_have(name: str) -> None:
    assert TAGGABLE.fullmatch(name)


@every("name", ["", "Chat", "a:", "a@sha256:0", "a//b", "a:-x", "-a", "a b", "a:x\n", f"a:{'x' * 129}"])
def test_names_that_no_build_may_have(name: str) -> None:
    assert not TAGGABLE.fullmatch(name)


def test_different_builds_under_one_name() -> None:
    services = model(
        a={"image": "x", "build": {"context": "/a"}},
        b={"image": "x", "build": {"context": "/b"}},
        c={"image": "y", "build": {"context": "/c"}},
        d={"image": "y", "build": {"context": "/c"}},
        e={"image": "y"},
        f={"image": "z:web", "build": {"context": "/f"}},
        g={"image": "z:worker", "build": {"context": "/g"}},
    ).services.values()
    assert shared(s for s in services if s.build) == [
        "x is built in different ways by a, b",
        "z:web and z:worker are built in different ways by f, g, "
        "and a release's tag takes the place of theirs",
    ]
