"""The checks of the stack's folder and compose files, on their real faults."""

from __future__ import annotations

import pytest

from gonogo.deploy.compose import command_line, default_files
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target_file import load
from lab import host
from tests.lab.chat import STACK, Chat
from tests.lab.stack.ground import (
    COMPOSE,
    NAME,
    OVERRIDE,
    SERVICES,
    Ask,
    commit,
    stack,
)

pytestmark = pytest.mark.lab


def test_a_folder_that_is_none_or_not_ours(chat: Chat, ask: Ask) -> None:
    chat.shell("install -d /srv/roots && touch /srv/roots/file", user="root")
    for path, says in {
        "/srv/gone": "/srv/gone: nothing",
        "/srv/roots/file": "a regular empty file of root",
        "/srv/roots": "a directory of root, mode 0755, not writable for the login",
    }.items():
        chat.target(('path = "/srv/chat"', f'path = "{path}"'))
        assert says in ask("path.present")["path.present"]


def test_compose_files_that_are_not_there(chat: Chat, ask: Ask) -> None:
    chat.target((f'["{COMPOSE}"]', f'["{COMPOSE}", "more.yml"]'))
    assert "more.yml does not exist" in ask("compose.files")["compose.files"]


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("${NOBODY_SETS_IT}", "not set: NOBODY_SETS_IT"),
        ("${NOBODY_SETS_IT:?say who}", "required variable NOBODY_SETS_IT is missing a value: say who"),
    ],
)
def test_variables_that_are_not_set(chat: Chat, ask: Ask, new: str, says: str) -> None:
    stack(chat, "DATABASE_USER: ${MONGO_INITDB_ROOT_USERNAME:-chat}", f"DATABASE_USER: {new}")
    assert says in ask("compose.resolves")["compose.resolves"]


def test_keys_that_are_obsolete(chat: Chat, ask: Ask) -> None:
    stack(chat, "name: chat\n", 'name: chat\nversion: "3.8"\n')
    said = ask("compose.resolves")["compose.resolves"]
    assert said.startswith(f"warning: found {COMPOSE}: the attribute `version` is obsolete")


def test_shell_variables_change_nothing(
    chat: Chat, there: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = load(chat.file)
    release = Release(target, there, Redactor())
    line = command_line.command(target, "config", "--format", "json")
    changed = {"JWT_SECRET": "x", "COMPOSE_FILE": "/x.yml", "COMPOSE_PROFILES": "x", "REDIS_PORT": "1"}
    shell = "".join(f"export {name}={value}; " for name, value in changed.items())
    plain, loaded = (
        there.run(one, stdin=release.files.flat.encode(), private=True) for one in (line, shell + line)
    )
    assert plain.ok
    assert plain.stdout == loaded.stdout
    # The same line without its clean environment shows that these variables would have changed the stack.
    bare = line.removeprefix(line[: line.index("docker compose")])
    assert there.run(shell + bare, stdin=release.files.flat.encode(), private=True).stdout != plain.stdout
    for name, value in {**changed, "COMPOSE_PROJECT_NAME": "other", "COMPOSE_ENV_FILES": "/x"}.items():
        monkeypatch.setenv(name, value)
    here = Release(target, there, Redactor())
    assert (here.files.flat, here.files.variables, here.resolved) == (
        release.files.flat,
        release.files.variables,
        release.resolved,
    )


@pytest.mark.parametrize("name", default_files.OVERRIDES)
def test_an_override_on_the_target(chat: Chat, ask: Ask, name: str) -> None:
    host.put(NAME, f"{STACK}/{name}", b"services: {api: {environment: {DEBUG: '1'}}}\n")
    assert f"{STACK}/{name} on the target is none of" in ask("compose.reproducible")["compose.reproducible"]


def test_a_second_env_file_on_the_target(chat: Chat, ask: Ask) -> None:
    chat.shell(f"mkdir {STACK}/envs && cp -p {STACK}/.env {STACK}/envs/prod.env")
    chat.target(('env_file = ".env"', 'env_file = "envs/prod.env"'))
    assert ask("compose.reproducible") == {}, "the api's env_file is .env"
    chat.shell(f"echo ENV_FILE=envs/prod.env >> {STACK}/envs/prod.env")
    assert f"{STACK}/.env lies there, while" in ask("compose.reproducible")["compose.reproducible"]


def test_variables_of_compose_in_the_env_file(chat: Chat, ask: Ask) -> None:
    chat.env(COMPOSE_PROJECT_NAME="chat", COMPOSE_FILE=COMPOSE)
    assert ask("compose.reproducible") == {}
    chat.env(COMPOSE_PROJECT_NAME="infra", COMPOSE_FILE=f"{COMPOSE}:{OVERRIDE}", COMPOSE_PROFILES="debug")
    said = ask("compose.reproducible")["compose.reproducible"]
    for name, key in (
        ("COMPOSE_FILE", "compose_files"),
        ("COMPOSE_PROFILES", "profiles"),
        ("COMPOSE_PROJECT_NAME", "project"),
    ):
        assert f"{name} in the env file is " in said
        assert f": set {key} = " in said


def test_containers_that_were_started_with_an_override(chat: Chat, ask: Ask) -> None:
    up = f"docker compose -p chat up -d --no-build {SERVICES}"
    host.put(NAME, f"{STACK}/{OVERRIDE}", b"services: {redis: {environment: {DEBUG: '1'}}}\n")
    chat.shell(f"cd {STACK} && {up} && rm {OVERRIDE}")
    try:
        said = ask("compose.reproducible")["compose.reproducible"]
    finally:
        chat.shell(f"cd {STACK} && {up} --force-recreate")
    assert f"chat-redis started with {STACK}/{OVERRIDE}, which is none of compose_files" in said
    assert ask("compose.reproducible") == {}


def test_an_override_here(chat: Chat, ask: Ask) -> None:
    (chat.source / OVERRIDE).write_text("services: {api: {environment: {DEBUG: '1'}}}\n")
    said = ask("compose.reproducible")["compose.reproducible"]
    assert said.startswith(f"found {OVERRIDE} in {chat.source} is none of compose_files")
    chat.target((f'["{COMPOSE}"]', f'["{COMPOSE}", "{OVERRIDE}"]'))
    assert f"{OVERRIDE} is not tracked by git" in ask("compose.reproducible")["compose.reproducible"]
    commit(chat.source)
    assert ask("compose.reproducible") == {}
    chat.target()
    said = ask("compose.reproducible")["compose.reproducible"]
    assert said.startswith(f"warning: found git tracks {OVERRIDE}, which is none of compose_files")
