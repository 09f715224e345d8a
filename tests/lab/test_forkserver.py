"""Forks of tests: a command that is forked gives what Python itself gives for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.forkserver import forked, python

ROOT = Path(__file__).parents[2]
CHECK = """
import os, sys
def test_it():
    assert sys.stdin.read() == "given", "said " + os.environ["SAID"]
    print(sys.executable)
    open("here", "w").close()
    if os.environ["SAID"] == "exit":
        os._exit(77)
    assert False, "said " + os.environ["SAID"]
"""
WAITING = """
import os, time
def test_it():
    print("\\nat", os.getpid(), flush=True)
    time.sleep(60)
"""


def both(argv: list[str], folder: Path, **variables: str) -> list[tuple[int, str]]:
    """What Python gives, and what a fork gives."""
    environment = {**os.environ, "COLUMNS": "80", **variables}
    found = []
    for words in ([sys.executable, *argv], forked([sys.executable, *argv])):
        done = subprocess.run(
            words, cwd=folder, env=environment, input="given", capture_output=True, text=True, check=False
        )
        assert (folder / "here").exists() == ("SAID" in variables)
        (folder / "here").unlink(missing_ok=True)
        output = done.stdout.replace(words[0], "PYTHON") + done.stderr
        found.append((done.returncode, output))
    return found


@pytest.mark.parametrize("said", ["this", "exit"])
def test_a_fork_has_the_streams_folder_and_variables_of_its_command(tmp_path: Path, said: str) -> None:
    (tmp_path / "test_it.py").write_text(CHECK)
    argv = ["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-c", os.devnull, "test_it.py"]
    real, fork = both(argv, tmp_path, SAID=said)
    assert fork[0] == real[0] == (77 if said == "exit" else 1)
    if said == "this":  # a process that ends at once leaves its buffers unwritten
        assert "PYTHON" in fork[1] and "said this" in fork[1]


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["nothing"], ["verify", "none"]])
def test_a_fork_of_the_command_says_what_the_command_says(tmp_path: Path, words: list[str]) -> None:
    real, fork = both(["-m", "gonogo.deploy", *words], tmp_path)
    assert fork == real


def test_what_is_not_forked_is_python(tmp_path: Path) -> None:
    real, fork = both(["-c", "import sys; print(sys.flags.isolated, len(sys.argv))", "more"], tmp_path)
    assert fork == real == (0, "0 2\n")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_reaches_the_fork(tmp_path: Path, sent: signal.Signals) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(WAITING)
    argv = [python(), "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-c", os.devnull, str(file)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as client:
        assert client.stdout
        process = next(line.split()[1] for line in client.stdout if line.startswith("at "))
        client.send_signal(sent)
    assert client.returncode == -sent
    for _ in range(200):
        if not Path(f"/proc/{process}").exists():
            return
        time.sleep(0.05)
    raise AssertionError("the fork is still there")
