"""How a run tells what it does: on a terminal, as plain lines, as JSON, or hardly at all."""

from __future__ import annotations

import json
import sys
from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from deploy.outlook import Outlook
from reports.model import CheckResult, Release, Step

MB = 1_000_000
EVERY_BYTES = 50 * MB
MARKS = {"passed": "ok", "failed": "FAILED", "blocked": "blocked", "warning": "warning", "waived": "waived"}
STYLES = {"failed": "bold red", "blocked": "red", "warning": "yellow", "waived": "yellow", "passed": "green"}


class Progress:
    """Says nothing but the end; the base of the others and what ``--quiet`` uses."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout

    def begin(self, step: str, detail: str = "") -> None:
        """A step begins."""

    def done(self, step: Step) -> None:
        """A step ended."""

    def check(self, result: CheckResult) -> None:
        """A check has a result."""

    def line(self, text: str) -> None:
        """A line of a program's output."""

    def sent(self, count: int) -> None:
        """``count`` more bytes are on their way to the target."""

    def plan(self, outlook: Outlook) -> None:
        """What a deployment would do is known."""

    def end(self, release: Release, report: str) -> None:
        """The run ended; ``report`` is the path of its page, empty when there is none."""
        print(_verdict(release), file=self.out)
        if report:
            print(f"report: {report}", file=self.out, flush=True)


class Plain(Progress):
    """One line for each thing that happens, for logs and CI."""

    _sent = 0

    def begin(self, step: str, detail: str = "") -> None:
        """Name the step."""
        self._sent = 0
        self._say(f"{step} …{f' {detail}' if detail else ''}")

    def done(self, step: Step) -> None:
        """Say how it ended and how long it took."""
        self._say(
            f"{step.name} {step.status} in {step.seconds:.1f} s{f': {step.detail}' if step.detail else ''}"
        )

    def check(self, result: CheckResult) -> None:
        """Give the result's id, and what was found when it did not pass."""
        if result.status == "skipped":
            return
        self._say(f"  {MARKS[result.status]:8}{result.id}{_told(result)}")

    def sent(self, count: int) -> None:
        """Say so every 50 MB."""
        before, self._sent = self._sent, self._sent + count
        if before // EVERY_BYTES != self._sent // EVERY_BYTES:
            self._say(f"  {self._sent / MB:.0f} MB sent")

    def plan(self, outlook: Outlook) -> None:
        """Tell it, line by line."""
        for line in outlook.lines:
            self._say(f"  {line}")

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)


class Terminal(Progress):
    """Colours and a spinner."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__(out)
        self._console = Console(file=self.out, highlight=False)
        self._status: Status | None = None
        self._step, self._sent = "", 0

    def begin(self, step: str, detail: str = "") -> None:
        """Start the spinner."""
        self._step, self._sent = step, 0
        self._stop()
        self._status = self._console.status(Text(f"{step} {detail}"))
        self._status.start()

    def done(self, step: Step) -> None:
        """Stop the spinner and leave one line."""
        self._stop()
        style = {"done": "green", "failed": "bold red", "undone": "yellow"}.get(step.status, "yellow")
        self._console.print(
            Text.assemble((f"{step.status:8}", style), step.name, f" {step.seconds:.1f} s ", step.detail)
        )

    def check(self, result: CheckResult) -> None:
        """Leave a line for it."""
        if result.status != "skipped":
            mark = (f"  {MARKS[result.status]:8}", STYLES[result.status])
            self._console.print(Text.assemble(mark, result.id, _told(result)))

    def line(self, text: str) -> None:
        """Show it beside the spinner."""
        if self._status:
            self._status.update(Text(f"{self._step} {text[: max(20, self._console.width - 30)]}"))

    def sent(self, count: int) -> None:
        """Show how much was sent."""
        self._sent += count
        self.line(f"{self._sent / MB:.0f} MB sent")

    def plan(self, outlook: Outlook) -> None:
        """Tell it, line by line."""
        self._stop()
        for line in outlook.lines:
            self._console.print(Text(f"  {line}"), soft_wrap=True)

    def end(self, release: Release, report: str) -> None:
        """Say how it went, in colour."""
        self._stop()
        self._console.print(Text(_verdict(release), "bold green" if release.exit_code == 0 else "bold red"))
        if report:
            self._console.print(Text(f"report: {report}"), soft_wrap=True)

    def _stop(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None


class Json(Progress):
    """One JSON object a line: ``step``, ``check``, ``plan`` and, at the end, ``release``."""

    def done(self, step: Step) -> None:
        """Print the step."""
        self._print({"event": "step", **step.model_dump()})

    def check(self, result: CheckResult) -> None:
        """Print the result."""
        self._print({"event": "check", **result.model_dump()})

    def plan(self, outlook: Outlook) -> None:
        """Print the outlook."""
        self._print({"event": "plan", **outlook.model_dump()})

    def end(self, release: Release, report: str) -> None:
        """Print the whole record."""
        self._print({"event": "release", "report": report, **release.model_dump()})

    def _print(self, value: dict[str, object]) -> None:
        print(json.dumps(value, ensure_ascii=False), file=self.out, flush=True)


def choose(*, quiet: bool, as_json: bool, out: TextIO | None = None) -> Progress:
    """Return what fits the options and where the output goes."""
    stream = out or sys.stdout
    if as_json:
        return Json(stream)
    if quiet:
        return Progress(stream)
    return Terminal(stream) if stream.isatty() else Plain(stream)


def _verdict(release: Release) -> str:
    what = f"{release.verdict.upper()} {release.target} {release.version}"
    return f"{what}: {release.summary} (exit {release.exit_code})"


def _told(result: CheckResult) -> str:
    if result.status == "passed":
        return ""
    fix = f" — {result.fix}" if result.fix and result.status in ("failed", "warning") else ""
    return f": {result.message}{fix}"
