"""The pytest plugin of the checks: reads the target, judges each test, writes results, and ends the run."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin import (
    argv,
    catalogue,
    columns,
    early,
    offline,
    options,
    phases,
    results,
    smoke,
    summary,
)
from gonogo.checks.plugin.account import account
from gonogo.checks.plugin.catalogue import SMOKE, is_check
from gonogo.checks.plugin.fixtures import SUITE
from gonogo.checks.plugin.judge import Check, Place, judge
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.steps import recording
from gonogo.deploy.target import target_file
from gonogo.deploy.target.workspace import ROOT
from gonogo.reports.model import CheckResult, SuiteEnd


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let the smoke tests of the target be a part of the suite that follows a release."""
    config, named = session.config, session.config.args
    _name_by_suite(config)
    config.stash[SMOKE] = found = frozenset(smoke.files(config))
    config.args = [*named, *sorted(map(str, found))]
    try:
        return (yield)
    finally:
        config.args = named


def _name_by_suite(config: pytest.Config) -> None:
    """Let pytest name files of checks from the package on, in a run that our own command started."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and config.rootpath == ROOT:
        reporter.startpath = ROOT


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Read the target file as soon as it is clear that checks will run.

    Raises pytest.UsageError, with which pytest ends with 4, for a fault in it, in an option or in a marker.
    """
    found = [item for item in items if is_check(item)]
    try:
        for item in found:
            item.extra_keyword_matches.add(Check.of(item).id)  # for -k
            options.one_host(item)
    except GonogoError as error:
        raise pytest.UsageError(str(error)) from None
    yield
    option = config.getoption
    if not found or option("collectonly") or option("--catalogue"):
        return
    try:
        items.sort(key=phases.turn)
        known = catalogue.ids() | {Check.of(item).id for item in found}
        suite = _suite(config, known)
        for name in ("--results", "--record"):
            results.try_file(name, option(name))
        config.stash[SUITE] = suite
        _unburden(config)
        if offline.wanted(config, [item for item in items if is_check(item)]):
            offline.begin(suite, config)
        elif not option("--replay"):
            suite.ahead = suite.ahead and all(item in items for item in found)
            suite.start()
    except GonogoError as error:
        raise pytest.UsageError(str(error)) from None


def _suite(config: pytest.Config, known: frozenset[str]) -> Suite:
    option = config.getoption
    kept = recording.load(Path(option("--replay"))) if option("--replay") else None
    release = kept.release_of() if kept else None
    target = release.target if release else target_file.find(option("--target"))
    named = config.args, config.invocation_params.dir
    suite = Suite(
        target,
        release.redactor if release else Redactor(),
        skip_build=option("--skip-build"),
        images_of=option("--images-of") or "",
        verified=option("--release") or "",
        baseline_of=option("--baseline") or "",
        version=option("--under-way") or "",
        availability=results.availability(option("--availability")),
        watched=option("--availability"),
        strict=bool(config.getini("strict")),
        checks=known,
        early=early.STARTED,
        live=argv.suites(*named) != ["preflight"],
        ahead=argv.whole(*named, "preflight") and not hasattr(config, "workerinput"),
    )
    if kept and release:
        suite.skip_build, suite.release = release.skip_build, release
        suite.images_of = release.images_of
        suite.notes.append(f"judged again from a recording of {kept.taken}")
    return suite


def _unburden(config: pytest.Config) -> None:
    # Hypothesis imports all of itself for its summary, which takes longer than all checks together.
    if "hypothesis" not in sys.modules:
        config.pluginmanager.unregister(name="hypothesispytest")
    gc.freeze()
    gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say what is wrong with the options before pytest-xdist's workers meet it, who could say it to nobody.

    Raises pytest.UsageError, also for what several workers cannot do.
    """
    config = session.config
    if not config.pluginmanager.hasplugin("dsession"):
        return
    try:
        if config.getoption("--catalogue") or config.getoption("--record"):
            raise GonogoError("--catalogue and --record need one process: leave out -n")
        results.try_file("--results", config.getoption("--results"))
        _suite(config, frozenset())
        smoke.one_process(config)
    except GonogoError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_finish(session: pytest.Session) -> None:
    """List the checks, where that is all that was asked for; raises pytest.UsageError for a wrong marker."""
    if session.config.getoption("--catalogue"):
        try:
            print("\n".join(catalogue.listed(item for item in session.items if is_check(item))))
        except GonogoError as error:
            raise pytest.UsageError(str(error)) from None
        # Else it would say that no test ran, which is what was asked for.
        session.config.pluginmanager.unregister(name="terminalreporter")
        pytest.exit("no check was run", 0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn pytest's report of a check into a result, and hide in it what must not be shown."""
    report = yield
    if not is_check(item):
        return report
    suite = item.config.stash[SUITE]
    report.sections = [(name, suite.redactor(text)) for name, text in report.sections]
    if report.when != "call" and report.passed:
        return report
    error = call.excinfo.value if call.excinfo else None
    if error is None and report.failed:  # as pytest says of a test that was to fail and did not
        error = pytest.fail.Exception(report.longreprtext)
    place = Place(item.path.parent.name, item.nodeid)
    result = judge(Check.of(item), place, suite, error, _account(report, call, item))
    result.seconds = round(report.duration, 4)
    _reword(report, result, item)
    columns.annotate(item, report, result)
    report.__dict__["gonogo"] = result.model_dump(mode="json")
    return report


def _account(report: pytest.TestReport, call: pytest.CallInfo[None], item: pytest.Item) -> str:
    """Return why a check failed: in short, or as pytest tells it where ``--tb`` says how."""
    if call.excinfo is None or item.config.option.tbstyle != "auto":
        return report.longreprtext
    return account(call.excinfo, item.path)


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
    _CONFIG.stash[results.FOUND].append(result)
    results.write(_CONFIG.getoption("--results"), result)


_CONFIG: pytest.Config | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Remember the configuration, which the hook for reports is not given."""
    global _CONFIG  # noqa: PLW0603
    _CONFIG = config
    config.stash[results.FOUND] = []


def _unjudged(session: pytest.Session) -> list[str]:
    """Return the ids of checks that were selected and have no result, as after ``pytest.exit``."""
    config = session.config
    if SUITE not in config.stash or hasattr(config, "workerinput"):
        return []
    judged = {result.nodeid for result in config.stash[results.FOUND]}
    return [Check.of(item).id for item in session.items if is_check(item) and item.nodeid not in judged]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the connection; a run in which a check was blocked or did not run is no go."""
    suite, found = session.config.stash.get(SUITE, None), session.config.stash[results.FOUND]
    session.config.stash[results.UNJUDGED] = unjudged = _unjudged(session)
    if exitstatus == 0 and (unjudged or (found and not results.go(found))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif exitstatus == 0 and suite and not found:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
    summary.told_once(session.config)
    if suite is None:
        return
    if file := session.config.getoption("--record"):
        Path(file).write_text(suite.recording(), encoding="utf-8")
    suite.close()
    # pytest searches all that there is for garbage several times before it ends, which takes long.
    gc.freeze()
    end = SuiteEnd(data=suite.data, notes=[suite.redactor(note) for note in suite.notes])
    results.write(session.config.getoption("--results"), end)
