"""The backups of a host and the tool that makes them, from recorded answers."""

from __future__ import annotations

from typing import cast

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.backups import Backup, parse
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks


def test_backups_newest_first() -> None:
    found = parse("/b", "writable\n1000000\n996400 200000 chat.archive\n999000 108 tiny one.gz\n\n")
    assert found is not None
    assert (found.folder, found.state) == ("/b", "writable")
    assert found.found == (Backup("tiny one.gz", 108, 1000.0), Backup("chat.archive", 200000, 3600.0))


@pytest.mark.parametrize(("text", "state"), [("missing\n", "missing"), ("closed\n", "closed"), ("", None)])
def test_a_backup_folder_without_backups(text: str, state: str | None) -> None:
    found = parse("/b", text)
    assert (found.state if found else None) == state
    if state is None:
        with pytest.raises(Unknown, match="the backups in /b cannot be looked at: sh: no date"):
            _ = stacks.host(1, text, "sh: no date\n").backups("/b").listing


def test_mongodump_is_looked_for_on_the_host_and_in_the_container() -> None:
    there = stacks.Answering(0, "container\n")
    host = Host.over(cast(Connection, there))
    assert host.mongodump("my db").where == "container"
    assert there.asked[0].startswith("command -v mongodump")
    assert "docker exec -- 'my db' mongodump" in there.asked[0]
    _ = host.mongodump("").where
    assert "docker" not in there.asked[1]
