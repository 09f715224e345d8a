"""A deployment with data, from its backup to verify, and the commands that bring data back."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lab import demo, host
from tests.lab.chat import STACK, Chat
from tests.lab.secrecy import watched_arguments

pytestmark = pytest.mark.lab
NAME = f"t-safety-{os.getpid()}"
SPIED = "/tmp/docker-arguments"
SPY = f"""#!/bin/sh
for word in "$@"; do printf '%s\\037' "$word"; done >> {SPIED}
echo >> {SPIED}
exec /usr/bin/docker "$@"
"""
SAMPLE = """
[[mongodb.samples]]
collection = "history_events"
filter = { _id = "h07" }
"""
FORBIDDEN = {"down", "prune", "--volumes", "-v", "--renew-anon-volumes", "-V"}
OURS = "--filter label=gonogo.throwaway"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The example stack, its first release seeded, on a host that writes down what docker is told."""
    made = Chat.up(NAME, tmp_path_factory.mktemp("safety"))
    try:
        host.put(NAME, "/usr/local/bin/docker", SPY.encode(), mode="0755", owner="root:root")
        made.shell(f"install -m 0666 /dev/null {SPIED}", user="root")
        made.release("v1")
        done = made.deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "no MongoDB ran before this release" in made.page()
        demo.seed(NAME)
        made.file.write_text(made.file.read_text() + SAMPLE)
        yield made
    finally:
        host.down(NAME)


@pytest.fixture(scope="module")
def second(chat: Chat) -> dict[str, Any]:
    """The record of the second release over the first."""
    chat.release("v2")
    with watched_arguments() as arguments:
        done = chat.deploy("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    chat.arguments |= arguments
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(next(event for event in reversed(events) if event["event"] == "release"))


def gonogo(chat: Chat, *words: str) -> subprocess.CompletedProcess[str]:
    return chat._run([sys.executable, "-m", "gonogo.deploy", *words])


def mongo(chat: Chat, script: str) -> str:
    head = "from chat.store import database as d\n"
    return chat.shell(f"echo {shlex.quote(head + script)} | docker exec -i chat-api python -")


def test_a_release_is_backed_up_and_the_backup_restored_before_anything_changes(
    chat: Chat, second: dict[str, Any]
) -> None:
    steps = [step["name"] for step in second["steps"]]
    assert steps.index("backup") < steps.index("restore proof") < steps.index("switch api")
    backup = second["backup"]
    assert backup["proved"] is True
    assert backup["recovery_seconds"] > 0
    assert backup["documents"] == sum(demo.COUNTS.values())
    page = chat.page()
    assert backup["name"] in page
    assert "restored and found to be the same" in page


def test_verify_proves_the_data_the_backup_the_clients_and_what_was_left_alone(
    second: dict[str, Any],
) -> None:
    found = {one["id"]: one for one in second["checks"] if one["suite"] == "verify"}
    wanted = (
        "data.counts",
        "data.intact",
        "data.sample",
        "backup.proved",
        "mongodb.clients",
        "containers.untouched",
    )
    assert {name: found[name]["status"] for name in wanted} == dict.fromkeys(wanted, "passed")
    assert all(found[name]["found"] and found[name]["evidence"] for name in wanted)
    assert "chat-mongodb" in found["containers.untouched"]["found"]


def test_a_backup_is_private_and_nothing_of_its_proof_is_left(chat: Chat, second: dict[str, Any]) -> None:
    folder = second["backup"]["folder"]
    modes = chat.shell(f"find {folder} {STACK}/.deploy/backups -type d -printf '%m\\n' | sort -u").split()
    assert modes == ["700"]
    assert chat.shell(f"find {folder} -type f -printf '%m\\n' | sort -u").split() == ["600"]
    assert chat.shell(f"docker ps -aq {OURS}; docker network ls -q {OURS}") == ""


def test_a_document_that_vanishes_is_named(chat: Chat, second: dict[str, Any]) -> None:
    mongo(chat, "d.history_events.delete_one({'_id': 'h07'})")
    code, found = chat.suite("verify")
    assert code == 1
    assert "h07" in found["data.intact"]["message"]
    assert found["containers.untouched"]["status"] == "passed"


def test_a_release_over_data_that_is_missing_already_is_refused(chat: Chat, second: dict[str, Any]) -> None:
    before = chat.containers()
    done = chat.deploy()
    assert done.returncode == 3, done.stdout + done.stderr
    assert 'known data is missing before the release: history_events {"_id": "h07"}' in done.stdout
    assert chat.containers() == before


def test_a_backup_brings_it_back_beside_the_live_data_and_over_it(chat: Chat, second: dict[str, Any]) -> None:
    name = second["backup"]["name"]
    beside = gonogo(chat, "restore", str(chat.file), name, "--into", "tried")
    assert beside.returncode == 0, beside.stdout + beside.stderr
    assert (
        mongo(chat, "print(d.client['tried'].history_events.count_documents({'_id': 'h07'}))").strip() == "1"
    )
    refused = gonogo(chat, "restore", str(chat.file), name, "--replace")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert mongo(chat, "print(d.history_events.count_documents({'_id': 'h07'}))").strip() == "0"
    over = gonogo(chat, "restore", str(chat.file), name, "--replace", "--yes")
    assert over.returncode == 0, over.stdout + over.stderr
    assert re.search(r"in the backup \S+ \(\d+ documents restored in .* found to be the same\)", over.stdout)
    assert demo.seed_counts(NAME) == demo.COUNTS
    code, found = chat.suite("verify")
    assert (code, found["data.intact"]["status"]) == (0, "passed"), found["data.intact"]["message"]


def test_backups_are_made_proved_and_listed_by_hand(chat: Chat, second: dict[str, Any]) -> None:
    made = gonogo(chat, "backup", str(chat.file), "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    listed = gonogo(chat, "backups", str(chat.file))
    assert second["backup"]["name"] in listed.stdout
    assert len(re.findall(r"chat-chat-\d{8}-\d{6}", listed.stdout)) >= 2


def test_a_database_that_was_restarted_is_told_from_one_that_was_left_alone(
    chat: Chat, second: dict[str, Any]
) -> None:
    chat.shell("docker restart chat-redis")
    _, found = chat.suite("verify")
    assert found["containers.untouched"]["status"] == "failed"
    assert "chat-redis was started again" in found["containers.untouched"]["message"]


def test_a_stack_without_a_database_in_the_target_file_is_told_so(chat: Chat, second: dict[str, Any]) -> None:
    text = chat.file.read_text()
    try:
        chat.file.write_text(text[: text.index("[mongodb]")])
        done = chat.deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the target file names no MongoDB: no backup was made" in chat.page()
        assert "restore proof" not in done.stdout
    finally:
        chat.file.write_text(text)


def test_a_release_that_fails_goes_back_without_touching_the_database(
    chat: Chat, second: dict[str, Any]
) -> None:
    before = chat.containers()["chat-mongodb"]
    chat.release("never-healthy")
    done = chat.deploy()
    assert done.returncode == 4, done.stdout + done.stderr
    assert chat.containers()["chat-mongodb"] == before
    assert demo.seed_counts(NAME) == demo.COUNTS


def test_no_command_in_all_this_could_have_removed_a_volume(chat: Chat, second: dict[str, Any]) -> None:
    """What docker was told on the host, all of the above long: L2."""
    asked = [line.rstrip("\x1f").split("\x1f") for line in chat.shell(f"cat {SPIED}").splitlines()]
    assert len(asked) > 100
    ours = [words for words in asked if words[0] != "exec"]
    assert [words for words in ours if FORBIDDEN & set(words)] == []
    assert any("up" in words for words in ours)


def test_no_secret_was_in_an_argument_list(chat: Chat, second: dict[str, Any]) -> None:
    assert chat.arguments
    assert [one for one in chat.arguments if any(secret in one for secret in chat.secrets.values())] == []
    assert not any(secret in chat.shell(f"cat {SPIED}") for secret in chat.secrets.values())
