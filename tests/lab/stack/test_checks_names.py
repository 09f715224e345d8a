"""The checks of the project and of names, on their real faults, and that all pass where there is none."""

from __future__ import annotations

import pytest

from gonogo.deploy.ssh.connection import Connection
from tests.lab.chat import STACK, Chat
from tests.lab.stack.ground import REDIS, Ask, Checked, labels, stack, stray

pytestmark = pytest.mark.lab


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
