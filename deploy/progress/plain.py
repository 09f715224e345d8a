"""Progress as plain lines, for logs, for CI, and for terminals that can do no more."""

from __future__ import annotations

import time

from gonogo.deploy.progress import summary
from gonogo.deploy.progress.base import MARKS, Progress, fix, found
from gonogo.deploy.progress.plan_preview import PlanPreview
from gonogo.reports.model import CheckResult, Release, Step
from gonogo.reports.words import duration

EVERY_BYTES = 50_000_000
EVERY_S = 10.0
"""A line comes every so many bytes, and every so many seconds where these take longer."""


class Plain(Progress):
    """One line for each thing that happens, without any control character."""

    _told_bytes, _told_at = 0, 0.0
    _blocked: frozenset[str] = frozenset()

    def begin(self, step: str, detail: str = "") -> None:
        """Name the step."""
        super().begin(step, detail)
        self._told_bytes, self._told_at = 0, time.monotonic()
        self.say(f"{step} …{f' {detail}' if detail else ''}")

    def done(self, step: Step) -> None:
        """Say how it ended and how long it took."""
        detail = f": {step.detail}" if step.detail else ""
        self.say(f"{step.name} {step.status} in {duration(step.seconds)}{detail}")

    def check(self, result: CheckResult) -> None:
        """Give the result's id; of one that did not pass, what was found and what to do."""
        if result.status == "skipped":
            return
        if result.status == "blocked" and result.message in self._blocked:
            self.say(f"  {MARKS[result.status]:8}{result.id}: as above")
            return
        self._blocked |= {result.message}
        told = "" if result.status == "passed" else f": {found(result)}"
        do = f" — {fix(result)}" if fix(result) else ""
        self.say(f"  {MARKS[result.status]:8}{result.id}{told}{do}")

    def warning(self, text: str) -> None:
        """Say it."""
        self.say(f"  warning {text}")

    def phase(self, name: str, total: int | None = None) -> None:
        """Say what begins, and how much it is."""
        super().phase(name, total)
        self._told_bytes, self._told_at = 0, time.monotonic()
        self.say(f"  {self.step}: {', '.join(filter(None, (name, self.amount.told)))}")

    def sent(self, count: int) -> None:
        """Say how far it is, now and then."""
        super().sent(count)
        now = time.monotonic()
        if self.amount.bytes - self._told_bytes >= EVERY_BYTES or now - self._told_at >= EVERY_S:
            self._told_bytes, self._told_at = self.amount.bytes, now
            self.say(f"  {self.step}: {self.amount.told}")

    def plan(self, preview: PlanPreview) -> None:
        """Tell it, line by line."""
        for line in preview.lines:
            self.say(f"  {line}")

    def end(self, release: Release, report: str, name: str = "") -> None:
        """Say how it went, and the figures."""
        self.say(summary.headline(release))
        for word, text in summary.rows(release):
            self.say(f"  {word:9} {text}")
        if report:
            self.say(f"report: {report}")
        if command := summary.following(release, name):
            self.say(f"next: {command}")
