"""Bad input on a real host with the real Compose: env files, compose files and names of every nasty kind.

Whatever they hold, each check ends with a sentence, nothing of it is run by a shell, and nothing is touched.
"""

from __future__ import annotations

import os
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target
from gonogo.reports.model import CheckResult
from lab import host
from tests import harness

pytestmark = pytest.mark.lab
NAME = f"t-bad-{os.getpid()}"
CANARY = "gonogo-canary"
NASTY = f"-rf $(touch {CANARY}) `touch {CANARY}` ;touch {CANARY}; 'q' \"d\" %s {{{{.Id}}}} größe"
COMPOSE = "services:\n  cache:\n    image: gonogo-lab/redis:latest\n    environment: {TOKEN: '${TOKEN-}'}\n"
STATE = "ls -laR /srv/bad; sha256sum /srv/bad/.env; docker ps -aq; docker volume ls"
TEXTS = st.text(alphabet=string.printable + "ö\ufeff", max_size=60)
EASY = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Ground:
    """A folder here and one on the lab host, and a connection to it."""

    made: host.Host
    folder: Path
    connection: Connection

    def target(self, path: str = "/srv/bad", more: str = "") -> Target:
        file = self.folder / "bad.toml"
        lines = [f'host = "{self.made.alias}"', f"path = {_toml(path)}", 'compose_files = ["compose.yaml"]']
        lines += ['project = "bad"', f'ssh.config_file = "{self.made.config}"']
        file.write_text("\n".join([*lines, more]))
        return target_file.load(file)

    def put(self, path: str, data: bytes) -> None:
        host.put(self.made.name, path, data)

    def judged(self, target: Target) -> dict[str, CheckResult]:
        return harness.over(self.connection, target)

    def canaries(self) -> str:
        found = host.execute(self.made.name, f"find / -xdev -name '{CANARY}*' 2>/dev/null", user="root")
        return found.stdout.decode()


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("bad")
    made = host.up(NAME)
    try:
        (folder / "compose.yaml").write_text(COMPOSE)
        host.execute(NAME, "install -d -o deploy -g deploy /srv/bad", user="root")
        found = Ground(made, folder, None)  # type: ignore[arg-type]
        with Connection.open(found.target()) as found.connection:
            yield found
    finally:
        host.down(NAME)


def assert_told(found: dict[str, CheckResult]) -> None:
    wrong = {one.id: one.message for one in found.values() if one.message.startswith(harness.SURPRISE)}
    assert wrong == {}
    assert not [one.id for one in found.values() if "Traceback" in one.message]


WELL = {
    "BOM": "\ufeffTOKEN=abc-def-1\n",
    "CRLF": "TOKEN=abc-def-1\r\nOTHER=x\r\n",
    "single quotes": "TOKEN='abc-def-1'\n",
    "double quotes": 'TOKEN="abc-def-1"\n',
    "export": "export TOKEN=abc-def-1\n",
    "duplicates": "TOKEN=first-value\nTOKEN=abc-def-1\n",
    "a comment behind it": "TOKEN=abc-def-1 # not part of it\n",
    "blank lines and comments": "\n# TOKEN=no\n\nTOKEN=abc-def-1\n",
    "no newline at the end": "TOKEN=abc-def-1",
}


@pytest.mark.parametrize("text", WELL.values(), ids=WELL)
def test_env_files_that_compose_reads(ground: Ground, text: str) -> None:
    ground.put("/srv/bad/.env", text.encode())
    release = Release(ground.target(), ground.connection, Redactor())
    seen = release.model.services["cache"].environment["TOKEN"]
    assert seen == "abc-def-1"
    assert release.environment.variables.get("TOKEN") == seen, "the env file says what the service gets"
    found = harness.run(ground.target(), release)
    assert found["environment.file"].status == "passed"


def test_values_with_every_awkward_character_arrive_as_they_are(ground: Ground) -> None:
    value = 'a!b$c@d/e#f"g h`i`$(touch gonogo-canary)%s\\n;&|<>*?[]{}~=:,ö'
    ground.put("/srv/bad/.env", f"TOKEN='{value}'\n".encode())
    release = Release(ground.target(), ground.connection, Redactor())
    assert (
        release.environment.variables["TOKEN"]
        == release.model.services["cache"].environment["TOKEN"]
        == value
    )
    assert ground.canaries() == ""


def test_a_value_of_several_lines_is_one_value(ground: Ground) -> None:
    ground.put("/srv/bad/.env", b'TOKEN="line one\nline two"\nOTHER=x\n')
    release = Release(ground.target(), ground.connection, Redactor())
    assert release.model.services["cache"].environment["TOKEN"] == "line one\nline two"
    assert release.environment.variables == {"TOKEN": "line one\nline two", "OTHER": "x"}


BROKEN = {
    "an open quote": b"TOKEN='never-closed-secret\n",
    "not UTF-8": b"TOKEN=\xff\xfe\x00secret\n",
    "a name with a space": b"MY TOKEN=some-secret-value\n",
    "no equals sign": b"just some-secret-words\n",
    "an open brace": b"TOKEN=${never-closed-secret\n",
}


@pytest.mark.parametrize("why", BROKEN)
def test_env_files_that_are_broken_are_told_in_a_sentence(ground: Ground, why: str) -> None:
    ground.put("/srv/bad/.env", BROKEN[why])
    found = ground.judged(ground.target())
    assert_told(found)
    told = [one for one in found.values() if one.status == "failed"]
    assert bool(told) is (why != "not UTF-8"), "Compose reads any bytes, so there is nothing to tell"
    assert all("\n" not in one.message for one in told)
    assert not [one.id for one in found.values() if "never-closed-secret" in one.message + one.found]


@EASY
@given(data=st.lists(st.sampled_from([*"AB=#'\"$\\ \n\r\t", "export ", "\ufeff", "${", "}", "ö", "\0"])))
def test_env_files_of_any_content(ground: Ground, data: list[str]) -> None:
    ground.put("/srv/bad/.env", "".join(data).encode())
    before = host.execute(
        NAME, "ls -laR /srv/bad; sha256sum /srv/bad/.env; docker ps -aq; docker volume ls"
    ).stdout
    assert_told(ground.judged(ground.target()))
    after = host.execute(
        NAME, "ls -laR /srv/bad; sha256sum /srv/bad/.env; docker ps -aq; docker volume ls"
    ).stdout
    assert before == after


@EASY
@given(
    text=st.text(alphabet=string.printable + "ö\ufeff", max_size=60)
    | st.sampled_from(["services: 3", "a: &a [*a]"])
)
def test_compose_files_of_any_content(ground: Ground, text: str) -> None:
    ground.put("/srv/bad/.env", b"TOKEN=abc-def-1\n")
    file = ground.folder / "compose.yaml"
    file.write_text(text)
    try:
        found = ground.judged(ground.target())
    finally:
        file.write_text(COMPOSE)
    assert_told(found)
    assert found["compose.files"].status in ("failed", "passed")
    assert "\n" not in found["compose.files"].message


def test_names_of_every_nasty_kind(ground: Ground) -> None:
    path = f"/srv/{NASTY.replace('/', '')}"
    ground.put(f"{path}/{NASTY}.env", b"TOKEN=abc-def-1\n")
    host.execute(NAME, "chown -R deploy: /srv", user="root")
    more = f"env_file = {_toml(f'{NASTY}.env')}\n[backup]\nfolder = {_toml(f'{path}/{NASTY}')}\n"
    mount = _toml(f"./{NASTY}").replace("$", "$$")
    (ground.folder / "compose.yaml").write_text(
        f"{COMPOSE}    container_name: gonogo-nasty\n    volumes:\n"
        f"      - {{type: bind, source: {mount}, target: {_toml('/' + NASTY).replace('$', '$$')}}}\n"
    )
    try:
        found = ground.judged(ground.target(path, more))
    finally:
        (ground.folder / "compose.yaml").write_text(COMPOSE)
    assert_told(found)
    assert found["path.present"].status == "passed", found["path.present"].message
    assert found["environment.file"].status == "passed", found["environment.file"].message
    assert found["compose.resolves"].status == "passed", found["compose.resolves"].message
    assert found["backup.destination"].status == "failed"
    assert found["binds.exist"].status in ("passed", "failed")
    assert ground.canaries() == ""
    assert not list(ground.folder.rglob(f"{CANARY}*"))
