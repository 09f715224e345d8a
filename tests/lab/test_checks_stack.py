"""The checks of the stack's folder, compose files, environment, project and names, on their real faults."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy import compose
from deploy.connection import Connection
from deploy.facts import Facts
from deploy.redact import Redactor
from deploy.target_file import load
from lab import host
from lab.docker import check
from tests import harness
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab

NAME = f"t-checks-stack-{os.getpid()}"
SERVICES = "mongodb redis"
SECRET = "MONGO_INITDB_ROOT_PASSWORD"
GOOD = "an-env-Value-of-17"
REDIS = "gonogo-lab/redis:latest"
COMPOSE = "docker-compose.yml"
OVERRIDE = "docker-compose.override.yml"
LABEL = "com.docker.compose"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The stack's two stores, started with Compose by hand from a file in the stack's folder."""
    chat = Chat.up(NAME, tmp_path_factory.mktemp("stack"))
    try:
        chat.release("v1")
        host.put(NAME, f"{STACK}/{COMPOSE}", (chat.source / COMPOSE).read_bytes())
        chat.shell(f"cd {STACK} && docker compose -p chat up -d --no-build {SERVICES}")
        yield chat
    finally:
        host.down(NAME)


@pytest.fixture(scope="module")
def there(made: Chat) -> Iterator[Connection]:
    with Connection.open(load(made.file)) as connection:
        yield connection


@pytest.fixture
def chat(made: Chat) -> Iterator[Chat]:
    """The stack as it was, after each test too."""
    kept = made.shell(f"ls -A {STACK}")
    yield made
    for name in set(made.shell(f"ls -A {STACK}").split()) - set(kept.split()):
        made.shell(f"rm -r {STACK}/{name}", user="root")
    for name in made.shell(f"docker ps -aq --no-trunc --filter label={LABEL}.stray").split():
        made.shell(f"docker rm -f {name}")
    made.env()
    made.target()
    for file in made.source.glob("*.override.yml"):
        file.unlink()
    made.release("v1")


class Checked:
    """What the checks with these ids say now."""

    def __init__(self, chat: Chat, connection: Connection, *ids: str) -> None:
        self.found = harness.over(connection, load(chat.file), only=ids)

    @property
    def failing(self) -> dict[str, str]:
        """The message of each check that did not pass; a warning's begins with that word."""
        return {
            one.id: f"{'warning: ' if one.status == 'warning' else ''}{one.message}"
            for one in self.found.values()
            if one.status not in ("passed", "skipped")
        }


Ask = Callable[..., dict[str, str]]


@pytest.fixture
def ask(chat: Chat, there: Connection) -> Ask:
    return lambda *ids: Checked(chat, there, *ids).failing


def stack(chat: Chat, old: str, new: str) -> None:
    """Change the compose file here."""
    file = chat.source / COMPOSE
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def stray(chat: Chat, *options: str, run: str = "create") -> None:
    """Make a container that the tests' fixture removes."""
    chat.shell(f"docker {run} --label {LABEL}.stray=1 {' '.join(options)} {REDIS}")


def labels(project: str, service: str, **more: str) -> str:
    given = {"project": project, "service": service, "oneoff": "False", **more}
    return " ".join(f"--label {LABEL}.{key}={value}" for key, value in given.items())


MINE = (
    "path.present",
    "compose.files",
    "compose.resolves",
    "compose.reproducible",
    "compose.images_named",
    "environment.file",
    "environment.required",
    "environment.parity",
    "environment.secrets",
    "project.matches",
    "project.orphans",
    "names.free",
)


def test_all_pass_on_a_stack_that_was_started_by_hand(chat: Chat, there: Connection) -> None:
    found = Checked(chat, there, *MINE).found
    assert {name: one.message for name, one in found.items() if one.status != "passed"} == {}
    assert found["environment.file"].found == f"{STACK}/.env: 3 variables, mode 0600"
    assert "mongodb (MongoDB)" in found["environment.parity"].found


def test_all_pass_or_skip_on_an_empty_host(chat: Chat, there: Connection) -> None:
    chat.shell("install -d -o deploy -g deploy /srv/first", user="root")
    chat.shell(f"cp -p {STACK}/.env /srv/first/.env")
    chat.target(('path = "/srv/chat"', 'path = "/srv/first"'), ('project = "chat"', 'project = "first"'))
    # Its images are the running stack's, which is one more fault than an empty host has.
    assert Checked(chat, there, *set(MINE) - {"project.matches"}).failing == {}


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
    facts = Facts(target, there, Redactor())
    line = compose.command(target, "config", "--format", "json")
    changed = {"JWT_SECRET": "x", "COMPOSE_FILE": "/x.yml", "COMPOSE_PROFILES": "x", "REDIS_PORT": "1"}
    shell = "".join(f"export {name}={value}; " for name, value in changed.items())
    plain, loaded = (there.run(one, stdin=facts.flat.encode(), private=True) for one in (line, shell + line))
    assert plain.ok
    assert plain.stdout == loaded.stdout
    # The same line without its clean environment shows that these variables would have changed the stack.
    bare = line.removeprefix(line[: line.index("docker compose")])
    assert there.run(shell + bare, stdin=facts.flat.encode(), private=True).stdout != plain.stdout
    for name, value in {**changed, "COMPOSE_PROJECT_NAME": "other", "COMPOSE_ENV_FILES": "/x"}.items():
        monkeypatch.setenv(name, value)
    here = Facts(target, there, Redactor())
    assert (here.flat, here.variables, here.resolved) == (facts.flat, facts.variables, facts.resolved)


@pytest.mark.parametrize("name", compose.OVERRIDES)
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
    for name in ("COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"):
        assert f"{name} in the env file says other than the target file" in said


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


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("chat-web:latest", "chat-web:latest is built in different ways by api, web"),
        (f"chat-api@sha256:{'0' * 64}", "has a digest"),
        ("chat-api:${TAG:-}", "api: chat-api: cannot be tagged"),
    ],
)
def test_names_under_which_no_build_can_be_told_apart(chat: Chat, ask: Ask, image: str, says: str) -> None:
    stack(chat, "image: chat-api:latest", f"image: {image}")
    assert says in ask("compose.images_named")["compose.images_named"]


def test_a_build_without_a_name_has_one_of_compose(chat: Chat, there: Connection) -> None:
    stack(chat, "    image: chat-api:latest\n", "")
    found = Checked(chat, there, "compose.images_named").found["compose.images_named"]
    assert (found.status, found.found) == ("passed", "chat-api (named by Compose), chat-web:latest")


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


def commit(folder: Path) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
    check([*git, "add", "-A", "-f"])
    check([*git, "commit", "-q", "-m", "More"])


@pytest.mark.parametrize("value", ["hunter2", "admin", "Password123", "aaaaaaaaaaaa"])
def test_weak_secrets(chat: Chat, ask: Ask, value: str) -> None:
    chat.env(JWT_SECRET=value)
    said = ask("environment.secrets")["environment.secrets"]
    assert said.startswith("warning: found JWT_SECRET ")
    assert value not in said


def test_no_value_of_the_env_file_is_kept(chat: Chat, there: Connection) -> None:
    words = {"JWT_SECRET": "hunter2", "WITHOUT_A_NAME": "p4ss!word", "SMTP_URL": "smtp://me:abc@mail"}
    chat.env(**words)
    facts = Facts(load(chat.file), there, Redactor())
    asked = [facts.environment, facts.resolved, facts.initialised, facts.weak, facts.service_files]
    assert all(asked)
    kept = json.dumps(facts.kept())
    assert not [word for word in ("hunter2", "p4ss!word", "abc@") if word in kept]
    assert json.dumps(chat.secrets[SECRET]) not in kept


def test_another_project_from_the_same_folder(chat: Chat, ask: Ask) -> None:
    chat.target(('project = "chat"', 'project = "infra"'))
    found = ask("project.matches", "names.free")
    assert set(found) == {"project.matches"}
    assert "this stack runs as the project chat (chat-mongodb, chat-redis)" in found["project.matches"]


def test_a_container_of_a_service_that_is_gone(chat: Chat, ask: Ask) -> None:
    stray(chat, labels("chat", "worker"), "--name chat-worker-1")
    said = ask("project.orphans")["project.orphans"]
    assert said.startswith("warning: found chat-worker-1 (created) of service worker")
    stack(chat, "  web:\n", f"  worker:\n    image: {REDIS}\n    profiles: [debug]\n  web:\n")
    assert ask("project.orphans") == {}, "a service of another profile is no orphan"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "chat-web for web is held by chat-web (created) of no project"),
        (labels("infra", "web"), "chat-web (created) of the project infra, service web"),
        (labels("chat", "site"), "chat-web (created) of the project chat, service site"),
    ],
)
def test_a_name_that_another_container_holds(chat: Chat, ask: Ask, given: str, says: str) -> None:
    stray(chat, given, "--name chat-web")
    assert says in ask("names.free")["names.free"]


def test_a_name_that_the_service_itself_holds(chat: Chat, ask: Ask) -> None:
    stray(chat, labels("chat", "web"), "--name chat-web")
    assert ask("names.free") == {}
