"""The check of the logs: which lines count, since when, and what is shown of them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gonogo.checks.verify.test_logs import LONGEST, SHOWN, matching, moments, told
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Given
from gonogo.deploy.host.logs import BYTES, LINES
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.records import Baseline, Life
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.target.sections.service import ERRORS
from gonogo.reports.model import CheckResult
from tests import harness
from tests.unit.stacks import Answering, container, target
from tests.unit.tables import every

OLD = container("db", created="2026-01-01T00:00:00Z")
NEW = container("api", created="2026-11-24T10:00:00Z", started="2026-11-24T10:05:00Z")
LEFT = Baseline(taken="", untouched={OLD.name: Life(id=OLD.id, started="")})


@every(
    "line",
    [
        "2026-11-24 ERROR in app: no database",
        "Traceback (most recent call last):",
        "panic: runtime error: index out of range",
        "2026/11/24 10:00:00 [error] 7#7: connect() failed",
        '{"level":"error","msg":"x"}',
        '{"severity": "critical"}',
        '{"t":{"$date":"x"},"s":"E",  "c":"STORAGE"}',
    ],
)
def test_lines_that_tell_of_an_error(line: str) -> None:
    assert matching([line], ERRORS) == [line]
    assert matching([line], ERRORS, [r"no database|Trace|panic|connect|error|critical|STORAGE"]) == []


@every(
    "line",
    ["GET /errors 200", "INFO error_rate=0", '{"level":"info","msg":"no error"}', '{"s":"I","msg":"x"}', ""],
)
def test_lines_that_do_not(line: str) -> None:
    assert matching([line], ERRORS) == []


def test_new_containers_count_from_when_they_were_made_and_old_ones_from_the_first_of_them() -> None:
    assert dict(moments([OLD, NEW], LEFT)) == {OLD: NEW.created, NEW: NEW.created}
    assert dict(moments([OLD], LEFT)) == {}
    assert dict(moments([OLD, NEW], None)) == {OLD: OLD.created, NEW: NEW.created}


def test_what_is_shown_is_short() -> None:
    said = told(NEW, [f"{'x' * 400} {n}" for n in range(SHOWN + 3)])
    assert said.startswith("shop-api-1: x")
    assert said.endswith("… | and 3 more")
    assert len(said) < (LONGEST + 5) * (SHOWN + 1)


class Logging(Answering):
    """Stands in for a connection to a host whose containers log."""

    transcript = Transcript()


def checked(
    monkeypatch: pytest.MonkeyPatch, out: str, err: str = "", **tables: Any
) -> tuple[CheckResult, list[str]]:
    there = Logging(0, out, err)
    to = target(logs=tables)
    release = Release(to, cast(Connection, there), Redactor(["hunter2-and-more"]))
    release.answers.known |= {
        "host.containers.all": Answer([NEW], None),
        'host.project("shop").made_with': Answer({"api": Given({}, ())}, None),
    }
    monkeypatch.setattr(Verified, "_recorded", (None, None))
    return harness.run(to, release, suite="verify", only={"logs.clean"})["logs.clean"], there.asked


def test_a_clean_log_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = checked(monkeypatch, "started\nGET / 200\n")
    assert (result.status, result.found) == ("passed", "2 lines without an error")
    assert "--since 2026-11-24T10:00:00Z" in asked[0]


def test_an_error_warns_and_its_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = checked(monkeypatch, "ok\n\x1b[31mERROR\x1b[0m login as root with hunter2-and-more\n")
    assert (result.status, result.found) == ("warning", "shop-api-1: ERROR login as root with [redacted]")


def test_declared_patterns_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = checked(monkeypatch, "ERROR but fine\nqueue is full\n", errors=["queue is full"])
    assert (result.status, result.found) == ("failed", "shop-api-1: queue is full")
    result, _ = checked(monkeypatch, "queue is full\n", errors=["queue is full"], allow=["^queue"])
    assert result.status == "passed"


def test_a_log_that_cannot_be_read_is_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = checked(monkeypatch, "configured logging driver does not support reading\n:cannot:\n")
    assert (result.status, result.found) == (
        "warning",
        "the logs of shop-api-1 cannot be read",
    )
    assert "logging driver" in result.fix


@pytest.mark.parametrize("text", ["ok\n" * (LINES + 1), f"{'x' * BYTES}\n"])
def test_a_log_that_was_cut_is_not_passed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    result, _ = checked(monkeypatch, text)
    assert result.status == "warning"
    assert "the logs of shop-api-1 are longer than what was read of them" in result.found
    whole, _ = checked(monkeypatch, "ok\n" * LINES)
    assert whole.status == "passed"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(GonogoError, match="regular expression"):
        target(logs={"errors": ["(unclosed"]})
