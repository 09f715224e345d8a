"""The checks of verify on what runs, each on its real fault: what was done by hand to a deployed stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gonogo.deploy.compose import command_line
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import load
from gonogo.reports.model import CheckResult
from lab import host
from tests import harness
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab

OURS = {
    "environment.running",
    "volumes.running",
    "ports.running",
    "images.stage",
    "logs.clean",
    "resources.sane",
}


@dataclass
class Deployed:
    """The example stack, deployed, and a connection to it."""

    chat: Chat
    connection: Connection

    @property
    def now(self) -> str:
        return records.current(self.connection, self.target)

    @property
    def before(self) -> str:
        (found,) = set(records.listed(self.connection, self.target)) - {self.now}
        return found

    @property
    def target(self) -> Target:
        return load(self.chat.file)

    def results(self, **options: Any) -> dict[str, CheckResult]:
        return harness.over(self.connection, self.target, suite="verify", only=OURS, **options)

    @property
    def wrong(self) -> dict[str, str]:
        """What every check of ours says that does not pass; a warning begins with that word."""
        found = self.results().values()
        told = {
            one.id: f"{'' if one.status == 'failed' else one.status + ': '}{one.found or one.message}"
            for one in found
            if one.status != "passed"
        }
        secrets = self.chat.secrets.values()
        assert not [one for one in found if any(value in one.model_dump_json() for value in secrets)]
        return told

    def health(self) -> CheckResult:
        """What containers.healthy says now."""
        only = "containers.healthy"
        return harness.over(self.connection, self.target, suite="verify", only={only})[only]

    def up(self, service: str, override: str = "") -> None:
        """Start a service as the release says, with an override of somebody's own."""
        to = self.target
        files = records.files(to, records.current(self.connection, to))
        line = command_line.command(
            to, "up", "-d", "--no-deps", "--no-build", "--pull", "never", service, files=(*files, "-")
        )
        text = override or "services: {}"
        self.connection.check(line, stdin=text.encode(), mutates=True, timeout=60)


@pytest.fixture(scope="module")
def deployed(second: Chat) -> Iterator[Deployed]:
    with Connection.open(load(second.file)) as connection:
        yield Deployed(second, connection)
    second.target()


def overridden(service: str, text: str) -> str:
    return f"services:\n  {service}:\n    {text}\n"


def test_a_release_that_was_deployed_is_as_it_should_be(deployed: Deployed) -> None:
    found = deployed.results()
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(OURS, "passed")
    assert "of 4 containers" in found["environment.running"].found


@pytest.mark.parametrize(
    ("service", "override", "check", "says"),
    [
        (
            "api",
            "environment: {JWT_SECRET: somebody-Elses-1}",
            "environment.running",
            "chat-api differs in JWT_SECRET",
        ),
        (
            "redis",
            "volumes: ['/srv/other:/data']",
            "volumes.running",
            "chat-redis has bind /srv/other at /data, instead of volume chat_redis-data",
        ),
        (
            "redis",
            "ports: ['6999:6379']",
            "ports.running",
            "chat-redis publishes *:6999/tcp for its port 6379, which the release does not",
        ),
        ("web", "environment: {NODE_ENV: development}", "images.stage", "web has NODE_ENV=development"),
    ],
)
def test_what_was_started_by_hand_with_an_override(
    deployed: Deployed, service: str, override: str, check: str, says: str
) -> None:
    deployed.up(service, overridden(service, override))
    try:
        assert deployed.wrong == {check: says}
    finally:
        deployed.up(service)
    assert deployed.wrong == {}


def test_a_container_that_was_unhealthy_for_as_long_as_another_was_replaced(deployed: Deployed) -> None:
    check = "{test: [CMD, test, '!', -e, /tmp/away], interval: 2s, retries: 2, start_period: 0s}"
    deployed.up("web", overridden("web", f"healthcheck: {check}"))
    try:
        deployed.chat.shell("docker exec chat-web touch /tmp/away")
        status = "$(docker inspect -f '{{.State.Health.Status}}' chat-web)"
        deployed.chat.shell(f'until [ "{status}" = unhealthy ]; do sleep 0.1; done')
        found = deployed.health()
        assert (found.status, found.found) == ("failed", "chat-web (running, unhealthy)")
        deployed.chat.shell("docker exec chat-web rm /tmp/away")
        assert deployed.health().status == "passed"
    finally:
        deployed.up("web")


def test_an_env_file_that_was_edited_after_the_release_is_a_warning(deployed: Deployed) -> None:
    deployed.chat.env(JWT_SECRET="edited-After-The-Release-1")
    try:
        told = "warning: the env file was edited since the release (changed: JWT_SECRET)"
        assert deployed.wrong == {"environment.running": told}
    finally:
        deployed.chat.env()


def test_an_error_in_the_log_of_a_container(deployed: Deployed) -> None:
    secret = deployed.chat.secrets["JWT_SECRET"]
    deployed.chat.env()
    line = f"FATAL: cannot sign with {secret}"
    told = "docker exec -i -u 0 chat-web sh -c 'cat > /proc/1/fd/1'"
    host.execute(deployed.chat.made.name, told, stdin=f"{line}\n".encode())
    assert deployed.wrong == {"logs.clean": "warning: chat-web: FATAL: cannot sign with [redacted]"}
    deployed.chat.target(("[mongodb]\n", "[logs]\nallow = ['cannot sign']\n\n[mongodb]\n"))
    assert deployed.wrong == {}
    deployed.chat.target(("[mongodb]\n", "[logs]\nerrors = ['cannot sign']\n\n[mongodb]\n"))
    assert deployed.wrong == {"logs.clean": "chat-web: FATAL: cannot sign with [redacted]"}
    deployed.chat.target(("[mongodb]\n", "[logs]\nerrors = ['never said']\n\n[mongodb]\n"))


def test_a_container_that_reaches_its_memory_limit(deployed: Deployed) -> None:
    deployed.chat.shell("docker update --memory 64m --memory-swap 64m chat-redis")
    assert deployed.wrong == {}
    fill = 'import time; kept = b"x" * 56_000_000; time.sleep(60)'
    deployed.chat.shell(f"docker exec -d chat-redis python3 -c '{fill}' && sleep 2")
    told = deployed.wrong
    assert set(told) == {"resources.sane"}
    assert told["resources.sane"].startswith("warning: chat-redis uses 9")
    # Redis itself is killed now, and started again at once.
    deployed.chat.shell("docker exec chat-redis redis-cli setrange big 100000000 x; sleep 2; true")
    assert deployed.wrong == {"resources.sane": "chat-redis was killed for its memory"}


def test_the_smoke_tests_of_the_team(deployed: Deployed) -> None:
    chat = deployed.chat
    own = chat.source / "smoke"
    own.mkdir()
    (own / "test_login.py").write_text(
        "def test_answers(host):\n"
        "    assert host.run('curl -fsS http://127.0.0.1:8001/api/health').succeeded\n\n\n"
        "def test_plain():\n    assert 1 + 1 == 3\n"
    )
    chat.target(("[mongodb]\n", "[smoke]\nfiles = ['smoke/test_login.py']\n\n[mongodb]\n"))
    code, found = chat.suite("verify")
    assert code == 1
    mine = {name: one["status"] for name, one in found.items() if name.startswith("login.")}
    assert mine == {"login.answers": "passed", "login.plain": "failed"}
    code, found = chat.suite("verify", "--release", deployed.before, "--baseline", deployed.now)
    assert not [name for name in found if name.startswith("login.")], "the older release need not pass them"
    _, found = chat.suite("preflight", "-k", "smoke")
    assert found["smoke.present"]["status"] == "passed"
    (own / "test_login.py").unlink()
    code, found = chat.suite("preflight", "-k", "smoke")
    assert (code, found["smoke.present"]["status"]) == (1, "failed")
    assert STACK not in found["smoke.present"]["message"]


def test_a_smoke_test_that_ends_a_container_is_found_at_the_end(deployed: Deployed) -> None:
    chat = deployed.chat
    (chat.source / "smoke").mkdir(exist_ok=True)
    (chat.source / "smoke" / "test_load.py").write_text(
        "def test_load(host):\n    assert host.run('docker kill chat-web').succeeded\n"
    )
    chat.target(("[mongodb]\n", "[smoke]\nfiles = ['smoke/test_load.py']\n\n[mongodb]\n"))
    try:
        code, found = chat.suite("verify")
        assert (code, found["load.load"]["status"], found["containers.running"]["status"]) == (
            1,
            "passed",
            "passed",
        )
        assert found["containers.stable"]["status"] == "failed"
        assert found["containers.stable"]["found"].startswith("chat-web (exited")
    finally:
        chat.shell("docker start chat-web")
