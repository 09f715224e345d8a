"""The end of a run: what became of it, its report, and where that is sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import own_folder
from gonogo.deploy.steps import publishing
from gonogo.deploy.steps.run import Run
from gonogo.deploy.target import target_file, workspace
from gonogo.reports.model import Release, Verdict
from gonogo.reports.publish import publish

INTERRUPTED = 130
"""The exit code of a run that somebody interrupted."""


@dataclass
class Ended:
    """How a run ended, before it is reported."""

    verdict: Verdict
    exit_code: int
    summary: str


def report(run: Run, ended: Ended, published: Path, *, away: bool) -> Release:
    """Write how a run ended into its record and its report, and return the record.

    ``away``: the report is sent to the destinations of the target file, too. A report that cannot be written
    or sent is a note, and changes no verdict.
    """
    record = run.record
    record.verdict, record.exit_code = ended.verdict, ended.exit_code
    record.summary = run.redactor(ended.summary)
    record.seconds = round(time.monotonic() - run.begun, 2)
    page = ""
    if ended.verdict != "locked":
        try:
            if published == (place := workspace.of_target(run.target.file)).reports:
                place.keep_reports_out_of_git()
            for folder in (published, published / record.target):
                own_folder.refuse(folder)
            written = publish(record, published, extra_files=run.files, redact=run.redactor)
            page = str(written)
            if away and _away(run, written):
                publish(record, published, extra_files=run.files, redact=run.redactor)
        except (GonogoError, OSError) as error:
            run.note(f"no report: {error}")
            run.progress.warning(run.redactor(f"no report: {error}"))
    run.progress.end(record, page, target_file.called(run.target))
    return record


def _away(run: Run, page: Path) -> list[str]:
    """Send the report to its destinations; what failed is a note and a warning, and changes no verdict."""
    report = publishing.Report(page, run.record, run.redactor)
    try:
        # On a target on which nothing was done, no report is laid down either.
        failed = publishing.send(run.target, report, run.connection_ if run.journal else None)
    except (GonogoError, OSError) as error:
        failed = [f"the report was sent nowhere: {error}"]
    except KeyboardInterrupt:
        failed = ["interrupted while the report was sent"]
    for told in failed:
        run.note(told)
        run.progress.warning(run.redactor(told))
    return failed
