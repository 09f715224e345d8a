"""What a run of checks says at its end: go or no-go, and why not."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin import offline, results
from gonogo.checks.plugin.fixtures import SUITE
from gonogo.reports import words

DEFAULT = "fE"
"""What pytest lists in its short summary where ``-r`` says nothing: failures and errors."""


def told_once(config: pytest.Config) -> None:
    """Let pytest leave out its own account of failures where all are checks, which the summary tells.

    Where ``--tb`` or ``-r`` say what to show, that is shown.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.tbstyle != "auto":
        return
    wrong = [report for kind in ("failed", "error") for report in reporter.stats.get(kind, [])]
    if all(hasattr(report, "gonogo") for report in wrong):
        config.option.tbstyle = "no"
        if config.option.reportchars == DEFAULT:
            reporter.reportchars = ""


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say go or no-go, and why not."""
    suite, found = config.stash.get(SUITE, None), config.stash[results.FOUND]
    if not suite and not found:
        return
    say = terminalreporter.write_line
    # With xdist the target was read by the workers alone.
    terminalreporter.section(f"{suite.target.name} on {suite.target.host}" if suite else "checks")
    if suite:
        for note in suite.notes:
            say(suite.redactor(note))
    blocked: dict[str, list[str]] = {}
    for result in found:
        if result.status == "blocked":
            blocked.setdefault(result.message, []).append(result.id)
        elif result.status not in ("passed", "skipped"):
            first, *rest = result.message.splitlines() or [""]
            say(f"{result.status.upper():8} {result.id}: {first}")
            for line in rest:
                say(f"{'':8} {line}")
            if result.fix:
                say(f"{'':8} fix: {result.fix}")
    # One cause blocks many: forty lines of it would bury the one that says what to do.
    for message, ids in blocked.items():
        say(f"BLOCKED  {', '.join(ids)}: {message}")
    if suite and (told := suite.asked_ahead):
        say(told)
    unjudged = config.stash.get(results.UNJUDGED, [])
    if unjudged:
        say(f"NOT RUN  {', '.join(unjudged)}: selected, and not run")
    elif not found:
        say("no check was selected, so this is neither GO nor NO-GO")
        return
    counted = words.counted(result.status for result in found)
    go = exitstatus == 0 and results.go(found) and not unjudged
    # With xdist the workers alone know.
    alone = suite.offline if suite else offline.asked(config)
    so_far = ", as far as the repository tells" if alone else ""
    say(f"{'GO' if go else 'NO-GO'}{so_far}: {counted}", red=not go, green=go)
