"""How mongodump is called: the password in its configuration alone, and its own exit status counts."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.uri_parser import parse_uri

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.mongodb.backup import dump
from gonogo.deploy.mongodb.server.client import Login
from tests.unit.stacks import target

NASTY = "Pa55 w$rd!'\"#{}%@:/\\\nü"
ARCHIVE = bytes.fromhex(dump.MAGIC) + b"documents" + bytes.fromhex(dump.END)


def test_the_configuration_holds_the_login_whatever_its_characters() -> None:
    text = dump.config(Login("ro:ot@", NASTY, "ad min", "SCRAM-SHA-256")).decode()
    assert text.count("\n") == 1
    found = parse_uri(json.loads(text.removeprefix("uri: ")))
    assert (found["username"], found["password"], found["nodelist"]) == (
        "ro:ot@",
        NASTY,
        [("127.0.0.1", 27017)],
    )
    options = {key.lower(): value for key, value in found["options"].items()}
    assert options == {"authsource": "ad min", "authmechanism": "SCRAM-SHA-256", "directconnection": True}


def test_without_a_login_there_is_none() -> None:
    assert dump.config(Login()) == b'uri: "mongodb://127.0.0.1:27017/?directConnection=true"\n'


def test_users_are_asked_for_alone_on_request() -> None:
    assert "--dumpDbUsersAndRoles" in dump.command("c1", "shop", users=True)
    assert "--dumpDbUsersAndRoles" not in dump.command("c1", "shop", users=False)


def run(folder: Path, script: str, database: str = "shop") -> subprocess.CompletedProcess[str]:
    """Run the script with stand-ins: ``docker`` runs its command here, ``mongodump`` is ``script``."""
    tools = folder / "bin"
    tools.mkdir()
    for name, text in (("docker", 'shift 4; exec "$@"'), ("mongodump", script)):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(folder)}
    command = dump.command("c1", database, users=False)
    return subprocess.run(
        ["sh", "-c", command], input="uri: secret\n", env=environment, cwd=folder, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_it_leaves_no_configuration(tmp_path: Path) -> None:
    octal = "".join(f"\\{byte:03o}" for byte in ARCHIVE)
    odd = "it's; $(touch pwned)"
    done = run(
        tmp_path,
        f'stat -L -c %a "${{1#*=}}" > mode; cat "${{1#*=}}" > config; echo "$2" > given; printf \'{octal}\'',
        odd,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dump.archive").read_bytes() == ARCHIVE
    assert (tmp_path / "config").read_text() == "uri: secret\n"
    assert (tmp_path / "mode").read_text() == "600\n"
    assert (tmp_path / "given").read_text() == f"--db={odd}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "config", "mode", "given", "dump.archive"}


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("echo begun >&2; echo 'Failed: no login' >&2; exit 3", 3, "Failed: no login\n"),
        (f"printf '{''.join(f'{chr(92)}{byte:03o}' for byte in ARCHIVE[:-2])}'", dump.CUT, ""),
        ("printf 108", dump.CUT, ""),
        ("kill -KILL $$", 137, ""),
        ("exit 0", dump.CUT, ""),
    ],
)
def test_whatever_fails_fails_the_dump(tmp_path: Path, script: str, status: int, said: str) -> None:
    done = run(tmp_path, script)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr


def test_its_words_in_the_shell_are_its_own() -> None:
    assert shlex.quote("c 1") in dump.command("c 1", "shop", users=False)


def test_a_look_that_takes_too_long_tells_nothing_of_the_tool() -> None:
    def run(*_: object, **__: object) -> None:
        raise CommandTimeout("wc did not end within 60 s")

    release = SimpleNamespace(target=target(), connection=SimpleNamespace(run=run))
    assert dump._written(cast(Any, SimpleNamespace(release=release, name="shop-x"))) is None
