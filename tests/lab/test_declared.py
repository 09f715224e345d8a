"""Declared questions on a real host, with a user's own checks: each run is like the first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import demo, faults, host, state

pytestmark = pytest.mark.lab
NAME = f"t-declared-{os.getpid()}"
OWN = '''
"""A user's own checks, beside their stack."""

import subprocess
import time
import uuid

import pytest

SSH = ["ssh", "-F", {config!r}, {alias!r}]


def there(host, path):
    """Whether a file is there, as each way of asking says."""
    return host.run("test -e %s", path).succeeded, host.file(path).exists, path in host.paths(path).places


def test_flag(host):
    """The flag is there."""
    assert host.file("/srv/chat/flag").exists


@pytest.mark.check("mine.content", fix="Write go into it.")
def test_content(host, expect):
    text = host.run("cat /srv/chat/flag 2>/dev/null").stdout.strip()
    expect(text == "go", found=text or "nothing", expected="go")


def test_changed_from_outside(host):
    for _ in range(2):
        word = uuid.uuid4().hex
        subprocess.run([*SSH, f"echo {{word}} > /tmp/outside"], check=True)
        assert host.run("cat /tmp/outside").stdout.strip() == word
        assert host.file("/tmp/outside").content_string.strip() == word


def test_polled(host):
    assert there(host, "/tmp/polled") == (False, False, False)
    later = subprocess.Popen([*SSH, "sleep 0.7; touch /tmp/polled"])
    limit = time.monotonic() + 20
    while not host.run("test -e /tmp/polled").succeeded and time.monotonic() < limit:
        time.sleep(0.1)
    later.wait()


def test_read_after_it_was_polled(host):
    assert there(host, "/tmp/polled") == (True, True, True)


def test_made(host):
    assert there(host, "/tmp/made") == (False, False, False)
    host.run("(test -f /tmp/made)||touch /tmp/made")


def test_read_after_it_was_made(host):
    assert there(host, "/tmp/made") == (True, True, True)


def test_counted(host):
    host.run("echo once >> /tmp/counted")


def test_refreshed(host):
    before = host.paths("/tmp/refreshed").places
    subprocess.run([*SSH, "touch /tmp/refreshed"], check=True)
    assert host.paths("/tmp/refreshed").places == before == {{}}
    host.refresh()
    assert "/tmp/refreshed" in host.paths("/tmp/refreshed").places
'''
CLEAR = "rm -f /tmp/outside /tmp/polled /tmp/made /tmp/counted /tmp/refreshed"
ALONE = """
import subprocess

SSH = ["ssh", "-F", {config!r}, {alias!r}]


def test_before(host):
    assert host.paths("/tmp/alone").places == {{}}
    subprocess.run([*SSH, "touch /tmp/alone"], check=True)


def test_after(host):
    assert "/tmp/alone" in host.paths("/tmp/alone").places
"""


@dataclass
class Own:
    """A target on a lab host, and a file of own checks."""

    made: host.Host
    folder: Path

    @property
    def target(self) -> Path:
        return self.folder / "own.toml"

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text.format(config=str(self.made.config), alias=self.made.alias))
        return file

    def run(self, *named: str) -> tuple[int, str, dict[str, dict[str, str]]]:
        """Run preflight with the own checks, or only what is named, on a host where none of it ran."""
        self.shell(CLEAR)
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        chosen = named or ("checks/preflight", str(self.folder / "test_own.py"))
        argv = [sys.executable, "-m", "pytest", *chosen]
        argv += ["--target", str(self.target), "--results", str(results)]
        done = subprocess.run(argv, cwd=state.ROOT, capture_output=True, text=True, check=False)
        rows = [json.loads(line) for line in results.read_text().splitlines()]
        return done.returncode, done.stdout, {row["id"]: row for row in rows if "id" in row}

    def shell(self, script: str) -> str:
        return host.execute(self.made.name, script).stdout.decode()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    made = host.up(NAME)
    found = Own(made, tmp_path_factory.mktemp("own"))
    found.target.write_text(demo.target_text(made, found.folder))
    found.write("test_own.py", OWN)
    try:
        yield found
    finally:
        host.down(NAME)


def test_a_first_and_a_second_run_agree(own: Own) -> None:
    own.shell("rm -f /srv/chat/flag")
    runs = [own.run() for _ in range(2)]
    first, second = ({name: row["status"] for name, row in found.items()} for _, _, found in runs)
    assert first == second
    mine = {name: status for name, status in first.items() if name.startswith(("own.", "mine."))}
    assert {name for name, status in mine.items() if status == "failed"} == {"own.flag", "mine.content"}
    assert set(mine.values()) == {"failed", "passed"}, mine
    ahead = [re.search(r"^(\d+) questions were asked ahead", out, re.MULTILINE) for _, out, _ in runs]
    assert all(one and int(one[1]) >= 10 for one in ahead)
    assert own.shell("cat /tmp/counted").split() == ["once"], "each command of a test ran once"


def test_smoke_tests_of_a_first_and_a_second_run_agree(own: Own) -> None:
    own.shell("rm -f /srv/chat/flag")
    before = own.target.read_text()
    # Nothing runs there, and a health endpoint would be waited for.
    bare = re.sub(r"\[\[health\]\]\n(?:.+\n)*", "", before)
    own.target.write_text(f'{bare}\n[smoke]\nfiles = ["test_own.py"]\n')
    try:
        runs = [own.run("checks/verify") for _ in range(2)]
    finally:
        own.target.write_text(before)
    first, second = ({name: row["status"] for name, row in found.items()} for _, _, found in runs)
    assert first == second
    mine = {name: status for name, status in first.items() if name.startswith(("own.", "mine."))}
    assert {name for name, status in mine.items() if status == "failed"} == {"own.flag", "mine.content"}
    assert set(mine.values()) == {"failed", "passed"}, mine
    assert not any("asked ahead" in out for _, out, _ in runs)
    assert own.shell("cat /tmp/counted").split() == ["once"]


def test_answers_are_always_of_this_run(own: Own) -> None:
    for word in ("go", "stop"):
        own.shell(f"echo {word} > /srv/chat/flag")
        _, _, found = own.run()
        assert found["own.flag"]["status"] == "passed"
        assert found["mine.content"]["found"] == word


def test_a_test_that_runs_without_preflight_begins_a_new_snapshot(own: Own) -> None:
    own.shell("rm -f /tmp/alone")
    _, out, found = own.run(str(own.write("test_alone.py", ALONE)))
    assert {name: row["status"] for name, row in found.items()} == {
        "alone.before": "passed",
        "alone.after": "passed",
    }
    assert "asked ahead" not in out


def test_for_one_check_nothing_is_asked_ahead(own: Own) -> None:
    _, out, found = own.run("checks/preflight/test_ssh.py")
    assert found["ssh.reachable"]["status"] == "passed"
    assert "asked ahead" not in out


def test_a_host_that_went_away_is_one_failure_and_the_rest_is_blocked(own: Own) -> None:
    own.target.write_text(own.target.read_text() + "\n[thresholds]\nconnect_timeout_s = 2\n")
    with faults.cut_off(NAME):
        code, _, found = own.run("checks/preflight/test_ssh.py", str(own.folder / "test_own.py"))
    assert code == 1
    status = {name: row["status"] for name, row in found.items()}
    assert status["ssh.reachable"] == "failed"
    assert status["own.flag"] == "blocked"
    assert {status[name] for name in status if name.startswith("ssh.")} <= {"failed", "blocked", "skipped"}
    assert not [line for line in _processes() if "ssh_config" in line and str(own.made.folder) in line]


def _processes() -> list[str]:
    return subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
