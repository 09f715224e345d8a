"""What deployments say on a narrow terminal, without a terminal, and to machines."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from typing import Any

import pytest

from gonogo.deploy.progress import events
from lab import demo, host, state
from tests.lab.chat import Chat
from tests.lab.secrecy import leaks
from tests.screen import seen

pytestmark = pytest.mark.lab
NAME = f"t-terminal-{os.getpid()}"
WIDTH = 40
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
SENT = re.compile(
    r"sending  ?[\d.]+ [kM]?B/[\d.]+ [kM]B, [\d.]+ [kM]?B/s.*transfer: loading  \d+ s", re.DOTALL
)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A host on which nothing was ever deployed."""
    made = Chat.up(NAME, tmp_path_factory.mktemp("terminal"))
    yield made
    host.down(NAME)


def on_a_terminal(words: list[str], **environment: str) -> tuple[int, str]:
    """Run gonogo on a terminal of WIDTH columns; returns its exit code and all that it wrote."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    kept = {key: text for key, text in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "gonogo.deploy", *words],
        cwd=state.ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": "xterm-256color", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    taken = b""
    try:
        while piece := os.read(ours, 65536):
            taken += piece
    except OSError:  # so a terminal ends whose last program is gone
        pass
    finally:
        os.close(ours)
    return process.wait(60), taken.decode()


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def gonogo(chat: Chat, *words: str) -> subprocess.CompletedProcess[str]:
    return chat._run([sys.executable, "-m", "gonogo.deploy", *words])


def test_a_narrow_terminal_without_colours(chat: Chat) -> None:
    chat.release("v1")
    words = ["deploy", str(chat.file), "--yes", "--reports", str(chat.published)]
    code, text = on_a_terminal(words, NO_COLOR="1")
    lines = seen(text.replace("\r\n", "\n"), WIDTH)
    assert code == 0, "\n".join(lines)
    assert SENT.search(text), f"the moving line tells bytes of how many, and that they are loaded: {text!r}"
    assert not re.search(r"\x1b\[[\d;]*3\dm", text)
    assert not any("⠋" in line or "checks passed  " in line for line in lines)
    end = "\n".join(lines).partition("DEPLOYED chat")[2]
    assert all(f"\n  {word}" in end for word in ("version", "time")), end
    assert "\n  downtime" not in end, "nothing ran before that could have been away"
    assert "index.html" in end.partition("report:")[2]
    assert "next:" not in end
    chat.outputs.append(text)
    demo.seed(NAME)


def test_machines_hear_of_every_step_and_byte(chat: Chat) -> None:
    chat.release("v2")
    done = chat.deploy("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = told(done)
    assert {row["event"] for row in rows} <= set(events.KINDS.values())
    begun = [row["step"] for row in rows if row["event"] == "begin"]
    assert begun == [row["name"] for row in rows if row["event"] == "step"]
    sent = {row["step"]: row for row in rows if row["event"] == "bytes"}
    assert set(sent) == {"transfer", "backup", "restore proof"}
    images = [row for row in rows if row["event"] == "bytes" and row["step"] == "transfer"]
    first, last = images[0], [row for row in images if row["phase"] == "sending"][-1]
    assert (first["phase"], first["bytes"]) == ("sending", 0)
    assert first["total"] == last["total"] == last["bytes"] > 0, "it is told at once, and stays"
    assert {row["total"] for row in images if row["phase"] == "sending"} == {first["total"]}
    assert (images[-1]["phase"], images[-1]["total"]) == ("loading", None)
    assert sent["restore proof"]["bytes"] == sent["restore proof"]["total"] > 0
    assert sent["backup"]["about"] and sent["backup"]["total"] > 0
    assert rows[-1]["event"] == "release"
    assert (rows[-1]["verdict"], rows[-1]["next"]) == ("deployed", "")


def test_without_a_terminal_there_are_lines_and_the_next_command(chat: Chat) -> None:
    chat.release("exits-at-once")
    done = chat.deploy()
    assert done.returncode == 4, done.stdout + done.stderr
    assert CONTROL.findall(done.stdout) == []
    lines = done.stdout.splitlines()
    for begin in ("transfer …", "transfer done in ", "switch api failed in ", "  recovery  proved, in "):
        assert [line for line in lines if line.startswith(begin)], begin
    assert lines[-1] == f"next: gonogo status {chat.file}"
    chat.release("v2")


def test_what_stands_and_what_was_is_for_machines_too(chat: Chat) -> None:
    (status,) = told(gonogo(chat, "status", str(chat.file), "--json"))
    assert status["well"] and {one["service"] for one in status["containers"]} >= {"api", "web"}
    runs = told(gonogo(chat, "history", str(chat.file), "--json"))
    assert [(run["outcome"], run["current"]) for run in runs] == [
        ("rolled-back", False),
        ("deployed", True),
        ("deployed", False),
    ]
    made = told(gonogo(chat, "backup", str(chat.file), "--users", "--verify", "--json"))
    assert [row["event"] for row in made if row["event"] != "bytes"] == [
        "begin",
        "step",
        "backup",
        "begin",
        "step",
        "proof",
    ]
    kept = told(gonogo(chat, "backups", str(chat.file), "--json"))
    assert kept[0]["users"] and kept[0]["proved"].endswith("found to be the same")
    back = gonogo(chat, "restore", str(chat.file), "latest", "--into", "tried", "--users", "--yes", "--json")
    assert told(back)[-1]["users"], back.stderr
    done = gonogo(chat, "restore", str(chat.file), "latest", "--into", "never", "--users")
    assert (done.returncode, "--yes is needed" in done.stderr) == (2, True)


def test_an_error_is_a_sentence_and_debug_shows_where_it_was_raised(chat: Chat) -> None:
    chat.release("exits-at-once")
    plain = gonogo(chat, "backup", "/nowhere.toml", "--json")
    assert told(plain) == [
        {
            "event": "error",
            "message": "/nowhere.toml does not exist: give a target's name or the path of its file",
            "exit_code": 2,
        }
    ]
    assert "Traceback" not in plain.stderr
    traced = chat.deploy("--debug", "--skip-build", "--version", f"never-{os.getpid()}")
    assert traced.returncode == 1, traced.stdout + traced.stderr
    assert "Traceback (most recent call last)" in traced.stderr
    (line,) = [line for line in traced.stdout.splitlines() if "images.present" in line and "FAILED" in line]
    assert f"chat-api:never-{os.getpid()} (service api) exists neither here" in line


def test_no_secret_was_shown(chat: Chat) -> None:
    texts = {str(number): text for number, text in enumerate(chat.outputs)}
    assert len(texts) > 10
    assert leaks(list(chat.secrets.values()), texts) == []
