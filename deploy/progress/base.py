"""What every form of progress is told, and the form that says hardly anything."""

from __future__ import annotations

import sys
from typing import TextIO

from gonogo.deploy.progress import summary
from gonogo.deploy.progress.amount import Amount
from gonogo.deploy.progress.plan_preview import PlanPreview
from gonogo.reports.model import CheckResult, Release, Step
from gonogo.reports.words import plain

MARKS = {"passed": "ok", "failed": "FAILED", "blocked": "blocked", "warning": "warning", "waived": "waived"}


class Progress:
    """Says nothing but the end; the base of the others and what ``--quiet`` uses."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.step, self.part, self.amount = "", "", Amount()

    def begin(self, step: str, detail: str = "") -> None:
        """Begin a step, in which no byte was sent yet."""
        self.step, self.part, self.amount = step, "", Amount()

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase of the step, such as ``loading``; ``total``: about how many bytes it will send."""
        self.part, self.amount = name, Amount()
        self.amount.total, self.amount.about = total, total is not None

    def done(self, step: Step) -> None:
        """End a step."""

    def check(self, result: CheckResult) -> None:
        """Take the result of a check."""

    def line(self, text: str) -> None:
        """Take a line of a program's output."""

    def warning(self, text: str) -> None:
        """Take what somebody should know, though it changes nothing of how the run ends."""

    def expect(self, total: int | None, *, about: bool = False) -> None:
        """Know how many bytes the step will send, None where nobody can; ``about``: it is an estimate."""
        self.amount.total, self.amount.about = total, about

    def about(self, total: int) -> None:
        """Know about how many bytes the step will send, by what is known until now."""
        self.expect(total, about=True)

    def sent(self, count: int) -> None:
        """Take note of ``count`` more bytes."""
        self.amount.add(count)

    def plan(self, preview: PlanPreview) -> None:
        """Take what a deployment would do."""

    def end(self, release: Release, report: str, name: str = "") -> None:
        """Tell how the run ended.

        ``report``: the path of its page, empty when there is none; ``name``: what the command line knows the
        target by.
        """
        self.say(summary.headline(release))
        if report:
            self.say(f"report: {report}")
        if command := summary.following(release, name):
            self.say(f"next: {command}")

    def say(self, text: str) -> None:
        """Print a line without control characters, those of a program's output included.

        A reader that went away, such as ``head``, is no reason to stop what is being done to a server.
        """
        try:
            print(plain(text).replace("\n", " / ").replace("\t", " "), file=self.out, flush=True)
        except (OSError, ValueError):
            return


def found(result: CheckResult) -> str:
    """Return what a check that did not pass found."""
    return result.found if result.found and result.status in ("failed", "warning") else result.message


def fix(result: CheckResult) -> str:
    """Return what to do about it; empty where there is nothing to be done, or nothing to be told."""
    return result.fix if result.status in ("failed", "warning") else ""
