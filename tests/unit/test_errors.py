"""Which line of what a program said is shown, and what is said to do about it."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import Unknown, cause, explained, remedy
from tests.unit import stacks
from tests.unit.tables import every

NO_CONFIG = "WARNING: Error loading config file: open /home/ada/.docker/config.json: permission denied"
NO_CONTEXT = (
    'Failed to initialize: unable to resolve docker endpoint: context "nope": context not found: open '
    "/home/ada/.docker/contexts/meta/ca37/meta.json: no such file or directory"
)
DUBIOUS = "fatal: detected dubious ownership in repository at '/srv/shop'"


@every(
    "said, line",
    [
        (f"{NO_CONFIG}\ndocker: unknown command: docker compose\n\nRun 'docker --help' for more", NO_CONFIG),
        (
            f"{DUBIOUS}\nTo add an exception, call:\n\n\tgit config --global --add x",
            DUBIOUS,
        ),
        (
            "git@x: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.",
            "git@x: Permission denied (publickey).",
        ),
        (
            "tar: ./a: Cannot open: Permission denied\ntar: Exiting with failure status due to others",
            "tar: ./a: Cannot open: Permission denied",
        ),
        (
            'time="t" level=warning msg="no such thing"\nservice "a" has neither an image nor a build\n',
            'service "a" has neither an image nor a build',
        ),
        ("unknown flag: --x\nSee 'docker compose --help'.", "unknown flag: --x"),
        (
            "unknown flag: --short\n\nUsage:  docker [OPTIONS] COMMAND\n\nCommands:\n"
            "  login       Authenticate to a registry; certificate\n\nOptions:\n"
            "      --tlscert string     Path to TLS certificate file\n  -D, --debug  authentication\n",
            "unknown flag: --short",
        ),
        ("one\ntwo\nthree\n", "three"),
        ("\n \n", "it said nothing"),
    ],
)
def test_the_line_that_says_why(said, line):
    assert cause(said) == line


@every(
    "line, cure",
    [
        (NO_CONFIG, "make /home/ada/.docker/config.json a file that the login may read"),
        ("WARNING: Error parsing config file (/c/config.json): unexpected EOF", "make /c/config.json a file"),
        (NO_CONTEXT, "docker context use"),
        (DUBIOUS, "safe.directory /srv/shop"),
        ("write /x: no space left on device", "df -h"),
        ("open /x: read-only file system", "dmesg"),
        ("something else", ""),
    ],
)
def test_the_remedy_is_chosen_by_the_line(line, cure):
    assert cure in remedy(line)
    assert bool(remedy(line)) is bool(cure)


def test_the_second_text_counts_where_the_first_says_nothing():
    assert (
        explained(" ", "no space left")
        == "no space left: make room there, see `df -h` and `docker system df`"
    )


def test_docker_that_cannot_be_asked_is_no_missing_plugin_and_no_socket():
    with pytest.raises(Unknown) as caught:
        _ = stacks.host(1, "", f"{NO_CONFIG}\ndocker: unknown command: docker compose\n").compose.version
    assert caught.value.remedy.startswith("make /home/ada/.docker/config.json")
    assert "docker-compose-plugin" not in str(caught.value)
    with pytest.raises(Unknown) as caught:
        _ = stacks.host(1, "", NO_CONTEXT).engine.info
    assert (caught.value.check, "docker context use" in caught.value.remedy) == ("docker.healthy", True)
    with pytest.raises(Unknown) as caught:
        _ = stacks.host(1, "", NO_CONFIG).engine.info
    assert caught.value.check == "docker.healthy"
