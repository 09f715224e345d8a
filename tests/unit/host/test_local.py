"""This machine, asked as the target is: what it answers is bounded, and what is cut is no answer."""

from __future__ import annotations

import subprocess

import pytest

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.host import bounded_process, local
from gonogo.deploy.ssh import framing
from gonogo.deploy.ssh.transcript import Transcript


def test_an_answer_that_is_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "ANSWER_LIMIT", 100_000)
    here = local.LocalConnection(Transcript())
    for stream in ("1", "2"):
        with pytest.raises(GonogoError, match=r"answered more than 0\.1 MB, so nothing of it was kept"):
            here.run(f"head -c 3000000 /dev/zero >&{stream}")
    assert "answered more than" in here.transcript.entries[0].output
    assert len(here.run("head -c 100000 /dev/zero").stdout) == 100_000


def test_input_errors_and_status_are_as_of_any_command() -> None:
    here = local.LocalConnection(Transcript())
    found = here.run("cat; echo wrong >&2; exit 3", stdin=b"x" * 300_000)
    assert (found.exit_status, len(found.stdout), found.stderr) == (3, 300_000, b"wrong\n")
    assert here.run("exec <&-; sleep 0", stdin=b"x" * 300_000).ok, "nobody has to read what is sent"


def test_what_does_not_end_or_stays_open_is_stopped() -> None:
    here = local.LocalConnection(Transcript())
    for command in ("exec sleep 30", "sleep 3 & exit 0"):
        with pytest.raises(CommandTimeout, match=r"did not end within 0\.2 s"):
            here.run(command, timeout=0.2)


def test_the_begin_or_the_end_is_kept() -> None:
    argv = ["sh", "-c", "seq 100000"]
    for end, kept in ((False, b"1\n2\n3\n4\n"), (True, b"\n100000\n")):
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0)
        assert process.stdout
        reader = bounded_process.Reader(process.stdout, 8, end=end)
        reader.join(20)
        assert process.wait() == 0
        assert (bytes(reader.kept), reader.cut, reader.size) == (kept, True, 588895)
