"""The env file of the target, fed with recorded answers."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from gonogo.deploy.compose import env_file
from gonogo.deploy.errors import GonogoError
from tests.unit.stacks import Answering, target
from tests.unit.tables import every


def test_the_environment_of_compose_without_what_is_ours() -> None:
    text = "API_KEY=a=b\nPATH=/bin\nCERT=-----BEGIN\nMIIE+x/==\n\n-----END\nEMPTY=\nCOMPOSE_PROJECT_NAME=x\n"
    text += "ODD=a\u2028b\x85\n"
    assert env_file.parse(text) == {
        "API_KEY": "a=b",
        "CERT": "-----BEGIN\nMIIE+x/==\n\n-----END",
        "EMPTY": "",
        "ODD": "a\u2028b\x85",
    }


def test_an_env_file_that_compose_refuses_is_named_with_its_words() -> None:
    there = Answering(1, "", 'time="x" level=warning msg="y"\nfailed to read .env: line 3: unexpected "="\n')
    with pytest.raises(GonogoError, match=r"read the env file /srv/shop/\.env: failed to read \.env: line 3"):
        env_file.values(env_file.ask(there, target()), target())


def test_what_could_be_secret_in_an_env_file() -> None:
    lines = [
        "# API_KEY=commented-out-1",
        "DB_PASSWORD='it\\'s-a-secret'",
        "export API_TOKEN=plain-Token-7",
        'DB_URL="mongodb://me:in-the-url-5@db/x"',
        "COLOUR=bright-blue-and-green",
        "just a line that is no setting",
        "bad name=hunter2hunter2",
    ]
    found = env_file.pieces(lines)
    assert {"it's-a-secret", "plain-Token-7", "in-the-url-5"} <= set(found)
    assert {"just a line that is no setting", "bad name=hunter2hunter2"} <= set(found)
    assert not [value for value in found if "commented" in value or "bright" in value]


def test_every_line_of_a_value_over_several_lines_is_secret() -> None:
    lines = ['KEY="-----BEGIN-----', "MIIEabcdEFGH=", "LOOKSLIKEANAME==", '-----END KEY-----"', "MODE=fast"]
    found = env_file.pieces(lines)
    assert {"MIIEabcdEFGH=", "LOOKSLIKEANAME==", "-----END KEY-----"} <= set(found)
    assert not [value for value in found if "fast" in value]


@every("value", ['"closed"', "it's", "'a \" b'", '"escaped \\" inside"', '""'])
def test_a_value_on_one_line_opens_no_quote(value: str) -> None:
    assert not [found for found in env_file.pieces([f"A={value}", "MODE=fast"]) if "fast" in found]


def test_the_env_file_as_it_stands_and_as_compose_reads_it() -> None:
    there = Answering(0, "export COMPOSE_PROJECT_NAME='infra'\nA='1'\n\0A=1\nCOMPOSE_PROJECT_NAME=shop\n")
    asked = env_file.ask(there, target())
    assert there.asked[0].startswith("cat -- /srv/shop/.env 2>/dev/null; printf '\\0'; env -i ")
    assert asked.raw == "export COMPOSE_PROJECT_NAME='infra'\nA='1'\n"
    assert env_file.values(asked, target()) == {"A": "1", "COMPOSE_PROJECT_NAME": "infra"}


def test_env_files_of_services_are_paths_of_the_target() -> None:
    flat = (
        "services:\n  a:\n    env_file:\n      - path: ${ENV:-.env}\n      - path: ./b/../c.env\n"
        "  b:\n    env_file:\n      - path: /etc/x.env\n        required: false\n      - path: ${GONE}\n"
    )
    assert env_file.service_files(flat, {}, target()) == [
        "/srv/shop/.env",
        "/srv/shop/c.env",
        "/etc/x.env",
    ]
    assert env_file.service_files("services: {}\n", {}, target()) == []


def test_paths_of_the_target_stay_paths_of_the_target() -> None:
    assert env_file.file(target()) == "/srv/shop/.env"
    assert env_file.file(target(env_file="/etc/shop.env")) == str(PurePosixPath("/etc/shop.env"))
