"""Running a suite of checks as its own pytest process, riding on a connection that is open."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.own_variables import own_variables
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps.run import Run
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.workspace import ROOT, cache
from gonogo.reports.model import CheckResult, DataCount, SuiteEnd
from gonogo.reports.words import counted

CHECKS = ROOT / "checks"
SUITES = ("preflight", "verify")
UNCACHED = "no:cacheprovider"
POLL_S = 0.05
STOPPING = ("failed", "blocked")
LAST_LINES = 5


def command(*arguments: str) -> list[str]:
    """Return the command that runs suites by pytest; ``arguments``: their names, and options of pytest.

    Neither the user's configuration of pytest nor what lies in the working folder has a part in it.
    """
    settings = ["-c", str(CHECKS / "suites.ini"), "--rootdir", str(ROOT)]
    # Without its cache, pytest --strict takes the name of the cache's folder for a mistake.
    settings += [] if UNCACHED in arguments else ["-o", f"cache_dir={cache()}"]
    # No suite has property tests of its own, and the import of their plugin costs a sixth of the start.
    plugins = ["-p", "gonogo.checks.plugin.early", "-p", "gonogo", "-p", "no:hypothesispytest"]
    paths = [str(CHECKS / one) if one in SUITES else one for one in arguments]
    return [sys.executable, "-P", "-m", "pytest", *plugins, *settings, *paths]


def environment() -> dict[str, str]:
    """Return this process's variables without those that tell pytest what to run, or which plugins."""
    telling = {"PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"}
    return {key: value for key, value in own_variables().items() if key not in telling}


class Refused(GonogoError):
    """A suite said no; its failed checks are in the record."""

    exit_code = 1


@dataclass
class Outcome:
    """What a suite found. ``passed`` only where pytest said so and no check failed or was blocked."""

    suite: str
    exit_code: int
    checks: list[CheckResult] = field(default_factory=list)
    data: list[DataCount] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    html: Path | None = None
    recording: Path | None = None
    output: str = ""
    rest: bytes = b""

    @property
    def stopped_by(self) -> list[CheckResult]:
        """The checks that failed or were blocked."""
        return [check for check in self.checks if check.status in STOPPING]

    @property
    def passed(self) -> bool:
        """Whether the suite ran and nothing in it stops a release."""
        return self.exit_code == 0 and bool(self.checks) and not self.stopped_by

    @property
    def told(self) -> str:
        """One line: how many passed, and what did not."""
        if self.passed:
            told = counted(check.status for check in self.checks)
            rest = sorted({f"{c.status}: {c.id}" for c in self.checks if c.status in ("warning", "waived")})
            return "; ".join([told, *rest])
        failed = [check.id for check in self.checks if check.status == "failed"]
        blocked = sum(check.status == "blocked" for check in self.checks)
        if failed or blocked:
            parts = [f"failed: {', '.join(failed)}"] if failed else []
            return "; ".join([*parts, *([f"{blocked} blocked"] if blocked else [])])
        return f"pytest ended with {self.exit_code}: " + " / ".join(self.output.splitlines()[-LAST_LINES:])


def run(  # noqa: PLR0913  each is a different thing that only the caller knows
    suite: str,
    target: Target,
    work: Path,
    *,
    connection: Connection | None,
    on_check: Callable[[CheckResult], None],
    options: Sequence[str] = (),
) -> Outcome:
    """Run ``checks/SUITE`` against the target and return what it found; ``work`` takes its files.

    A preflight is recorded, so that it can be judged again without the target.

    ``on_check`` hears of every result as soon as it is known.
    """
    name = f"{suite}-{len(list(work.glob(f'{suite}-*.jsonl')))}"
    endings = ("jsonl", "html", "txt", "recording.json")
    results, html, output, recording = (work / f"{name}.{ending}" for ending in endings)
    given = ["--target", str(target.file), "--results", str(results)]
    given += ["--html", str(html), "--self-contained-html"]
    given += ["--record", str(recording)] if suite == "preflight" else []
    argv = command(suite, *given, "-q", "-p", UNCACHED, "--color=no", *options)
    variables = environment() | (connection.environment if connection else {})
    results.touch(0o600)
    found = Outcome(suite, 0)
    with output.open("wb") as out, results.open("rb") as lines:
        process = subprocess.Popen(
            argv, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None:
                _take(lines.read(), found, on_check)
                time.sleep(POLL_S)
        finally:
            if process.poll() is None:
                process.terminate()
            found.exit_code = process.wait()
        _take(lines.read(), found, on_check)
    found.output = output.read_text(errors="replace")
    found.html = html if html.exists() else None
    found.recording = recording if recording.exists() and recording.stat().st_size else None
    return found


def _take(data: bytes, found: Outcome, on_check: Callable[[CheckResult], None]) -> None:
    *lines, found.rest = (found.rest + data).split(b"\n")
    for line in lines:
        try:
            check = CheckResult.model_validate_json(line)
        except ValidationError:
            end = SuiteEnd.model_validate_json(line)
            found.data += end.data
            found.notes += end.notes
        else:
            found.checks.append(check)
            on_check(check)


def took(run: Run, outcome: Outcome, suite: str | None = None) -> None:
    """Put what a suite found into the record of a run; ``suite``: another name for it in the report."""
    name = suite or outcome.suite
    run.record.checks += [check.model_copy(update={"suite": name}) for check in outcome.checks]
    run.record.data = outcome.data or run.record.data
    for note in outcome.notes:
        run.note(note)
    if outcome.html:
        file = f"{name.replace(' ', '-')}.html"
        run.files[file] = outcome.html
        run.record.links[f"pytest-html: {name}"] = file
    if outcome.recording:
        file = f"{name.replace(' ', '-')}.recording.json"
        run.files[file] = outcome.recording
        run.record.links[f"recording: {name}"] = file
