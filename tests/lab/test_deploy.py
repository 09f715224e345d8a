"""Deployments of the example stack: two releases, the broken ones, a second deployer, and what they leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.release.lock import Holder
from lab import demo, host, state
from tests.lab.chat import STACK, Chat, difference
from tests.lab.secrecy import leaks, watched_arguments

pytestmark = pytest.mark.lab
NAME = f"t-deploy-{os.getpid()}"
STORES = ("chat-mongodb", "chat-redis")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A host on which nothing was ever deployed."""
    made = Chat.up(NAME, tmp_path_factory.mktemp("deploy"))
    yield made
    host.down(NAME)


@pytest.fixture(scope="module")
def first(chat: Chat) -> Chat:
    """The first release, seeded."""
    chat.release("v1")
    done = chat.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    demo.seed(NAME)
    return chat


@pytest.fixture(scope="module")
def second(first: Chat) -> Chat:
    """The second release over the first."""
    before = first.containers()
    first.release("v2")
    with watched_arguments() as arguments:
        done = first.deploy("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    first.arguments |= arguments
    after = first.containers()
    assert [name for name in after if after[name] != before[name]] == ["chat-api", "chat-web"]
    return first


def test_a_broken_first_release_leaves_nothing_running(chat: Chat) -> None:
    chat.release("exits-at-once")
    done = chat.deploy()
    assert done.returncode == 4, done.stdout + done.stderr
    assert "chat-api is crash-looping" in done.stdout
    assert chat.containers() == {}
    assert "broken" in chat.page(), "the container's log is in the report"
    (file,) = chat.published.glob("*/*/release.json")
    kept = json.loads(json.loads(file.read_text())["inspections"]["chat-api"])
    assert "JWT_SECRET=[redacted]" in kept["Config"]["Env"]
    assert chat.shell(f"ls -A {STACK}/.deploy/current 2>/dev/null || echo none").strip() == "none"


@pytest.mark.tried("tar")
def test_the_second_release_keeps_the_data_and_the_stores(second: Chat) -> None:
    assert second.health()["version"] == "2.0.0"
    assert demo.seed_counts(NAME) == demo.COUNTS
    events = [json.loads(line) for line in second.outputs[-2].splitlines()]
    record = next(event for event in reversed(events) if event["event"] == "release")
    assert (record["verdict"], record["exit_code"]) == ("deployed", 0)
    actions = {change["service"]: change["action"] for change in record["services"]}
    assert actions == {"mongodb": "unchanged", "redis": "unchanged", "api": "replaced", "web": "replaced"}
    assert {row["collection"]: (row["before"], row["after"]) for row in record["data"]} == {
        name: (count, count) for name, count in demo.COUNTS.items()
    }


def test_what_a_release_leaves_on_the_target(second: Chat) -> None:
    version = Path(second.shell(f"readlink {STACK}/.deploy/current").strip()).name
    folder = f"{STACK}/.deploy/releases/{version}"
    assert second.shell(f"ls {folder}").split() == [
        "baseline.json",
        "compose.yaml",
        "env",
        "images.yaml",
        "release.json",
    ]
    assert second.shell(f"find {folder} -type f -printf '%m\\n' | sort -u").split() == ["600"]
    assert second.shell(f"cmp {folder}/.env {STACK}/.env") == "", "its env file lies with the release"
    record = json.loads(second.shell(f"cat {folder}/release.json"))
    running = second.shell("docker inspect -f '{{.Image}}' chat-api").strip()
    assert record["images"]["api"]["id"] == running
    assert second.shell(f"ls {STACK}/.deploy/lock 2>/dev/null || echo free").strip() == "free"
    lines = [json.loads(line) for line in second.shell(f"cat {STACK}/.deploy/journal.jsonl").splitlines()]
    states = [(line["step"], line["state"]) for line in lines if line["version"] == version]
    assert states[0] == ("transfer", "begun")
    assert states.index(("restore proof", "done")) < states.index(("switch api", "begun"))
    assert states[-1] == ("end", "deployed")


def test_the_report_shows_checks_evidence_steps_and_links(second: Chat) -> None:
    page = second.page()
    for part in ("deployed", "ports.free", "docker version", "switch api", "expected", "history_events"):
        assert part in page
    pages = sorted(second.published.glob("*/*/index.html"), key=lambda file: file.stat().st_mtime)
    assert {file.name for file in pages[-1].parent.glob("*.html")} >= {"preflight.html", "verify.html"}
    assert 'href="preflight.html"' in page
    assert oct(pages[-1].stat().st_mode)[-3:] == "600"


def test_the_same_release_again_touches_nothing(second: Chat) -> None:
    before = second.containers()
    done = second.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing had to change" in done.stdout
    assert second.containers() == before


def test_verify_alone_says_what_it_compares_with(second: Chat) -> None:
    code, found = second.suite("verify")
    assert code == 0
    assert "verified against: release" in second.outputs[-2]
    assert found["images.running"]["status"] == "passed"
    second.shell(f"mv {STACK}/.deploy {STACK}/.away")
    try:
        code, found = second.suite("verify")
    finally:
        second.shell(f"mv {STACK}/.away {STACK}/.deploy")
    assert code == 0
    assert "no baseline, the absolute conditions alone" in second.outputs[-2]
    assert found["images.running"]["status"] == "skipped"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("never-healthy", "chat-api is unhealthy; its health check said: "),
        ("exits-at-once", "chat-api is crash-looping"),
        ("wrong-credentials", "chat-api is unhealthy"),
    ],
)
def test_a_broken_release_is_rolled_back(second: Chat, name: str, says: str) -> None:
    stores = {key: value for key, value in second.containers().items() if key in STORES}
    image = second.shell("docker inspect -f '{{.Image}}' chat-api")
    current = second.shell(f"readlink {STACK}/.deploy/current")
    second.release(name)
    done = second.deploy()
    assert done.returncode == 4, done.stdout + done.stderr
    assert says in done.stdout
    assert "ROLLED-BACK" in done.stdout
    assert second.health()["version"] == "2.0.0"
    assert second.shell("docker inspect -f '{{.Image}}' chat-api") == image
    assert second.shell(f"readlink {STACK}/.deploy/current") == current
    assert {key: value for key, value in second.containers().items() if key in STORES} == stores
    assert demo.seed_counts(NAME) == demo.COUNTS
    second.release("v2")


def test_documents_that_vanish_are_noticed(second: Chat) -> None:
    move = (
        "from chat.store import database as d; d.{to}.insert_one(d.{of}.find_one_and_delete(dict(_id='h07')))"
    )
    away, back = move.format(to="away", of="history_events"), move.format(to="history_events", of="away")
    second.shell(f'docker exec chat-api python -c "{away}"')
    code, found = second.suite("verify")
    second.shell(f'docker exec chat-api python -c "{back}; d.away.drop()"')
    assert code == 1
    assert found["data.counts"]["status"] == "failed"
    assert "history_events (append-only) had 36 documents and has 35" in found["data.counts"]["message"]
    assert second.suite("verify")[0] == 0


def test_a_second_deployer_is_told_who_holds_the_lock(second: Chat) -> None:
    holder = Holder(who="ada", machine="laptop", pid=7, version="v9", since="2025-10-11T01:47:36+00:00")
    host.put(NAME, f"{STACK}/.deploy/lock", holder.model_dump_json().encode())
    before = second.snapshot()
    done = second.deploy()
    assert done.returncode == 6
    assert "ada on laptop (pid 7) deploys v9 there since 2025-10-11T01:47:36+00:00" in done.stdout
    assert difference(before, second.snapshot()) == []
    unlock = [sys.executable, "-m", "gonogo.deploy", "unlock", str(second.file)]
    told = subprocess.run(unlock, cwd=state.ROOT, capture_output=True, text=True, check=True).stdout
    assert "removed the lock of ada on laptop" in told


def test_an_interrupted_deployment_changes_no_container(second: Chat) -> None:
    second.release("v1")
    before = second.containers()
    status, said = second.cut_off("transfer …", signal.SIGTERM)
    assert status == 130, said
    assert "interrupted" in said
    assert second.containers() == before
    assert second.shell(f"ls {STACK}/.deploy/lock 2>/dev/null || echo free").strip() == "free"
    second.release("v2")


def test_whoever_says_no_to_the_plan_has_changed_nothing(second: Chat) -> None:
    before = second.snapshot()
    argv = [
        sys.executable,
        "-m",
        "gonogo.deploy",
        "deploy",
        str(second.file),
        "--reports",
        str(second.published),
    ]
    leader, follower = os.openpty()
    process = subprocess.Popen(
        argv, cwd=state.ROOT, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    os.write(leader, b"n\n")
    said = process.stdout.read()
    assert process.wait(60) == 1, said
    assert "Deploy this to chat?" in said
    assert "switch" not in said.partition("Deploy this")[2]
    assert "nobody said yes to the plan; nothing was touched" in said
    assert difference(before, second.snapshot()) == []


def test_a_target_that_cannot_be_reached_is_a_no_go_with_a_report(second: Chat) -> None:
    second.target((f'host = "{second.made.alias}"', 'host = "ssh://deploy@127.0.0.1:1"'))
    done = second.deploy()
    second.target()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ssh.reachable" in done.stdout
    assert "Connection refused" in done.stdout or "nothing listens" in done.stdout
    assert "ssh.reachable" in second.page()


def test_no_secret_is_in_any_output_log_or_report(second: Chat) -> None:
    texts = {f"output {number}": text for number, text in enumerate(second.outputs)}
    texts |= {
        str(file): file.read_text(errors="replace") for file in second.folder.rglob("*") if file.is_file()
    }
    there = second.shell(
        f"cat {STACK}/.deploy/journal.jsonl {STACK}/.deploy/releases/*/* /tmp/* 2>/dev/null || true"
    )
    texts["the files on the target"] = there
    texts["argument lists"] = "\n".join(second.arguments)
    assert len(texts) > 20
    assert "docker compose" in texts["argument lists"], "the target's processes were seen"
    assert leaks(list(second.secrets.values()), texts) == []
