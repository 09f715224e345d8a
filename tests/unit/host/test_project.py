"""A Compose project on a host: what its containers were made with, and the memory that they use."""

from __future__ import annotations

import json
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Given
from gonogo.deploy.host.project import login_variables
from gonogo.deploy.host.usage import Usage, parse, size
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks
from tests.unit.database_stack import MONGO, stack


def test_what_containers_were_made_with() -> None:
    row = '{"service":"db","running":%s,"env":["A=%s","B=x=y"],"entrypoint":null,"command":["--x"]}\n'
    there = stacks.Answering(0, row % ("true", "runs") + row % ("false", "is gone"))
    found = Host.over(cast(Connection, there)).project("shop").made_with
    assert found["db"].environment == {"A": "runs", "B": "x=y"}
    assert found["db"].command == ("--x",)
    assert "runs" not in repr(found)
    assert "project=shop" in there.asked[0]
    assert stacks.host(1, "", "Error: No such container: 41aa\n").project("shop").made_with == {}
    with pytest.raises(GonogoError):
        _ = stacks.host(1, "", "permission denied").project("shop").made_with


def test_the_secrets_of_containers_are_hidden_and_not_kept() -> None:
    row = '{"service":"db","running":true,"env":["DB_PASSWORD=S3cret-of-7","MODE=fast"],"entrypoint":null,'
    there = cast(Connection, stacks.Answering(0, row + '"command":["--requirepass","S3cret-of-7"]}\n'))
    release = Release(stacks.target(), there, Redactor())
    assert release.host.project("shop").made_with["db"].environment["DB_PASSWORD"] == "S3cret-of-7"
    assert "S3cret-of-7" not in release.redactor("it is S3cret-of-7")
    kept = json.dumps(release.kept())
    assert "MODE" in kept
    assert "S3cret-of-7" not in kept


def test_what_changed_makes_containers_and_their_projects_be_asked_again() -> None:
    host = stacks.host()
    keys = ["host.containers.all", 'host.project("shop").made_with', 'host.project("shop").usage']
    host.answers.known |= {key: Answer({}, None) for key in [*keys, "host.memory.available"]}
    host.containers.refresh()
    assert list(host.answers.known) == ["host.memory.available"]


def test_what_docker_says_of_memory() -> None:
    asked = '{"id":"a","limit":104857600,"killed":false}\n{"id":"b","limit":0,"killed":true}\n'
    told = '{"id":"a","used":"50MiB / 100MiB"}\n'
    assert parse(asked, told, '"a"\n"gone"\n')["a"].killed, "and was started again since"
    assert parse(asked, told) == {"a": Usage(104857600, 52428800), "b": Usage(0, None, True)}
    assert [size(one) for one in ("0B", "1.5kB", "2GiB", "12.5MiB")] == [0, 1500, 2 << 30, 13107200]


def test_of_containers_only_what_can_be_part_of_a_login_is_remembered():
    made = {
        "db": Given({**MONGO, "PATH": "/bin"}, ()),
        "api": Given({"URL": "mongodb://a:b@db", "PATH": "/bin", "JWT_SECRET": "x", "DB_PASSWORD": "y"}, ()),
    }
    found = login_variables(stack({}), made)
    assert found == {"db": MONGO, "api": {"URL": "mongodb://a:b@db", "DB_PASSWORD": "y"}}
