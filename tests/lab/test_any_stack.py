"""`gonogo init`, preflight and deployments for compose files of every ordinary kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from tests.lab.any_stack import Ran, Stack

pytestmark = pytest.mark.lab
NAME = f"t-any-{os.getpid()}"
REDIS = "image: gonogo-lab/redis:latest"
COMPOSE = "docker-compose.yml"
CACHE = f"services:\n  cache:\n    {REDIS}\n"

KINDS: dict[str, dict[str, str]] = {
    "plain": {COMPOSE: CACHE},
    "defaults": {
        COMPOSE: CACHE + "    ports: ['${PORT:-7001}:6379']\n    environment: {MODE: '${MODE:-fast}'}\n"
    },
    "demands": {COMPOSE: CACHE + "    environment:\n      TOKEN: ${TOKEN:?the token of the cache}\n"},
    "ports": {
        COMPOSE: CACHE + "    ports:\n      - {target: 6379, published: '7010', protocol: tcp, mode: host}\n"
        "      - '7020-7022:7020-7022'\n      - '7030:7030/udp'\n      - '[::1]:7040:6379'\n      - '6379'\n"
    },
    "host-network": {COMPOSE: f"services:\n  cache:\n    {REDIS}\n    network_mode: host\n"},
    "mounts": {
        COMPOSE: CACHE + "    volumes:\n      - /scratch\n      - kept:/data\n"
        "      - {type: bind, source: ., target: /conf, read_only: true}\nvolumes:\n  kept: {}\n"
    },
    "extends": {
        COMPOSE: "services:\n  cache:\n    extends: {file: base.yml, service: base}\n"
        "    ports: ['7050:6379']\n",
        "base.yml": f"services:\n  base:\n    {REDIS}\n    restart: unless-stopped\n",
    },
    "include": {
        COMPOSE: "include: [parts/cache.yml]\nservices:\n  other:\n    " + REDIS + "\n",
        "parts/cache.yml": CACHE,
    },
    "anchors": {
        COMPOSE: f"x-base: &base\n  {REDIS}\n  healthcheck:\n    test: redis-cli ping\n    interval: 1s\n"
        "services:\n  one: {<<: *base}\n  two:\n    <<: *base\n    deploy: {replicas: 2}\n"
    },
    "profiles": {
        COMPOSE: CACHE + f"  debug:\n    {REDIS}\n    profiles: [debug]\n    ports: ['7060:6379']\n"
    },
}


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host with the images that the stacks use."""
    made = host.up(NAME, ["gonogo-lab/redis:latest"])
    yield made
    host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A project of its own, named after the test."""
    name = "s" + "".join(c for c in request.node.name.lower() if c.isalnum())[-24:]
    (tmp_path / name).mkdir()
    found = Stack(name, tmp_path / name, made)
    yield found
    found.down()


def drafted(stack: Stack, files: dict[str, str], env: str = "TOKEN=a-value-of-some-length\n") -> Ran:
    """Lay the files here and the env file there, and have the target file drafted."""
    stack.lay(files)
    stack.there({".env": env})
    done = stack.init()
    assert done.code == 0, done.output
    stack.reachable()
    return done


def failed(stack: Stack) -> dict[str, str]:
    """Run preflight; return the message of each check that failed."""
    done = stack.preflight()
    assert "Traceback" not in done.output
    found = {name: done.found(name) for name in done.of("failed")}
    assert done.code == (1 if found else 0), done.output
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_any_compose_file_gets_a_target_file_and_a_go(stack: Stack, kind: str) -> None:
    drafted(stack, KINDS[kind])
    assert failed(stack) == {}


def test_several_files_and_a_profile(stack: Stack) -> None:
    stack.lay(
        {
            COMPOSE: CACHE,
            "prod.yml": "services:\n  cache:\n    ports: ['7070:6379']\n"
            + CACHE[10:].replace("cache", "extra")
            + "    profiles: [more]\n",
        }
    )
    stack.there({".env": "A=b\n"})
    done = stack.init(COMPOSE, "prod.yml")
    assert done.code == 0, done.output
    stack.reachable()
    stack.amend(profiles='["more"]')
    assert failed(stack) == {}
    assert stack.deploy().code == 0
    assert sorted(stack.containers()) == ["cache", "extra"]


BROKEN: dict[str, tuple[dict[str, str], str, str]] = {
    "a demanded variable": (
        {COMPOSE: CACHE + "    environment:\n      TOKEN: ${ABSENT:?say it}\n"},
        "environment.required",
        "ABSENT is not set",
    ),
    "a variable without a default": (
        {COMPOSE: CACHE + "    environment:\n      TOKEN: ${ABSENT}\n"},
        "compose.resolves",
        "ABSENT",
    ),
    "an image from nowhere": (
        {COMPOSE: "services:\n  cache:\n    image: nowhere.invalid/none:1\n"},
        "images.present",
        "nowhere.invalid/none:1 (service cache)",
    ),
    "a build context": (
        {COMPOSE: "services:\n  own:\n    build: ./gone\n"},
        "images.present",
        "its build context",
    ),
    "a port taken twice": (
        {COMPOSE: CACHE + f"    ports: ['7080:6379']\n  other:\n    {REDIS}\n    ports: ['7080:6379']\n"},
        "ports.free",
        "*:7080/tcp is published by",
    ),
    "the port of sshd": (
        {COMPOSE: CACHE + "    ports: ['22:6379']\n"},
        "ports.free",
        "*:22/tcp for cache is held by",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_wrong_is_told_by_the_right_check(stack: Stack, kind: str) -> None:
    files, check, says = BROKEN[kind]
    drafted(stack, files)
    found = failed(stack)
    assert check in found, found
    assert says in found[check]
    assert set(found) <= {check, "compose.resolves"}


def test_a_folder_that_is_missing_and_an_env_file_that_is(stack: Stack) -> None:
    drafted(stack, {COMPOSE: CACHE})
    host.execute(NAME, f"rm {stack.path}/.env", user="root")
    stack.amend('env_file = ".env"')
    assert set(failed(stack)) == {"environment.file"}
    host.execute(NAME, f"rmdir {stack.path}", user="root")
    assert "path.present" in failed(stack)


def test_files_that_compose_cannot_read(stack: Stack) -> None:
    drafted(stack, {COMPOSE: CACHE})
    stack.lay({COMPOSE: "services: [unfinished\n"})
    assert set(failed(stack)) == {"compose.files"}
    stack.lay({COMPOSE: "include: [gone.yml]\n" + CACHE})
    assert set(failed(stack)) == {"compose.files"}
    done = stack.init(COMPOSE)
    assert done.code == 2
    assert "Traceback" not in done.output


def test_what_compose_does_not_make_has_to_be_there(stack: Stack) -> None:
    outside = (
        "networks: {edge: {external: true}}\nsecrets: {key: {file: ./key}, token: {environment: ABSENT}}\n"
    )
    drafted(stack, {COMPOSE: f"{CACHE}    networks: [edge]\n    secrets: [key, token]\n{outside}"})
    found = failed(stack)
    assert set(found) == {"networks.exist", "secrets.present"}
    assert "the external network edge (cache) does not exist" in found["networks.exist"]
    assert f"there is no {stack.path}/key on the target" in found["secrets.present"]
    assert "its variable ABSENT is not set in the env file" in found["secrets.present"]
    host.execute(NAME, "docker network create edge")
    stack.there({"key": "k", ".env": "ABSENT=a-value-of-some-length\n"})
    host.execute(NAME, f"chmod 600 {stack.path}/.env")
    assert failed(stack) == {}


def test_a_login_that_may_not_use_docker(stack: Stack) -> None:
    drafted(stack, {COMPOSE: CACHE})
    host.execute(NAME, "chmod 600 /var/run/docker.sock", user="root")
    try:
        found = failed(stack)
    finally:
        host.execute(NAME, "chmod 660 /var/run/docker.sock", user="root")
    assert set(found) == {"docker.access"}
    assert "docker group" in found["docker.access"] or "usermod -aG docker" in found["docker.access"]


def test_a_stack_without_health_checks_and_with_a_one_shot(stack: Stack) -> None:
    migrate = f"  migrate:\n    {REDIS}\n    command: ['true']\n    entrypoint: []\n"
    needs = "    depends_on: {migrate: {condition: service_completed_successfully}}\n"
    drafted(stack, {COMPOSE: CACHE + needs + "    volumes: [/scratch]\n" + migrate})
    done = stack.deploy()
    assert done.code == 0, done.output
    before = stack.containers()
    assert sorted(before) == ["cache", "migrate"]
    again = stack.deploy()
    assert again.code == 0, again.output
    assert "nothing had to change" in again.output
    assert stack.containers() == before


def test_a_stack_on_the_network_of_the_host(stack: Stack) -> None:
    drafted(stack, KINDS["host-network"])
    done = stack.deploy()
    assert done.code == 0, done.output
    assert list(stack.containers()) == ["cache"]


def test_a_service_in_the_network_of_another(stack: Stack) -> None:
    own = "    network_mode: service:cache\n    command: [redis-server, --port, '7777']\n"
    side = f"  side:\n    {REDIS}\n{own}"
    drafted(stack, {COMPOSE: CACHE + side})
    assert stack.deploy().code == 0
    before = stack.containers()
    again = stack.deploy()
    assert "nothing had to change" in again.output, again.output
    assert stack.containers() == before
    stack.lay({COMPOSE: CACHE + "    environment: {CHANGED: 'yes'}\n" + side})
    changed = stack.deploy()
    assert changed.code == 0, changed.output
    assert not set(stack.containers().values()) & set(before.values()), "both were made anew"
