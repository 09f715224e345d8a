"""The example stack on a lab host: two releases keep exact data, and the broken ones break as they say."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import UsageError
from lab import host, images
from lab.docker import check, run
from lab.stack import release

pytestmark = pytest.mark.lab
NAME = f"t-stack-{os.getpid()}"
SECRET = "pa!ss$w{o}/r@d#\"'` x"
COUNTS = {"users": 5, "sessions": 20, "messages": 36, "history_events": 36}
COMPOSE = "cd /srv/chat && docker compose"


@pytest.fixture(scope="module", autouse=True)
def made() -> Iterator[None]:
    """A host with an env file and the images that every release shares."""
    host.up(NAME, images.FOR_STACKS)
    host.put(NAME, "/srv/chat/.env", release.env_file(MONGO_INITDB_ROOT_PASSWORD=SECRET))
    yield
    host.down(NAME)


def start(folder: Path, name: str, wait_s: int = 60) -> subprocess.CompletedProcess[bytes]:
    """Build a release under tags of this test, load it and start it as a user would by hand."""
    source = release.checkout(folder, name)
    compose = (source / "docker-compose.yml").read_text()
    tags = [f"chat-{part}:t{os.getpid()}" for part in ("api", "web")]
    for tag, part in zip(tags, ("api", "web"), strict=True):
        check(["docker", "build", "-q", "-t", tag, str(source / part)])
        compose = compose.replace(f"chat-{part}:latest", tag)
    host.load(NAME, tags)
    run(["docker", "rmi", *tags])
    host.put(NAME, "/srv/chat/docker-compose.yml", compose.encode())
    up = f"{COMPOSE} up -d --no-build --pull never --wait --wait-timeout {wait_s}"
    return host.execute(NAME, up, timeout=wait_s + 60)


def health() -> dict[str, object]:
    answer = host.execute(NAME, "curl -s http://127.0.0.1:8001/api/health").stdout
    return dict(json.loads(answer))


def counts() -> dict[str, int]:
    seeded = host.execute(NAME, f"{COMPOSE} exec -T api python -m chat.seed").stdout.decode()
    return {line.split()[0]: int(line.split()[1]) for line in seeded.splitlines()}


def call(path: str, body: dict[str, str], token: str = "") -> dict[str, object]:
    arguments = f"-H 'Authorization: Bearer {token}' --data-binary @- http://127.0.0.1:8001/api/{path}"
    return dict(
        json.loads(host.execute(NAME, f"curl -s {arguments}", stdin=json.dumps(body).encode()).stdout)
    )


def test_two_releases_over_the_same_data(tmp_path: Path) -> None:
    first = start(tmp_path / "chat", "v1")
    assert first.returncode == 0, first.stderr.decode()
    assert health()["version"] == "1.0.0"
    assert health()["checks"] == {"database": "ok", "redis": "ok"}
    assert counts() == COUNTS
    second = start(tmp_path / "chat", "v2")
    assert second.returncode == 0, second.stderr.decode()
    assert health()["version"] == "2.0.0"
    assert counts() == COUNTS
    assert b"second edition" in host.execute(NAME, "curl -s http://127.0.0.1:3000/").stdout
    token = str(call("login", {"name": "ada", "password": "ada-password"})["token"])
    assert "id" in call("sessions/s00/messages", {"text": "hello"}, token)
    assert call("login", {"name": "ada", "password": "wrong"})["token"] is None


@pytest.mark.parametrize(
    ("name", "database"), [("never-healthy", "ok"), ("wrong-credentials", "error")], ids=lambda value: value
)
def test_a_release_that_runs_badly_says_why(tmp_path: Path, name: str, database: str) -> None:
    assert start(tmp_path / "chat", name, wait_s=8).returncode != 0
    assert health()["status"] == "unhealthy"
    assert health()["checks"] == {"database": database, "redis": "ok"}


def test_a_release_that_exits_at_once_is_restarted_in_vain(tmp_path: Path) -> None:
    assert start(tmp_path / "chat", "exits-at-once", wait_s=8).returncode != 0
    restarts = host.execute(NAME, "docker inspect -f '{{.RestartCount}}' chat-api").stdout
    assert int(restarts) > 0


def test_an_image_that_was_never_built_is_named(tmp_path: Path) -> None:
    result = start(tmp_path / "chat", "not-built", wait_s=8)
    assert result.returncode != 0
    assert b"chat-api:never-built" in result.stderr


def test_compose_reads_every_value_of_the_env_file_exactly() -> None:
    read = host.execute(NAME, f"{COMPOSE} --env-file .env config --environment").stdout.decode()
    assert f"MONGO_INITDB_ROOT_PASSWORD={SECRET}\n" in read


def test_no_password_is_in_any_argument_list() -> None:
    listed = host.execute(NAME, "ps -eo args", user="root").stdout.decode()
    assert "mongod" in listed
    assert SECRET not in listed


def test_a_fresh_secret_holds_what_breaks_careless_quoting() -> None:
    first, second = release.awkward_secret(), release.awkward_secret()
    assert first != second
    assert set("!$@/#\"' ") <= set(first)


def test_a_checkout_is_a_clean_repository_on_main(tmp_path: Path) -> None:
    folder = release.checkout(tmp_path / "chat", "v1")
    release.checkout(folder, "v2")
    git = ["git", "-C", str(folder)]
    assert check([*git, "log", "--format=%s"]).splitlines() == ["Release v2", "Release v1"]
    assert check([*git, "branch", "--show-current"]).strip() == "main"
    assert check([*git, "status", "--porcelain"]) == ""
    with pytest.raises(UsageError, match="never-healthy"):
        release.checkout(folder, "v3")
