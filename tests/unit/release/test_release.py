"""What a release asks, over a connection of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import Record, Recorded
from gonogo.deploy.release.release import Release
from gonogo.deploy.target import Target
from tests.unit.host.test_commits import Repository
from tests.unit.stacks import container, target


def made(connection: Connection, target: Target, *running: str) -> Release:
    release = Release(target, connection, Redactor())
    release.answers.known["host.containers.all"] = Answer([container(name) for name in running], None)
    return release


def test_what_ships(connection: Connection, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop")
    runs = repository.commit("one", a="1")
    head = repository.commit("two", a="2")
    here = target(tmp_path, source="shop", path=str(tmp_path))
    release = made(connection, here)
    assert release.git.commit == head
    assert release.releases.current is None
    assert release.shipping is None, "nothing is recorded"
    record = Record(version="v1", commit=runs, created="", project="shop")
    release.answers.known[release.releases.key("current")] = Answer(record, None)
    release.forget("shipping")
    assert release.shipping is not None
    assert (release.shipping.since, release.shipping.until) == (runs, head)


def test_a_damaged_record_is_told_by_its_own_check(connection: Connection) -> None:
    release = made(connection, target())
    release.answers.known[release.releases.key("recorded")] = Answer(
        Recorded("v1", damaged=("release.json",)), None
    )
    asked = ((release.releases, "current"), (release.releases, "baseline"), (release, "shipping"))
    for holder, name in asked:
        with pytest.raises(Unknown, match="the record of v1") as caught:
            getattr(holder, name)
        assert caught.value.check == "release.recorded"
