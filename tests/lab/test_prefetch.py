"""Record and prefetch on a real host, with a user's own checks beside their stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.checks import early
from gonogo.deploy.wire import remembered
from lab import demo, faults, host, state

pytestmark = pytest.mark.lab
NAME = f"t-prefetch-{os.getpid()}"
OWN = '''
"""A user's own checks, beside their stack."""

import pytest


def test_flag(host):
    """The flag is there."""
    assert host.file("/srv/chat/flag").exists


@pytest.mark.check("mine.content", fix="Write go into it.")
def test_content(host, expect):
    text = host.run("cat /srv/chat/flag 2>/dev/null").stdout.strip()
    expect(text == "go", found=text or "nothing", expected="go")


def test_polled(host):
    answers = {host.run("cat /proc/sys/kernel/random/uuid").stdout for _ in range(3)}
    assert len(answers) == 3


def test_written(host):
    host.run("date +%N >> /tmp/written")
    assert host.file("/tmp/written").exists
'''


@dataclass
class Own:
    """A target on a lab host, and a file of own checks."""

    made: host.Host
    folder: Path

    @property
    def target(self) -> Path:
        return self.folder / "own.toml"

    def run(self, *options: str) -> tuple[int, str, dict[str, dict[str, str]]]:
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        argv = [
            sys.executable,
            "-m",
            "pytest",
            "checks/preflight/test_ssh.py",
            str(self.folder / "test_own.py"),
        ]
        argv += ["--target", str(self.target), "--results", str(results), *options]
        done = subprocess.run(argv, cwd=state.ROOT, capture_output=True, text=True, check=False)
        rows = [json.loads(line) for line in results.read_text().splitlines()]
        return done.returncode, done.stdout, {row["id"]: row for row in rows if "id" in row}

    def shell(self, script: str) -> str:
        return host.execute(self.made.name, script).stdout.decode()

    @property
    def record(self) -> Path:
        return remembered.file_of(early.CACHE, self.made.alias, self.made.config, ["preflight"])


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    made = host.up(NAME)
    found = Own(made, tmp_path_factory.mktemp("own"))
    found.target.write_text(demo.target_text(made, found.folder))
    (found.folder / "test_own.py").write_text(OWN)
    try:
        yield found
    finally:
        found.record.unlink(missing_ok=True)
        host.down(NAME)


def test_answers_are_always_of_this_run(own: Own) -> None:
    _, out, first = own.run()
    assert "\n0 of " in out
    assert (first["own.flag"]["status"], first["mine.content"]["status"]) == ("failed", "failed")
    own.shell("echo go > /srv/chat/flag")
    _, out, second = own.run()
    assert "\n0 of " not in out, "this time the questions went ahead"
    assert (second["own.flag"]["status"], second["mine.content"]["status"]) == ("passed", "passed")
    own.shell("echo stop > /srv/chat/flag")
    _, _, third = own.run()
    assert third["mine.content"]["found"] == "stop"


def test_polling_is_answered_live(own: Own) -> None:
    assert [own.run()[2]["own.polled"]["status"] for _ in range(2)] == ["passed", "passed"]


def test_what_changes_something_is_never_asked_ahead(own: Own) -> None:
    own.run()
    before = int(own.shell("wc -l < /tmp/written"))
    own.run()
    assert int(own.shell("wc -l < /tmp/written")) == before + 1
    assert "/tmp/written" not in json.dumps(
        [
            q.command
            for asked in remembered.load(own.record).questions.values()
            for q in asked
            if "date" in q.command
        ]
    )


def test_the_record_is_for_this_user_alone_and_holds_no_answer(own: Own) -> None:
    own.shell("echo a-very-special-answer > /srv/chat/flag")
    own.run()
    assert own.record.stat().st_mode & 0o777 == 0o600
    assert "a-very-special-answer" not in own.record.read_text()


def test_a_host_that_went_away_is_one_failure_and_the_rest_is_blocked(own: Own) -> None:
    own.run()
    own.target.write_text(own.target.read_text() + "\n[thresholds]\nconnect_timeout_s = 2\n")
    with faults.cut_off(NAME):
        code, _, found = own.run()
    assert code == 1
    status = {name: row["status"] for name, row in found.items()}
    assert [name for name in status if status[name] == "failed"] == ["ssh.reachable"]
    assert {status[name] for name in status if name != "ssh.reachable"} <= {"blocked", "skipped", "passed"}
    assert status["own.flag"] == "blocked"
    assert not [line for line in _processes() if "ssh_config" in line and str(own.made.folder) in line]


def _processes() -> list[str]:
    return subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
