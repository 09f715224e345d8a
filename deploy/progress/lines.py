"""Progress as lines of JSON, for machines."""

from __future__ import annotations

import time
from typing import TextIO

from pydantic import BaseModel

from gonogo.deploy.progress import events, summary
from gonogo.deploy.progress.base import Progress
from gonogo.deploy.progress.plan_preview import PlanPreview
from gonogo.reports.model import CheckResult, Release, Step

EVERY_S = 1.0
"""Seconds between two events of how many bytes were sent."""


class Lines(Progress):
    """One JSON object a line, see ``events``."""

    _told_at, _told_bytes = 0.0, 0

    def begin(self, step: str, detail: str = "") -> None:
        """Print that it begins."""
        super().begin(step, detail)
        self._told_at, self._told_bytes = time.monotonic(), 0
        self.event(events.Begin(step=step, detail=detail))

    def done(self, step: Step) -> None:
        """Print what it sent in all, and the step."""
        if self.amount.bytes > self._told_bytes:
            self._amount()
        self.event(step)

    def check(self, result: CheckResult) -> None:
        """Print the result."""
        self.event(result)

    def line(self, text: str) -> None:
        """Print the line."""
        self.event(events.Line(step=self.step, text=text))

    def warning(self, text: str) -> None:
        """Print it."""
        self.event(events.Warned(step=self.step, text=text))

    def phase(self, name: str, total: int | None = None) -> None:
        """Print how far the phase before it came, and that this one begins."""
        if self.amount.bytes > self._told_bytes:
            self._amount()
        super().phase(name, total)
        self._amount()

    def expect(self, total: int | None, *, about: bool = False) -> None:
        """Print it."""
        super().expect(total, about=about)
        self._amount()

    def sent(self, count: int) -> None:
        """Print how far it is, now and then."""
        super().sent(count)
        if time.monotonic() - self._told_at >= EVERY_S:
            self._amount()

    def plan(self, preview: PlanPreview) -> None:
        """Print the preview."""
        self.event(preview)

    def end(self, release: Release, report: str, name: str = "") -> None:
        """Print the whole record."""
        following = summary.following(release, name)
        self.event(events.Ended(report=report, next=following, **release.model_dump()))

    def event(self, event: BaseModel) -> None:
        """Print one event."""
        write(event, self.out)

    def _amount(self) -> None:
        amount = self.amount
        self._told_at, self._told_bytes = time.monotonic(), amount.bytes
        self.event(
            events.Sent(
                step=self.step,
                phase=self.part,
                bytes=amount.bytes,
                total=amount.total,
                about=amount.about,
                rate=amount.rate,
                seconds=round(amount.seconds, 2),
            )
        )


def write(event: BaseModel, out: TextIO | None = None) -> None:
    """Print one event; a reader that went away is no reason to stop what is being done to a server."""
    try:
        print(events.line(event), file=out, flush=True)
    except (OSError, ValueError):
        return
