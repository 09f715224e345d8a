"""Ways back and on: to an earlier release by hand, and on from a runner that was killed; on a real host."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab import demo, host
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab
NAME = f"t-recovery-{os.getpid()}"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The example stack with two releases, the second one running."""
    made = Chat.up(NAME, tmp_path_factory.mktemp("recovery"))
    try:
        for name in ("v1", "v2"):
            made.release(name)
            done = made.deploy()
            assert done.returncode == 0, done.stdout + done.stderr
            if name == "v1":
                demo.seed(NAME)
        yield made
    finally:
        host.down(NAME)


def gonogo(chat: Chat, *words: str, reports: bool = True) -> subprocess.CompletedProcess[str]:
    more = ["--reports", str(chat.published)] if reports else []
    done = chat._run([sys.executable, "-m", "gonogo.deploy", words[0], str(chat.file), *more, *words[1:]])
    assert "Traceback" not in done.stderr
    return done


def current(chat: Chat) -> str:
    return chat.shell(f"basename $(readlink {STACK}/.deploy/current)").strip()


def killed(chat: Chat, at: str) -> None:
    status, said = chat.cut_off(at, signal.SIGKILL)
    assert status == -signal.SIGKILL, said


def test_back_to_the_release_before_and_forward_again(chat: Chat) -> None:
    second, stores = (
        current(chat),
        {n: i for n, i in chat.containers().items() if n not in ("chat-api", "chat-web")},
    )
    back = gonogo(chat, "rollback")
    assert back.returncode == 0, back.stdout + back.stderr
    assert chat.health()["version"] == "1.0.0"
    assert demo.seed_counts(NAME) == demo.COUNTS
    assert {n: i for n, i in chat.containers().items() if n in stores} == stores
    forward = gonogo(chat, "rollback", "--to", second)
    assert forward.returncode == 0, forward.stdout + forward.stderr
    assert (chat.health()["version"], current(chat)) == ("2.0.0", second)
    told = gonogo(chat, "history", reports=False).stdout
    assert len(re.findall(r"deployed: back to", told)) == 2


def test_a_release_that_is_not_there_is_named_with_those_that_are(chat: Chat) -> None:
    before = chat.containers()
    done = gonogo(chat, "rollback", "--to", "v99")
    assert done.returncode == 3
    assert "there is no release v99; there are: " in done.stdout
    assert current(chat) in done.stdout
    assert chat.containers() == before


def test_a_release_whose_volume_is_another_is_never_gone_back_to(chat: Chat) -> None:
    """L3, L4: the way back to a release that mounts something else is closed."""
    earlier = [one for one in chat.shell(f"ls {STACK}/.deploy/releases").split() if one != current(chat)]
    goal = next(one for one in earlier if not one.startswith("rollback-"))
    file = f"{STACK}/.deploy/releases/{goal}/compose.yaml"
    kept = chat.shell(f"cat {file}")
    before = chat.containers()
    try:
        host.put(NAME, file, kept.replace("mongodb-data", "elsewhere").encode())
        done = gonogo(chat, "rollback", "--to", goal)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "would not find its data where it lies now" in done.stdout
        assert chat.containers() == before
    finally:
        host.put(NAME, file, kept.encode())


def test_a_runner_killed_before_the_switch_leaves_nothing_that_resume_does_not_clear(chat: Chat) -> None:
    before, release = chat.containers(), current(chat)
    chat.release("v1")
    killed(chat, "trial start …")
    status = gonogo(chat, "status", reports=False)
    assert status.returncode == 1
    assert "died and left its lock" in status.stdout
    assert f"run `gonogo resume {chat.file}`" in status.stdout
    locked = chat.deploy()
    assert (locked.returncode, "gonogo resume" in locked.stdout) == (6, True)
    done = gonogo(chat, "resume")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "before anything was changed" in done.stdout
    assert (chat.containers(), current(chat)) == (before, release)
    ours = "--filter label=gonogo.throwaway"
    assert chat.shell(f"docker ps -aq {ours}; docker network ls -q {ours}") == ""
    assert gonogo(chat, "status", reports=False).returncode == 0
    again = gonogo(chat, "resume")
    assert "nothing to resume" in again.stdout


def test_a_runner_killed_in_the_switch_is_brought_to_its_end(chat: Chat) -> None:
    chat.release("v1")
    killed(chat, "switch web …")
    done = gonogo(chat, "resume", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    record = next(event for event in reversed(events) if event["event"] == "release")
    assert record["verdict"] == "deployed"
    assert chat.health()["version"] == "1.0.0"
    assert record["summary"].startswith(f"resumed {current(chat)}: ")
    assert any("the downtime of the run that was cut off is not known" in note for note in record["notes"])
    assert record["version"].startswith("resume-"), "the report of the run that was cut off stays"
    assert all(one["size_after"] for one in record["services"])
    assert demo.seed_counts(NAME) == demo.COUNTS
    assert chat.shell(f"ls {STACK}/.deploy/lock 2>/dev/null || echo free").strip() == "free"
    assert gonogo(chat, "status", reports=False).returncode == 0


def test_a_runner_killed_with_a_release_that_is_no_good_goes_back(chat: Chat) -> None:
    release = current(chat)
    chat.release("never-healthy")
    killed(chat, "switch api …")
    done = gonogo(chat, "resume")
    assert done.returncode == 4, done.stdout + done.stderr
    assert (chat.health()["version"], current(chat)) == ("1.0.0", release)
    assert demo.seed_counts(NAME) == demo.COUNTS


def test_a_release_that_was_never_verified_is_not_gone_back_to(chat: Chat) -> None:
    before, now = chat.containers(), current(chat)
    runs = [json.loads(one) for one in gonogo(chat, "history", "--json", reports=False).stdout.splitlines()]
    failed = next(one["version"] for one in runs if one["outcome"] == "rolled-back")
    done = gonogo(chat, "rollback", "--to", failed)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"{failed} was never verified (rolled-back): go to one that was (" in done.stdout
    assert "or deploy its sources again" in done.stdout
    same = gonogo(chat, "rollback", "--to", now)
    assert (same.returncode, f"{now} runs already" in same.stdout) == (3, True)
    assert chat.containers() == before


def test_a_password_that_was_changed_since_is_told_before_anything_is_touched(chat: Chat) -> None:
    before, now = chat.containers(), current(chat)
    runs = [json.loads(one) for one in gonogo(chat, "history", "--json", reports=False).stdout.splitlines()]
    good = [one["version"] for one in runs if one["outcome"] == "deployed"]
    goal = next(one for one in release_folders(chat) if one != now and one in good)
    file = f"{STACK}/.deploy/releases/{goal}/.env"
    kept = chat.shell(f"cat {file}")
    name = "MONGO_INITDB_ROOT_PASSWORD"
    try:
        host.put(NAME, file, re.sub(f"(?m)^{name}=.*$", f"{name}=of-another-day", kept).encode())
        refused = gonogo(chat, "rollback", "--to", goal)
    finally:
        host.put(NAME, file, kept.encode())
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert f"the password of MongoDB was changed since {goal}" in refused.stdout
    assert f"give that user the password of then again, which is in {file} there" in refused.stdout
    assert "of-another-day" not in refused.stdout
    assert chat.containers() == before


def test_back_after_a_run_that_was_cut_off_in_the_switch_is_to_what_ran_before_it(chat: Chat) -> None:
    before = current(chat)
    image = chat.shell("docker inspect -f '{{.Image}}' chat-api")
    chat.release("v2")
    killed(chat, "switch web …")
    assert current(chat) == before
    gonogo(chat, "unlock", reports=False)
    done = gonogo(chat, "rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"back to {before}: started api" in done.stdout
    assert (current(chat), chat.shell("docker inspect -f '{{.Image}}' chat-api")) == (before, image)
    assert "nothing to resume" in gonogo(chat, "resume").stdout


def test_unlock_keeps_its_reason(chat: Chat) -> None:
    host.put(
        NAME,
        f"{STACK}/.deploy/lock",
        b'{"who": "ada", "machine": "laptop", "pid": 7, "version": "v", "since": "s"}',
    )
    gonogo(chat, "unlock", "--reason", "she went home", reports=False)
    assert "she went home" in gonogo(chat, "history", reports=False).stdout


OURS = ("chat-", "gonogo-lab/redis:", "gonogo-lab/mongo:")
"""How the tags of the stack's images begin: those that are built, and those that every release needs on."""


def test_old_releases_are_removed_with_their_images_and_nothing_else_is(chat: Chat) -> None:
    chat.release("v1")
    chat.shell("docker tag gonogo-lab/redis:latest theirs:1")
    before = release_folders(chat)
    assert len(before) > 3
    chat.file.write_text(chat.file.read_text() + "\n[releases]\nkeep = 2\n")
    done = chat.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    after = release_folders(chat)
    assert current(chat) in after
    assert len(after) <= 3
    tags = chat.shell("docker images --format '{{.Repository}}:{{.Tag}}'").split()
    assert "theirs:1" in tags
    assert {one.split(":")[1] for one in tags if one.startswith(OURS)} <= {*after, "latest"}
    back = gonogo(chat, "rollback")
    assert back.returncode == 0, back.stdout + back.stderr


def release_folders(chat: Chat) -> list[str]:
    return [
        one for one in chat.shell(f"ls {STACK}/.deploy/releases").split() if not one.startswith("rollback-")
    ]
