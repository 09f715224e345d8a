"""The switch of a stack with a one-shot, replicas, profiles and every condition of ``depends_on``.

The tests are one story, each deploys over what the one before left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import host, images
from tests.lab.any_stack import Stack
from tests.lab.secrecy import leaks

pytestmark = pytest.mark.lab
NAME = f"t-switch-{os.getpid()}"
SECRETS = {"DB_PASSWORD": "a-quite@awkward#one/4711", "API_TOKEN": "tok-4711-abcdef-0815-xyz"}
FORM = (
    '{"service":{{json (index .Config.Labels "com.docker.compose.service")}},"id":{{json .Id}},'
    '"created":{{json .Created}},"started":{{json .State.StartedAt}},"ended":{{json .State.FinishedAt}},'
    '"exit":{{.State.ExitCode}}}'
)
ASKED = "import urllib.request as u; u.urlopen('http://127.0.0.1:8000')"
SERVER: dict[str, Any] = {
    "image": "gonogo-lab/python:latest",
    "command": ["python", "-m", "http.server", "8000"],
    "init": True,
}
MIGRATE = 'echo ran >> /state/runs; echo "as $$DB_PASSWORD"; sleep 1; exit $$STATUS'


def compose(grade: str = "1", status: int = 0, web: str = "1", replicas: int = 3) -> str:
    """The stack, with what the tests change in it; JSON is YAML."""
    check = {"test": ["CMD", "python", "-c", ASKED], "interval": "1s", "start_period": "2s"}
    done, well = "service_completed_successfully", "service_healthy"
    services: dict[str, Any] = {
        "db": {**SERVER, "healthcheck": check, "environment": {"GRADE": grade}},
        "migrate": {
            "image": SERVER["image"],
            "command": ["sh", "-c", MIGRATE],
            "environment": {**{name: f"${{{name}}}" for name in SECRETS}, "PIN": "77", "STATUS": status},
            "volumes": ["state:/state"],
            "depends_on": {"db": {"condition": well}},
        },
        "api": {
            **SERVER,
            "depends_on": {
                "migrate": {"condition": done},
                "db": {"condition": well, "restart": True},
                "debug": {"condition": "service_started", "required": False},
            },
        },
        "web": {**SERVER, "deploy": {"replicas": replicas}, "environment": {"GRADE": web}},
        "debug": {**SERVER, "profiles": ["debug"]},
        "extra": {**SERVER, "profiles": ["extra"]},
    }
    services["web"]["depends_on"] = ["api"]
    return json.dumps({"services": services, "volumes": {"state": {}}})


@dataclass
class Story:
    """The stack on its host, and what the last deployment said."""

    stack: Stack
    output: str = ""
    told: list[str] = field(default_factory=list)

    def deploy(self, text: str, code: int = 0) -> None:
        self.stack.lay({"docker-compose.yml": text})
        done = self.stack.deploy()
        self.output = done.output
        self.told.append(done.output)
        assert done.code == code, done.output

    def shell(self, script: str) -> str:
        done = host.execute(NAME, script)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def found(self) -> dict[str, list[dict[str, Any]]]:
        """What the engine says of the stack's containers, by service."""
        rows = self.shell(f"docker ps -aq | xargs docker inspect -f '{FORM}'").splitlines()
        by: dict[str, list[dict[str, Any]]] = {}
        for row in map(json.loads, rows):
            by.setdefault(row["service"], []).append(row)
        return by

    def ids(self) -> dict[str, set[str]]:
        return {service: {row["id"] for row in rows} for service, rows in self.found().items()}

    def runs(self) -> int:
        """How often the migration was run."""
        volume = f"docker run --rm -v {self.stack.name}_state:/state {SERVER['image']}"
        return len(self.shell(f"{volume} cat /state/runs").splitlines())

    def record(self) -> dict[str, Any]:
        """The record of the last deployment, as it was published."""
        files = sorted(self.reports.rglob("release.json"), key=lambda file: file.stat().st_mtime)
        return dict(json.loads(files[-1].read_text()))

    @property
    def reports(self) -> Path:
        return self.stack.folder.parent / "reports"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The stack's first release, with one of its profiles."""
    folder = tmp_path_factory.mktemp("switch")
    made = host.up(NAME, images.FOR_STACKS)
    try:
        (folder / "scaled").mkdir()
        stack = Stack("scaled", folder / "scaled", made)
        stack.lay({"docker-compose.yml": compose()})
        env = "".join(f"{name}='{value}'\n" for name, value in SECRETS.items())
        stack.there({".env": env})
        done = stack.init()
        assert done.code == 0, done.output
        stack.reachable()
        stack.amend(profiles='["extra"]')
        told = Story(stack)
        told.deploy(compose())
        yield told
    finally:
        host.down(NAME)


def test_the_first_release_starts_all_in_order_and_no_more_than_its_profiles(story: Story) -> None:
    found = story.found()
    count = {service: len(rows) for service, rows in found.items()}
    assert count == {"db": 1, "migrate": 1, "api": 1, "web": 3, "extra": 1}
    db, migrate, api = found["db"][0], found["migrate"][0], found["api"][0]
    assert migrate["exit"] == 0
    assert db["started"] < migrate["started"] < migrate["ended"] < api["created"]
    assert all(api["started"] < web["created"] for web in found["web"])
    assert story.runs() == 1


def test_what_did_its_work_is_not_run_again(story: Story) -> None:
    before = story.ids()
    story.deploy(compose())
    assert "nothing had to change" in story.output
    assert story.ids() == before
    assert story.runs() == 1


def test_a_service_is_started_again_with_the_one_that_it_says(story: Story) -> None:
    before = story.ids()
    story.deploy(compose(grade="2"))
    after = story.ids()
    assert {name for name in after if after[name] != before[name]} == {"db", "api"}
    assert "it is to be started again with db" in story.output
    assert story.runs() == 1


def test_every_replica_is_replaced_and_a_surplus_one_is_removed(story: Story) -> None:
    before = story.ids()
    story.deploy(compose(grade="2", web="2", replicas=2))
    after = story.ids()
    assert len(after["web"]) == 2
    assert not after["web"] & before["web"]
    assert {name for name in after if after[name] != before[name]} == {"web"}


def test_a_one_shot_that_fails_stops_the_switch_and_what_it_said_is_kept(story: Story) -> None:
    before = story.ids()
    story.deploy(compose(grade="2", web="3", replicas=2, status=3), code=4)
    assert "scaled-migrate-1 ended with exit status 3; its log ends: as [redacted]" in story.output
    after = story.ids()
    assert {name for name in before if after.get(name) != before[name]} == {"migrate"}, "nobody came after it"
    assert "migrate" not in after, "that of the release before is not run again"
    assert story.runs() == 2
    record = story.record()
    assert record["logs"]["scaled-migrate-1"].strip() == "as [redacted]"
    kept = json.loads(record["inspections"]["scaled-migrate-1"])
    assert kept["State"]["ExitCode"] == 3
    assert set(kept["Config"]["Env"]) >= {
        "DB_PASSWORD=[redacted]",
        "API_TOKEN=[redacted]",
        "STATUS=3",
    }
    assert kept["Config"]["Labels"]["com.docker.compose.service"] == "migrate", "known though it is gone"


def test_profiles_of_the_target_file_are_started(story: Story) -> None:
    story.stack.amend(profiles='["debug"]')
    before = story.ids()
    story.deploy(compose(grade="2", web="2", replicas=2))
    after = story.ids()
    assert len(after.pop("debug")) == len(after.pop("migrate")) == 1
    assert story.runs() == 3, "a deployment runs its own"
    assert after == before, "that of the other profile is left as it is"


def test_no_secret_is_in_any_output_report_or_file_on_the_target(story: Story) -> None:
    texts = {
        str(file): file.read_text(errors="replace") for file in story.reports.rglob("*") if file.is_file()
    }
    assert sum(name.endswith("release.json") for name in texts) == 6
    texts |= {f"output {number}": text for number, text in enumerate(story.told)}
    there = story.shell(f"cd {story.stack.path}/.deploy && cat journal.jsonl releases/*/*")
    texts["what is kept on the target"] = there
    assert '"switch migrate"' in there
    assert leaks(list(SECRETS.values()), texts) == []
