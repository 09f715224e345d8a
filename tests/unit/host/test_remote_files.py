"""Files on the target: a line that is appended is there whole or not at all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path, PurePosixPath
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import remote_files
from gonogo.deploy.ssh.connection import Connection


class Shell:
    """Runs what a connection would run, in a shell here; ``before``: what that does first."""

    def __init__(self, before: str = "") -> None:
        self.before = before

    def check(self, script: str, *, stdin: bytes, mutates: bool) -> None:
        assert mutates
        done = subprocess.run(
            ["sh", "-c", f"{self.before}\n{script}"], input=stdin, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise GonogoError(done.stderr.decode())


def append(file: Path, line: str, before: str = "") -> None:
    remote_files.append(cast(Connection, Shell(before)), PurePosixPath(file), line)


def test_a_line_comes_below_the_others_and_below_half_a_line(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "journal.jsonl"
    append(file, "one")
    append(file, "two")
    with file.open("a") as half:
        half.write("thr")
    append(file, "four")
    assert file.read_text() == "one\ntwo\nthr\nfour\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_there_is_no_room_for_a_whole_line_nothing_of_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    line = json.dumps({"step": "verify", "detail": "x" * 2000})
    # Blocks of 512 bytes, in some shells of 1,024: of the second line, or of the third, a part fits.
    append(file, line, before="ulimit -f 5")
    with pytest.raises(GonogoError):
        for _ in range(2):
            append(file, line, before="ulimit -f 5")
    assert set(file.read_text().splitlines(keepends=True)) == {f"{line}\n"}


def test_a_folder_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GonogoError, match=r"mkdir: .*file"):
        append(tmp_path / "file" / "below" / "journal.jsonl", "one")
