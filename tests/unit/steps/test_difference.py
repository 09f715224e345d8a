"""What a release makes different is told by name, and no secret is told with it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.deploy import runner
from gonogo.deploy.compose.service import Service
from gonogo.deploy.host import commits, images
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.commits import Commit, Shipping
from gonogo.deploy.host.container import Given
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.progress import Progress
from gonogo.deploy.release import records
from gonogo.deploy.release.plan import Change
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import difference
from gonogo.deploy.steps.difference import compared, keys
from tests.unit.stacks import model, target

COMMITS = {"v1": "1" * 40, "v2": "2" * 40}
SECRET = "hunter2-Xq9vLw0TzR4kPb7s"


def test_compose_files_are_compared_by_line_under_the_names_of_their_releases() -> None:
    before = f"services:\n  api:\n    environment:\n      TOKEN: {SECRET}\n      RETRIES: 3\n"
    shown = compared(before, before.replace("RETRIES: 3", "RETRIES: 5"), "v1", "v2")
    assert shown.splitlines()[:2] == ["--- v1", "+++ v2"]
    assert [line for line in shown.splitlines()[3:] if line[0] in "+-"] == [
        "-      RETRIES: 3",
        "+      RETRIES: 5",
    ]
    assert SECRET not in shown
    assert compared(before, before, "v1", "v2") == ""
    changed = compared(before, before.replace(SECRET, f"{SECRET}2"), "v1", "v2").splitlines()[3:]
    assert [line for line in changed if line[0] in "+-"] == [
        "-      TOKEN: [redacted]",
        "+      TOKEN: [redacted]",
    ]


def test_variables_are_told_by_name_as_the_containers_have_them() -> None:
    def service(**environment: str) -> Service:
        return replace(Service(name="api", image="api"), environment=environment)

    before = {"api": service(KEPT="1", GONE="1", BLANK="")}
    after = {"api": service(KEPT="1", BLANK="", NEW="1", EDITED="new"), "worker": service(A="1")}
    given = {"api": Given({"KEPT": "1", "GONE": "1", "EDITED": "old", "PATH": "/bin"}, ())}
    found = [(one.service, one.key, one.change) for one in keys(before, after, given)]
    # A service without a container is new as a whole, and what the image sets was never ours.
    assert found == [("api", "EDITED", "changed"), ("api", "NEW", "added"), ("api", "GONE", "removed")]


def test_going_back_tells_sizes_configuration_and_the_commits_that_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = target(tmp_path, path=str(tmp_path))
    run = runner.new_run(there, Progress(io.StringIO()), version="rollback-1")
    run.work.rmdir()
    before, after = model(api={"environment": {"NEW": "1"}}), model(api={})
    monkeypatch.setattr(difference, "resolve", lambda *_: SimpleNamespace(model=before))
    sizes = {"sha256:2": ImageInfo("sha256:2", "", 200), "sha256:1": ImageInfo("sha256:1", "", 100)}
    monkeypatch.setattr(images, "inspect", lambda _, __, ids: {one: sizes[one] for one in ids})
    asked: list[tuple[str, str]] = []

    def shipping(_: Path, since: str, until: str) -> Shipping:
        asked.append((since, until))
        return Shipping(since, until, known=True, lost=(Commit("c0ffee00", "bad idea"),))

    monkeypatch.setattr(commits, "shipping", shipping)
    with Connection.open(there) as run.connection_:
        run.release_ = Release(there, run.connection, run.redactor)
        made = {"api": Given({"NEW": "1"}, ())}
        run.release.answers.known['host.project("shop").made_with'] = Answer(made, None)
        for name, text in (("v1", "services: {}\n"), ("v2", f"services: {{}}\nx-token: {SECRET}\n")):
            record = Record(version=name, commit=COMMITS[name], created="", project="shop")
            records.save(run.connection, there, name, records.RECORD, record)
            records.save(run.connection, there, name, records.COMPOSE_FILE, text)
        run.record.previous = "v2"
        run.changed([Change("api", "replaced", "its image changed", "sha256:2", "sha256:1")])
        difference.tell_again(run, "v1", after)
        told = run.record
        assert asked == [(COMMITS["v2"], COMMITS["v1"])]
        assert (told.commits, told.commits_lost) == ([], ["c0ffee00 bad idea"])
        assert (told.services[0].size_before, told.services[0].size_after) == (200, 100)
        assert told.configuration is not None
        assert "-x-token: [redacted]" in told.configuration.diff.splitlines()
        assert [(one.key, one.change) for one in told.configuration.keys] == [("NEW", "removed")]
        run.record.configuration = None
        difference.tell_again(run, "v2", before)
        assert (run.record.configuration, run.record.notes) == (None, [])
