"""Prefetch: answers of this run alone, each served once, void when something may have changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.deploy.connection import Connection
from gonogo.deploy.host.host import Host
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.wire import remembered
from gonogo.deploy.wire.framing import Clock
from gonogo.deploy.wire.opening import opened
from gonogo.deploy.wire.prefetch import Prefetch, Question
from gonogo.deploy.wire.remembered import Remembered
from tests.unit.waiting import until

LOCAL = SimpleNamespace(
    host="local",
    ssh=SimpleNamespace(config_file=None),
    thresholds=SimpleNamespace(connect_timeout_s=5, command_timeout_s=5),
)


@pytest.fixture(scope="module")
def clock() -> Clock:
    with Connection.open(LOCAL) as connection:
        return connection.clock


def questions(*commands: str, stdin: str | None = None) -> list[Question]:
    return [Question(command, stdin, 5, 0.1) for command in commands]


class Counted:
    """A file that commands append to, so that a test sees how often each ran."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def wait(self) -> None:
        until(lambda: bool(self.ran))

    def command(self, word: str) -> str:
        return f"echo {word} >> {self.file}; wc -l < {self.file}"

    @property
    def ran(self) -> list[str]:
        return self.file.read_text().split() if self.file.exists() else []


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path / "ran")


def connected(prefetch: Prefetch) -> Connection:
    return Connection.open(LOCAL, opening=opened(LOCAL, prefetch=prefetch))


@pytest.fixture
def foreseen(counted: Counted, clock: Clock) -> Iterator[Connection]:
    """A connection over which `once` was asked ahead."""
    with connected(Prefetch(questions(counted.command("once")), clock)) as connection:
        counted.wait()
        yield connection


def test_what_was_foreseen_is_served_once_and_then_asked_again(
    foreseen: Connection, counted: Counted
) -> None:
    answers = [foreseen.run(counted.command("once")).text.strip() for _ in range(3)]
    assert answers == ["1", "2", "3"], "polling sees what changes"
    assert counted.ran == ["once"] * 3


def test_what_was_not_foreseen_goes_out(foreseen: Connection, counted: Counted) -> None:
    assert foreseen.run("echo other").text == "other\n"
    assert foreseen.run(counted.command("once")).text.strip() == "1"


def test_what_must_be_of_this_moment_goes_out(foreseen: Connection, counted: Counted) -> None:
    assert foreseen.run(counted.command("once"), live=True).text.strip() == "2"
    assert [question.command for question in foreseen.prefetch.asked] == []


@pytest.mark.parametrize("change", ["run", "stream", "socket", "testinfra"])
def test_after_a_command_that_may_change_something_all_is_asked_anew(
    foreseen: Connection, counted: Counted, change: str
) -> None:
    if change == "run":
        foreseen.run("true", mutates=True)
    elif change == "stream":
        foreseen.stream("true")
    elif change == "socket":
        foreseen.forward_socket("/nowhere.sock")
    else:
        Host.over(foreseen).run("touch /dev/null")
    assert foreseen.run(counted.command("once")).text.strip() == "2"


def test_testinfra_is_asked_ahead_only_where_it_reads(clock: Clock) -> None:
    with connected(Prefetch()) as connection:
        host = Host.over(connection)
        assert host.file("/etc/passwd").exists
        host.run("mkdir -p /tmp")
        asked = [one.command for one in connection.prefetch.asked]
        assert "test -e /etc/passwd" in asked
        assert "mkdir -p /tmp" not in asked


def test_standard_input_is_part_of_the_question(clock: Clock) -> None:
    asked = [*questions("cat", stdin="ä one"), *questions("cat", stdin="two"), *questions("cat")]
    with connected(Prefetch(asked, clock)) as connection:
        assert connection.run("cat", stdin="ä one".encode()).text == "ä one"
        assert connection.run("cat", stdin=b"other").text == "other"
        assert connection.run("cat").text == ""
        assert connection.run("cat", stdin=b"two").text == "two"


def test_streams_and_statuses_are_those_of_the_command(clock: Clock) -> None:
    command = "printf 'o\\0ut'; echo err >&2; exit 3"
    with connected(Prefetch(questions(command, "head -c 300000 /dev/zero"), clock)) as connection:
        result = connection.run(command)
        assert (result.exit_status, result.stdout, result.stderr) == (3, b"o\0ut", b"err\n")
        assert len(connection.run("head -c 300000 /dev/zero").stdout) == 300000
        assert [entry.command for entry in connection.transcript.entries] == [
            command,
            "head -c 300000 /dev/zero",
        ]


def test_many_questions_are_answered_by_several_shells(clock: Clock) -> None:
    asked = questions(*(f"sleep 0.01; echo {number} $PPID" for number in range(30)))
    with connected(Prefetch(asked, clock)) as connection:
        answers = [connection.run(question.command).text.split() for question in asked]
    assert [int(answer[0]) for answer in answers] == list(range(30))


def test_a_shell_that_dies_costs_its_answers_and_no_more(clock: Clock) -> None:
    asked = [Question("kill -9 $PPID; sleep 1", None, 5, 9.0), *questions("echo a", "echo b")]
    with connected(Prefetch(asked, clock)) as connection:
        assert [connection.run(word).text for word in ("echo a", "echo b")] == ["a\n", "b\n"]


def test_a_question_that_ran_out_of_time_is_asked_again_and_told_as_always(clock: Clock) -> None:
    with connected(Prefetch([Question("sleep 0.1; echo late", None, 0.05)], clock)) as connection:
        assert connection.run("sleep 0.1; echo late").text == "late\n", "this time it has its time"


def test_another_clock_on_the_target_makes_all_void(clock: Clock, counted: Counted) -> None:
    wrong: Clock = "none" if clock != "none" else "whole"
    with connected(Prefetch(questions(counted.command("x")), wrong)) as connection:
        counted.wait()
        assert connection.run(counted.command("x")).text.strip() == "2"


def test_only_questions_are_kept_and_never_a_secret_one(tmp_path: Path, clock: Clock) -> None:
    redactor = Redactor(["hunter2-hunter2"])
    keys = {"host.memory.available", 'host.paths("/srv/hunter2-hunter2").places'}
    with connected(Prefetch()) as connection:
        connection.run("echo the-answer | rev")
        connection.run("echo hunter2-hunter2")
        connection.run("cat", stdin=b"hunter2-hunter2")
        connection.run("cat", stdin=b"\xff")
        kept = Remembered().after(connection.clock, {"t": connection.prefetch.asked}, keys, redactor)
    file = tmp_path / "cache" / "record.json"
    remembered.save(file, kept)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hunter2" not in file.read_text()
    assert "rewsna" not in file.read_text()
    assert [q.command for q in remembered.load(file).questions["t"]] == ["echo the-answer | rev"]
    assert remembered.load(file).facts == ("host.memory.available",)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 0}', '{"version": 1, "questions": 3}'])
def test_a_damaged_record_costs_speed_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    assert remembered.load(tmp_path / "record.json") == Remembered()


def test_what_did_not_run_this_time_stays_remembered(clock: Clock) -> None:
    before = Remembered(clock, {"a": questions("one"), "b": questions("two")})
    after = before.after(clock, {"b": questions("three"), "c": []}, (), str)
    assert {test: [q.command for q in asked] for test, asked in after.questions.items()} == {
        "a": ["one"],
        "b": ["three"],
    }


def test_too_much_is_not_sent_ahead(clock: Clock) -> None:
    kept = Remembered(clock, {"a": [Question("cat", "x" * remembered.MOST_BYTES, 5), *questions("true")]})
    assert [one.command for one in kept.prefetch.shares(1)[0].questions] == ["true"]


def test_what_others_wait_for_is_asked_first(clock: Clock) -> None:
    slow, quick = Question("slow", None, 5, seconds=2), Question("quick", None, 5, seconds=0.1, urgent=True)
    (share,) = Prefetch([slow, quick], clock).shares(1)
    assert [one.command for one in share.questions] == ["quick", "slow"]


def test_where_connections_were_made_is_remembered(tmp_path: Path, clock: Clock) -> None:
    found = Remembered().after(clock, {"t": questions("a")}, [], str, [("172.18.0.2", 27017)])
    remembered.save(tmp_path / "r.json", found)
    assert remembered.load(tmp_path / "r.json") == found
    assert found.prefetch.forwards == (("172.18.0.2", 27017),)
