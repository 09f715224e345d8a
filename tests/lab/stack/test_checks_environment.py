"""The checks of the environment, on the real faults of a stack's env files."""

from __future__ import annotations

import json

import pytest

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target_file import load
from lab import host
from tests.lab.chat import STACK, Chat
from tests.lab.stack.ground import (
    GOOD,
    NAME,
    REDIS,
    SECRET,
    Ask,
    commit,
    labels,
    stack,
    stray,
)

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("rm .env", "no /srv/chat/.env"),
        ("rm .env && mkdir .env", "a directory of root"),
        ("chmod 644 .env", "mode 0644"),
        ("chmod 640 .env", "mode 0640"),
        ("chown root:root .env", "not readable for the login"),
    ],
)
def test_env_files_that_are_not_the_deployers_alone(chat: Chat, ask: Ask, change: str, says: str) -> None:
    chat.shell(f"cd {STACK} && {change}", user="root")
    said = ask("environment.file")
    chat.shell(f"rm -rf {STACK}/.env", user="root")
    assert says in said["environment.file"]


def test_an_env_file_that_may_not_be_written_is_fine(chat: Chat, ask: Ask) -> None:
    chat.shell(f"chmod 400 {STACK}/.env")
    assert ask("environment.file", "environment.secrets") == {}


def test_an_env_file_that_compose_cannot_parse(chat: Chat, ask: Ask) -> None:
    host.put(NAME, f"{STACK}/.env", b"JWT_SECRET='a-Secret-that-never-ends\n")
    said = ask("environment.file")["environment.file"]
    assert "Compose cannot read the env file" in said
    assert "never-ends" not in said


def test_placeholders_in_the_env_file_of_a_service(chat: Chat, ask: Ask) -> None:
    chat.env(JWT_SECRET="CHANGE_ME")
    assert "JWT_SECRET is a placeholder" in ask("environment.required")["environment.required"]
    chat.env(ENV_FILE="api.env")
    host.put(NAME, f"{STACK}/api.env", f"MAIL_KEY=your-key-here\n{SECRET}={GOOD}\n".encode())
    assert "MAIL_KEY of api is a placeholder" in ask("environment.required")["environment.required"]


def test_l1_an_env_file_of_development_under_that_of_production(chat: Chat, ask: Ask) -> None:
    host.put(NAME, f"{STACK}/dev.env", f"{SECRET}=development\n".encode())
    chat.env(ENV_FILE="dev.env")
    said = ask("environment.parity")["environment.parity"]
    assert f"api: {SECRET} is not the one that mongodb was initialised with" in said
    assert "development" not in said
    # Compose adds several env files up, the last one wins.
    stack(chat, "      - ${ENV_FILE:-.env}\n", "      - dev.env\n      - .env\n")
    assert ask("environment.parity") == {}
    stack(chat, "      - dev.env\n      - .env\n", "      - .env\n      - dev.env\n")
    assert "environment.parity" in ask("environment.parity")


def test_l1_an_env_file_that_changed_since_the_database_was_made(chat: Chat, ask: Ask) -> None:
    chat.env(MONGO_INITDB_ROOT_PASSWORD=GOOD)
    said = ask("environment.parity")["environment.parity"]
    assert f"mongodb: {SECRET} is not the one that mongodb was initialised with" in said
    assert GOOD not in said


def test_parity_of_urls(chat: Chat, ask: Ask) -> None:
    secret = chat.secrets[SECRET]
    encoded = "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in secret)
    stack(chat, "      JWT_SECRET:", "      DATABASE_URL: ${URL}\n      JWT_SECRET:")
    for login, says in {
        f"chat:{encoded}": "",
        f"chat:{secret}": "without percent-encoding",
        f"chat:{GOOD}": f"has another password than the one that mongodb was initialised with ({SECRET})",
        f"dev:{encoded}": "warning: found api: DATABASE_URL logs in to mongodb as another user",
    }.items():
        chat.env(URL=f"mongodb://{login}@mongodb:27017/chat?authSource=admin")
        said = ask("environment.parity").get("environment.parity", "")
        assert says in said
        assert bool(says) == bool(said)
        assert not any(value in said for value in (secret, encoded, GOOD))


def test_parity_with_databases_of_other_kinds(chat: Chat, ask: Ask) -> None:
    text = "  sql:\n    image: postgres:16\n    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: '%s'}\n"
    stack(chat, "  web:\n", f"{text % GOOD}  web:\n")
    stack(chat, "      API_URL:", f"      DSN: postgresql+asyncpg://shop:{GOOD}@sql/shop\n      API_URL:")
    assert ask("environment.parity") == {}, "the database is made with what the model says"
    given = "-e POSTGRES_USER=shop -e POSTGRES_PASSWORD=the-first-one"
    stray(chat, labels("chat", "sql"), given)
    said = ask("environment.parity")["environment.parity"]
    assert "web: DSN has another password than the one that sql was initialised with" in said
    stack(chat, "image: gonogo-lab/redis:latest\n", f"{REDIS_WITH_PASSWORD}\n")
    stack(chat, "      API_URL:", "      CACHE: redis://:guess-it@redis:6379/0\n      API_URL:")
    assert (
        "web: CACHE has another password than the one that redis"
        in ask("environment.parity")["environment.parity"]
    )


REDIS_WITH_PASSWORD = f"image: {REDIS}\n    command: redis-server --requirepass $$WORD\n" + (
    "    environment: {WORD: a-Word-of-18-chars}"
)


def test_env_files_of_services_that_others_may_read(chat: Chat, ask: Ask) -> None:
    host.put(NAME, f"{STACK}/api.env", f"{SECRET}={GOOD}\n".encode(), mode="0644")
    chat.env(ENV_FILE="api.env")
    said = ask("environment.secrets")["environment.secrets"]
    assert f"{STACK}/api.env is a regular file of deploy, mode 0644: others may read it" in said
    chat.shell(f"chmod 600 {STACK}/api.env")
    assert ask("environment.secrets") == {}


def test_secrets_in_git(chat: Chat, ask: Ask) -> None:
    folder = chat.source / "api"
    (folder / "prod.env").write_text(f"JWT_SECRET={GOOD}\n")
    (folder / ".env.example").write_text(f"JWT_SECRET={GOOD}\n")
    (folder / "dev.env").write_text("JWT_SECRET=change-me\nMODE=fast\n")
    assert ask("environment.secrets") == {}, "git does not track it"
    commit(chat.source)
    said = ask("environment.secrets")["environment.secrets"]
    assert f"api/prod.env in {chat.source} holds secrets and git tracks it" in said
    assert "example" not in said
    assert GOOD not in said


@pytest.mark.parametrize("value", ["hunter2", "admin", "Password123", "aaaaaaaaaaaa"])
def test_weak_secrets(chat: Chat, ask: Ask, value: str) -> None:
    chat.env(JWT_SECRET=value)
    said = ask("environment.secrets")["environment.secrets"]
    assert said.startswith("warning: found JWT_SECRET ")
    assert value not in said


def test_no_value_of_the_env_file_is_kept(chat: Chat, there: Connection) -> None:
    words = {"JWT_SECRET": "hunter2", "WITHOUT_A_NAME": "p4ss!word", "SMTP_URL": "smtp://me:abc@mail"}
    chat.env(**words)
    release = Release(load(chat.file), there, Redactor())
    asked = [
        release.environment.variables,
        release.resolved,
        release.environment.initialised,
        release.environment.weak,
        release.environment.files,
    ]
    assert all(asked)
    kept = json.dumps(release.kept())
    assert not [word for word in ("hunter2", "p4ss!word", "abc@") if word in kept]
    assert json.dumps(chat.secrets[SECRET]) not in kept
