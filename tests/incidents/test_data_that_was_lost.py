"""Replays of 2025-10-09, all data lost (L1 to L10).

Each injects the real fault. Where it can be seen beforehand, preflight fails with the right check, nothing
is changed, the running stack answers throughout, and the suite passes once it is fixed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from lab import demo, host
from lab.docker import run
from tests.incidents.replay import refused, stopped, unready
from tests.lab.chat import STACK, Chat, difference
from tests.lab.prober import answering

pytestmark = pytest.mark.lab
VOLUME = "chat_mongodb-data"
BACKUPS = f"{STACK}/.deploy/backups"
COPY = "docker run --rm --user 0 -v {0}:/from -v {1}:/to gonogo-lab/redis:latest cp -a /from/. /to"
DEVELOPMENT = b"MONGO_INITDB_ROOT_PASSWORD=development-password-1\n"
ENV_FILE = "- ${ENV_FILE:-.env}\n"
ERROR = f"Type error: x{os.getpid()} is not a number"
BROKEN = f"RUN echo '{ERROR}' && exit 1\nEXPOSE 3000"


def test_l1_an_env_file_that_is_hard_coded(chat: Chat) -> None:
    host.put(chat.made.name, f"{STACK}/development.env", DEVELOPMENT)
    chat.edit("docker-compose.yml", (ENV_FILE, f"{ENV_FILE}      - development.env\n"))
    stopped(chat, {"environment.parity"}, "api")
    assert "development-password-1" not in "".join(chat.outputs)
    chat.release("v1")
    assert unready(chat) == {}
    chat.shell(f"rm {STACK}/development.env")


def restore(chat: Chat) -> None:
    """Put the volume back as it was, from the copy."""
    labels = "--label com.docker.compose.project=chat --label com.docker.compose.volume=mongodb-data"
    chat.shell(f"docker volume create {labels} {VOLUME} && {COPY.format('kept', VOLUME)}")


@pytest.fixture
def emptied(chat: Chat) -> Iterator[Chat]:
    """The stack after `docker compose down -v` by hand; at the end it runs again, with its data."""
    chat.shell(f"docker stop chat-mongodb && {COPY.format(VOLUME, 'kept')}")
    chat.shell(f"docker rm -f chat-web chat-api chat-mongodb chat-redis && docker volume rm {VOLUME}")
    yield chat
    if "chat-api" not in chat.containers():
        restore(chat)
        chat.deploy()
    chat.shell("docker volume rm kept")


def test_l2_a_volume_that_was_deleted(emptied: Chat) -> None:
    refused(emptied, {"volumes.exist"}, VOLUME)
    assert VOLUME not in emptied.shell("docker volume ls -q")
    restore(emptied)
    done = emptied.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert demo.seed_counts(emptied.made.name) == demo.COUNTS


def test_l3_another_project_name_over_a_stack_that_runs(chat: Chat) -> None:
    chat.target(('project = "chat"', 'project = "chat-prod"'))
    failing = {"project.matches", "ports.free", "volumes.exist"}
    stopped(chat, failing, VOLUME)
    assert "chat-prod_mongodb-data" not in chat.shell("docker volume ls -q")
    chat.target()
    assert unready(chat) == {}


def test_l4_a_bind_mount_where_a_volume_was(chat: Chat) -> None:
    chat.shell(f"mkdir -p {STACK}/data/mongodb")
    chat.edit("docker-compose.yml", ("- mongodb-data:/data/db", "- ./data/mongodb:/data/db"))
    stopped(chat, {"volumes.same_data"}, "/data/db")
    chat.target(("[mongodb]", _waiver("volumes.same_data") + "[mongodb]"))
    assert set(chat.failing()) == {"volumes.same_data", "waivers.valid"}, "it cannot be waived"
    chat.target()
    chat.release("v1")
    assert unready(chat) == {}
    chat.shell(f"rm -r {STACK}/data")


def _waiver(check: str) -> str:
    return f'[[waivers]]\ncheck = "{check}"\nreason = "we know what we do"\nuntil = 2099-12-31\n\n'


def test_l5_a_tag_under_which_something_else_was_built(chat: Chat) -> None:
    chat.edit("docker-compose.yml", ("chat-api:latest", "infra-api:latest"))
    stopped(chat, {"images.present"}, "infra-api:latest (service api)", ("--skip-build",))
    chat.edit("docker-compose.yml", ("image: chat-web:latest", "image: infra-api:latest"))
    stopped(chat, {"compose.images_named"}, "infra-api:latest")
    chat.release("v1")
    assert unready(chat) == {}


def test_l5_a_container_that_runs_the_old_image_is_found_afterwards(chat: Chat) -> None:
    right = chat.shell("docker inspect -f '{{.Image}}' chat-web").strip()
    files = f"-f {STACK}/.deploy/current/compose.yaml"
    compose = f"cd {STACK} && docker compose -p chat --project-directory {STACK} --env-file .env {files}"
    # BuildKit asks a registry for what stands behind FROM, also where it is the id of an image that is here.
    build = "DOCKER_BUILDKIT=0 docker build -q -t chat-web:latest -"
    chat.shell(f"printf 'FROM {right}\\nLABEL old=1\\n' | {build}")
    chat.shell(f"{compose} up -d --no-deps --no-build --pull never web")
    code, found = chat.suite("verify")
    assert code == 1
    assert found["images.running"]["status"] == "failed"
    assert "chat-web runs sha256:" in found["images.running"]["message"]
    chat.shell(
        f"{compose} -f {STACK}/.deploy/current/images.yaml up -d --no-deps --no-build --pull never web"
    )
    chat.shell("docker rmi -f chat-web:latest")
    assert chat.suite("verify")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("build: ./web\n", "build: {context: ./web, target: dev}\n", "dev"),
        ("API_URL: http://api:8001\n", "API_URL: http://api:8001\n      NODE_ENV: development\n", "NODE_ENV"),
        ("build: ./web\n", "build: ./web\n    command: [npm, run, dev]\n", "npm run dev"),
    ],
    ids=["stage", "environment", "command"],
)
def test_l6_a_development_server(chat: Chat, old: str, new: str, says: str) -> None:
    base = "FROM gonogo-lab/python"
    chat.edit("web/Dockerfile", (f"{base}\n", f"{base} AS dev\nFROM dev AS runner\n"))
    chat.edit("docker-compose.yml", (old, new))
    stopped(chat, {"images.target"}, says)
    chat.release("v1")
    assert unready(chat) == {}


def test_l7_a_backup_of_108_bytes(chat: Chat) -> None:
    chat.shell(f"mkdir -p -m 700 {BACKUPS} && head -c 108 /dev/zero > {BACKUPS}/chat.gz")
    chat.target(("[mongodb]", f'[backup]\nfolder = "{BACKUPS}"\n\n[mongodb]'))
    stopped(chat, {"backup.recent"}, "108 bytes")
    chat.shell(f"head -c 200000 /dev/urandom > {BACKUPS}/chat.gz")
    assert unready(chat) == {}
    chat.shell(f"touch -d '7 hours ago' {BACKUPS}/chat.gz")
    stopped(chat, {"backup.recent"}, "7.0 h")
    chat.shell(f"rm -r {BACKUPS}")


@pytest.mark.parametrize("where", ["here", "there"])
def test_l8_an_override_file_that_made_it_right(chat: Chat, where: str) -> None:
    name, text = "docker-compose.override.yml", "services: {web: {environment: {WORKERS: '2'}}}\n"
    if where == "here":
        (chat.source / name).write_text(text)
    else:
        host.put(chat.made.name, f"{STACK}/{name}", text.encode())
    stopped(chat, {"compose.reproducible"}, name)
    if where == "here":
        (chat.source / name).unlink()
    chat.shell(f"rm -f {STACK}/{name}")
    assert unready(chat) == {}


@pytest.fixture
def builder() -> Iterator[None]:
    """Docker's classic builder leaves the container of a failed step behind, on this machine."""
    yield
    listed = run(["docker", "ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Command}}"]).stdout.decode()
    for line in listed.splitlines():
        if ERROR in line:
            run(["docker", "rm", line.split()[0]])


@pytest.mark.usefixtures("builder")
def test_l9_a_build_that_fails_touches_nothing(chat: Chat) -> None:
    chat.edit("web/Dockerfile", ("EXPOSE 3000", BROKEN))
    assert unready(chat) == {}
    before = chat.snapshot()
    with answering(chat):
        done = chat.deploy()
    assert done.returncode == 3, done.stdout + done.stderr
    assert "building api, web failed on this machine, the target was not touched" in done.stdout
    assert ERROR in done.stdout
    assert not difference(before, chat.snapshot())


def test_l10_databases_are_not_restarted(chat: Chat) -> None:
    form = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' chat-mongodb chat-redis"
    before = chat.shell(form)
    for name in ("v2", "v1", "exits-at-once"):
        chat.release(name)
        done = chat.deploy("--json")
        assert done.returncode == (4 if name == "exits-at-once" else 0), done.stdout + done.stderr
        record = json.loads(done.stdout.splitlines()[-1])
        actions = {one["service"]: one["action"] for one in record["services"]}
        assert (actions["mongodb"], actions["redis"]) == ("unchanged", "unchanged")
    assert chat.shell(form) == before
    chat.release("v1")
