"""The plan: it leaves no trace on the target, and what it foretells is what a deployment then does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import host
from tests.lab.chat import Chat, difference
from tests.lab.secrecy import leaks

pytestmark = pytest.mark.lab
NAME = f"t-plan-{os.getpid()}"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A host on which nothing was ever deployed."""
    made = Chat.up(NAME, tmp_path_factory.mktemp("plan"))
    yield made
    host.down(NAME)


def gonogo(chat: Chat, *arguments: str) -> subprocess.CompletedProcess[str]:
    return chat._run([sys.executable, "-m", "gonogo.deploy", *arguments])


def events(done: subprocess.CompletedProcess[str], code: int = 0) -> dict[str, dict[str, Any]]:
    """The last event of each kind that was printed."""
    assert done.returncode == code, done.stdout + done.stderr
    return {row["event"]: row for row in map(json.loads, done.stdout.splitlines())}


def foretold(chat: Chat, *command: str) -> dict[str, Any]:
    """The plan, after a proof that making it changed nothing on the host."""
    before = chat.snapshot()
    found = events(gonogo(chat, *command, str(chat.file), "--json", "--reports", str(chat.published)))
    assert difference(before, chat.snapshot()) == []
    assert found["release"]["verdict"] == "go"
    return found["plan"]


def actions(record: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["service"]: (one["action"], one["image_before"]) for one in record["services"]}


def deployed(chat: Chat) -> dict[str, Any]:
    before = chat.containers()
    record = events(chat.deploy("--json"))["release"]
    after = chat.containers()
    changed = {name.removeprefix("chat-") for name in after if after[name] != before.get(name)}
    assert changed == {name for name, (action, _) in actions(record).items() if action != "unchanged"}
    return record


def sent_mb(record: dict[str, Any]) -> float:
    (detail,) = [step["detail"] for step in record["steps"] if step["name"] == "transfer"]
    return float(detail.split(",")[1].split()[0]) if "MB" in detail else 0.0


def test_the_first_release(chat: Chat) -> None:
    chat.release("v1")
    plan = foretold(chat, "plan")
    assert {name: action for name, (action, _) in actions(plan).items()} == dict.fromkeys(
        ("mongodb", "redis", "api", "web"), "created"
    )
    assert plan["transfer"]["bytes"] is None, "nothing tells the size of what was never built"
    assert (plan["previous"], plan["commits"], plan["unavailable"]) == ("", [], {})
    assert plan["steps"][:3] == ["lock", "preflight", "build api, web"]
    assert actions(deployed(chat)) == actions(plan)


def test_the_second_release(chat: Chat) -> None:
    chat.release("v2")
    plan = foretold(chat, "deploy", "--dry-run")
    told = {one["service"]: (one["action"], one["why"]) for one in plan["services"]}
    assert told["redis"] == ("unchanged", "image and configuration are the same")
    assert told["api"][0] == "replaced"
    assert "it is built from" in told["api"][1]
    assert [commit.split(" ", 1)[1] for commit in plan["commits"]] == ["Release v2"]
    assert set(plan["unavailable"]) == {"api", "web"}
    assert all(0 < seconds < 60 for seconds in plan["unavailable"].values())
    assert plan["transfer"]["estimated"]
    record = deployed(chat)
    assert actions(record) == actions(plan)
    assert sent_mb(record) <= 1.1 * plan["transfer"]["bytes"] / 1e6
    switched = [step["name"] for step in record["steps"] if step["name"].startswith("switch")]
    assert [step for step in plan["steps"] if step.startswith("switch")] == switched


def test_the_same_release_again(chat: Chat) -> None:
    plan = foretold(chat, "plan")
    assert {action for action, _ in actions(plan).values()} == {"unchanged"}
    assert plan["transfer"]["images"] == []
    done = gonogo(chat, "plan", str(chat.file), "--strict", "--reports", str(chat.published))
    assert done.returncode == 1
    assert "failed: release.newer" in done.stdout
    assert "plan …" not in done.stdout
    record = deployed(chat)
    assert actions(record) == actions(plan)
    assert sent_mb(record) == 0


def test_a_changed_environment(chat: Chat) -> None:
    chat.env(JWT_SECRET="another secret that is long enough")
    chat.secrets["JWT_SECRET"] = "another secret that is long enough"
    plan = foretold(chat, "plan")
    told = {one["service"]: one["why"] for one in plan["services"] if one["action"] == "replaced"}
    assert told == {"api": "its configuration changed"}
    assert actions(deployed(chat)) == actions(plan)


def test_a_plan_is_for_people_too(chat: Chat) -> None:
    chat.release("v1")
    done = gonogo(chat, "plan", str(chat.file), "--reports", str(chat.published))
    assert done.returncode == 0, done.stdout
    for part in ("downtime  api about", "transfer  chat-api", "commits", "6. ", "what ships: 1 commit since"):
        assert part in done.stdout
    assert "Release v1" in chat.page()
    chat.release("v2")


def test_a_no_go_is_judged_again_without_the_target(chat: Chat) -> None:
    chat.shell("docker stop -t 0 chat-web")
    try:
        record = events(chat.deploy("--json"), code=1)["release"]
    finally:
        chat.shell("docker start chat-web")
    failed = {one["id"] for one in record["checks"] if one["status"] == "failed"}
    assert failed == {"health.baseline"}
    (folder,) = chat.published.glob(f"*/{record['version']}")
    away = chat.made.config.with_suffix(".away")
    Path(chat.made.config).rename(away)
    try:
        done = gonogo(chat, "replay", str(folder))
        file = gonogo(chat, "replay", str(folder / "preflight.recording.json"))
    finally:
        away.rename(chat.made.config)
    assert (done.returncode, file.returncode) == (1, 1)
    for text in (done.stdout, file.stdout):
        assert [line.split()[1] for line in text.splitlines() if line.startswith("FAILED   ")] == [
            "health.baseline:"
        ]
        assert "chat-web (exited" in text
        assert "judged again from a recording of" in text
    texts = {file.name: file.read_text(errors="replace") for file in folder.iterdir()}
    assert "chat-web" in texts["preflight.recording.json"]
    assert leaks(list(chat.secrets.values()), texts) == []


def test_a_folder_without_a_recording(chat: Chat) -> None:
    done = gonogo(chat, "replay", str(chat.folder))
    assert done.returncode == 2
    assert "holds no recording" in done.stderr
