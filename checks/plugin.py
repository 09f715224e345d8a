"""The pytest plugin of the checks: reads the target, judges each test, writes results, says go or no-go."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from checks.fixtures import SUITE
from checks.judge import judge
from checks.suite import Suite
from deploy import target_file
from deploy.errors import GonogoError
from deploy.redact import Redactor
from reports.model import CheckResult, SuiteEnd

FOLDER = Path(__file__).resolve().parent
RESULTS: pytest.StashKey[list[CheckResult]] = pytest.StashKey()
STOPPING = ("failed", "blocked")


def _is_check(item: pytest.Item) -> bool:
    return item.path.is_relative_to(FOLDER)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Read the target file as soon as it is clear that checks will run; a fault in it is a usage error."""
    config.stash[RESULTS] = []
    if not any(_is_check(item) for item in items):
        return
    try:
        target = target_file.find(config.getoption("--target"))
    except GonogoError as error:
        raise pytest.UsageError(str(error)) from None
    option = config.getoption
    release, baseline = option("--release") or "", option("--baseline") or ""
    config.stash[SUITE] = Suite(target, Redactor(), option("--skip-build"), release, baseline)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start a new check."""
    if _is_check(item):
        item.config.stash[SUITE].begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn pytest's report of a check into a result, and hide in it what must not be shown."""
    report = yield
    if not _is_check(item) or (report.when != "call" and report.passed):
        return report
    suite = item.config.stash[SUITE]
    error = call.excinfo.value if call.excinfo else None
    result = judge(item, suite, error, report.longreprtext)
    result.seconds = round(report.duration, 4)
    _reword(report, result, item)
    report.sections = [(name, suite.redactor(text)) for name, text in report.sections]
    report.__dict__["gonogo"] = result.model_dump(mode="json")
    return report


def _reword(report: pytest.TestReport, result: CheckResult, item: pytest.Item) -> None:
    words = f"{result.id}: {result.message}" + (f"\n  fix: {result.fix}" if result.fix else "")
    if result.status in ("warning", "waived"):
        report.outcome, report.wasxfail = "skipped", result.message
        report.longrepr = words
    elif result.status in ("blocked", "skipped"):
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, result.message)
    elif result.status == "failed":
        report.outcome, report.longrepr = "failed", words


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep and write the result of a check as soon as it is known."""
    given: dict[str, Any] | None = getattr(report, "gonogo", None)
    if given is None or _CONFIG is None or hasattr(_CONFIG, "workerinput"):  # xdist: the controller writes
        return
    result = CheckResult.model_validate(given)
    _CONFIG.stash[RESULTS].append(result)
    _write(_CONFIG, result)


_CONFIG: pytest.Config | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Remember the configuration, which the hook for reports is not given."""
    global _CONFIG  # noqa: PLW0603
    _CONFIG = config


def _write(config: pytest.Config, record: CheckResult | SuiteEnd) -> None:
    file = config.getoption("--results")
    if file:
        # 0600: redacted or not, what a target says of itself is not for everybody.
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a") as out:
            out.write(record.model_dump_json() + "\n")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the connection; a run in which a check was blocked, or none ran, is no go."""
    suite = session.config.stash.get(SUITE, None)
    if suite is None:
        return
    suite.close()
    results = session.config.stash[RESULTS]
    if exitstatus == 0 and (not results or any(result.status in STOPPING for result in results)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    hide = suite.redactor
    _write(session.config, SuiteEnd(data=suite.data, notes=[hide(note) for note in suite.notes]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say go or no-go, and why not."""
    suite, results = config.stash.get(SUITE, None), config.stash.get(RESULTS, [])
    if suite is None:
        return
    stopped = [result for result in results if result.status in STOPPING]
    say = terminalreporter.write_line
    terminalreporter.section(f"{suite.target.name} on {suite.target.host}")
    for note in suite.notes:
        say(suite.redactor(note))
    for result in results:
        if result.status not in ("passed", "skipped"):
            say(f"{result.status.upper():8} {result.id}: {result.message}")
            if result.fix and result.status != "blocked":
                say(f"{'':8} fix: {result.fix}")
    passed = sum(result.status == "passed" for result in results)
    verdict = "NO-GO" if stopped or not results else "GO"
    say(f"{verdict}: {passed} of {len(results)} checks passed", red=bool(stopped), green=not stopped)
