"""What a release asks, over a connection of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.recorded import Recorded
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import EARLIER, Release
from gonogo.deploy.release.resolved import Resolved
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit.host.test_commits import Repository
from tests.unit.stacks import container, model, target


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


def test_answers_of_an_earlier_version_are_known_under_their_names_of_now(connection: Connection) -> None:
    here = target(method="on-server", on_server={"checkout": "/srv/shop/repo"})
    release = made(connection, here)
    release.restore(
        {
            "clone": {"value": {"commit": "b" * 40}},
            f'controller.git("{here.source}").checkout': {"value": {"commit": "a" * 40}},
            "local_platform": {"value": "linux/arm64"},
            "mongodb": {"check": "mongodb.login", "error": "refused"},
            "target_images": {"value": {"redis:7": {"id": "sha256:1", "platform": "linux/amd64"}}},
            "what nobody knows": {"value": 1},
        }
    )
    assert release.host.git("/srv/shop/repo", "origin", "a" * 40).clone.commit == "b" * 40
    assert release.builds.platform == "linux/arm64"
    assert release.host.images(release).found["redis:7"].id == "sha256:1"
    with pytest.raises(Unknown, match="refused"):
        _ = release.host.mongodb(release).state
    assert release.kept().keys() >= {"host.images.found", "host.mongodb.state", "builds.platform"}


def test_each_part_is_known_by_the_names_of_earlier_versions(connection: Connection) -> None:
    release = made(connection, target())
    for earlier, now in EARLIER.items():
        found = release.find(earlier)
        assert found, earlier
        assert found[0].key(found[1]) == now


def test_images_that_an_earlier_version_took_are_known_by_their_tags(connection: Connection) -> None:
    release = Release(target(), connection, Redactor(), images_of="1.4")
    stack = model(api={"image": "api:latest", "build": {"context": "/srv/shop"}})
    release.answers.known["resolved"] = Answer(Resolved(stack, []), None)
    image = {"id": "sha256:1", "platform": "linux/amd64"}
    release.restore({"local_images": {"value": {"api:latest": image}}})
    assert release.builds.images["api:latest"].id == "sha256:1"
