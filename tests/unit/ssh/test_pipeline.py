"""The pipeline: what several threads ask at once goes to a few shells, and what fails so is asked again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed, GonogoError, UsageError
from gonogo.deploy.ssh import framing, pool
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.ssh.opening import opened
from gonogo.deploy.ssh.pipeline import LANES, WINDOW, together
from tests.unit.waiting import until

LOCAL = SimpleNamespace(
    host="local",
    ssh=SimpleNamespace(config_file=None),
    thresholds=SimpleNamespace(connect_timeout_s=5, command_timeout_s=5),
)

SHELL = "cut -d' ' -f4 /proc/$PPID/stat"
"""Prints the process id of the shell: between it and the command there is timeout(1)."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    with Connection.open(LOCAL, opening=opened(LOCAL, shells=LANES)) as connection:
        yield connection


def begun(asks: Sequence[Callable[[], Result]]) -> list[Future[Result]]:
    """Begin to ask at the same moment, as the properties do that are asked ahead."""

    def ask(one: Callable[[], Result]) -> Result:
        with together():
            return one()

    threads = ThreadPoolExecutor(len(asks))
    found = [threads.submit(ask, one) for one in asks]
    threads.shutdown(wait=False)
    return found


def asked(asks: Sequence[Callable[[], Result]]) -> list[Result]:
    return [one.result(timeout=20) for one in begun(asks)]


def test_many_questions_are_answered_each_by_its_own_answer(connection: Connection) -> None:
    found = asked([lambda n=n: connection.run(f"echo {n}; {SHELL}") for n in range(60)])
    answers = [one.text.split() for one in found]
    assert [int(answer[0]) for answer in answers] == list(range(60))
    assert connection.shared == 60
    assert len({answer[1] for answer in answers}) <= pool.MOST_SHELLS
    assert len(connection.transcript.entries) == 60


def test_a_shell_is_sent_the_next_questions_before_it_has_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pool, "MOST_SHELLS", 1)
    wait = f"until [ -e {tmp_path}/go ]; do sleep 0.01; done"
    with Connection.open(LOCAL) as connection:
        pipeline = connection._executor._pipeline
        waiting = begun([lambda: connection.run(wait) for _ in range(WINDOW + 2)])
        until(lambda: any(len(lane.sent) == WINDOW for lane in pipeline._lanes))
        (tmp_path / "go").touch()
        assert all(one.result(timeout=20).ok for one in waiting)
        assert connection.run("echo alone").text == "alone\n", "the one shell was given back"


def test_whoever_needs_a_shell_alone_gets_one_meanwhile(connection: Connection, tmp_path: Path) -> None:
    wait = f"until [ -e {tmp_path}/go ]; do sleep 0.01; done"
    waiting = begun([lambda: connection.run(wait) for _ in range(9)])
    assert connection.run("echo alone").text == "alone\n"
    (tmp_path / "go").touch()
    assert all(one.result(timeout=20).ok for one in waiting)


def test_streams_statuses_and_standard_input_are_those_of_the_command(connection: Connection) -> None:
    first, second, third, fourth = asked(
        [
            lambda: connection.run("printf 'o\\0ut'; echo err >&2; exit 3"),
            lambda: connection.run("cat", stdin="ä one".encode()),
            lambda: connection.run("cat"),
            lambda: connection.run("wc -c", stdin=b"x" * 300_000),
        ]
    )
    assert (first.exit_status, first.stdout, first.stderr) == (3, b"o\0ut", b"err\n")
    assert (second.text, third.text, fourth.text.strip()) == ("ä one", "", "300000")
    assert connection.shared == 3, "what is too long for a request goes alone"


@pytest.mark.parametrize("given", [{"mutates": True}, {"live": True}])
def test_what_changes_something_or_is_of_this_moment_goes_alone(
    connection: Connection, given: dict[str, bool]
) -> None:
    (found,) = asked([lambda: connection.run("echo it", **given)])
    assert (found.text, connection.shared) == ("it\n", 0)


def test_what_is_not_asked_together_goes_alone(connection: Connection) -> None:
    assert (connection.run("echo it").text, connection.shared) == ("it\n", 0)


def test_a_shell_that_dies_costs_its_answers_and_each_is_asked_once_more(
    connection: Connection, tmp_path: Path
) -> None:
    dies = f"[ -e {tmp_path}/died ] || {{ touch {tmp_path}/died; kill -9 $({SHELL}); sleep 1; }}; echo lives"
    asks = [lambda: connection.run(dies), *(lambda n=n: connection.run(f"echo {n}") for n in range(20))]
    assert [one.text for one in asked(asks)] == ["lives\n", *(f"{n}\n" for n in range(20))]


def test_what_dies_each_time_is_told(connection: Connection) -> None:
    (found,) = begun([lambda: connection.run(f"kill -9 $({SHELL}); sleep 1")])
    with pytest.raises(ConnectionFailed, match="ended before its answer"):
        found.result(timeout=20)


def test_a_question_that_ran_out_of_time_is_asked_again_and_told_as_always(connection: Connection) -> None:
    late, good = begun([lambda: connection.run("sleep 9", timeout=0.2), lambda: connection.run("echo it")])
    assert good.result(timeout=20).text == "it\n"
    with pytest.raises(CommandTimeout, match=r"did not end within 0\.2 s"):
        late.result(timeout=20)


@pytest.mark.parametrize("alone", [True, False])
def test_an_answer_that_is_too_long_is_none(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    monkeypatch.setattr(framing, "ANSWER_LIMIT", 100_000)
    ask = lambda: connection.run("head -c 3000000 /dev/zero")  # noqa: E731
    with pytest.raises(
        GonogoError,
        match=r"`head -c 3000000 /dev/zero` answered more than 0\.1 MB, so nothing of it was kept or judged",
    ):
        _ = ask() if alone else asked([ask])
    assert connection.run("head -c 90000 /dev/zero").stdout == b"\0" * 90_000, "the shell goes on"


def test_a_command_that_no_shell_could_be_given_is_told(connection: Connection) -> None:
    (found,) = begun([lambda: connection.run("echo \0")])
    with pytest.raises(UsageError, match="NUL"):
        found.result(timeout=20)


def test_nobody_waits_for_a_connection_that_was_closed(connection: Connection) -> None:
    waiting = begun([lambda: connection.run("sleep 60", timeout=60) for _ in range(30)])
    until(lambda: sum(len(lane.sent) for lane in connection._executor._pipeline._lanes) >= LANES)
    connection.close()
    for one in waiting:
        with pytest.raises(ConnectionFailed, match="was closed"):
            one.result(timeout=20)
    until(lambda: not any(one.name == "gonogo-lane" for one in threading.enumerate()))


def test_whoever_wants_to_know_is_called_after_each_change(connection: Connection) -> None:
    calls: list[str] = []
    connection.changed = lambda: calls.append("changed")
    connection.run("true")
    connection.run("true", live=True)
    assert calls == []
    connection.run("true", mutates=True)
    connection.stream("true")
    connection.forward_socket("/nowhere.sock")
    assert len(calls) == 3
