"""Progress on a terminal: one line that moves, what is done above it, and a summary that fits the width."""

from __future__ import annotations

from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gonogo.deploy.progress import summary
from gonogo.deploy.progress.base import MARKS, Progress, fix, found
from gonogo.deploy.progress.plan_preview import PlanPreview
from gonogo.reports.model import CheckResult, Release, Step
from gonogo.reports.words import duration, plain

STYLES = {"failed": "bold red", "warning": "yellow", "waived": "yellow"}
"""By status, those results that stay on the screen. One that is blocked says only that another one failed."""
ENDED = {"done": "green", "failed": "bold red"}
SPINNER = 3
"""Columns that the spinner takes, and one in which nothing must stand."""
INDENT = 10
REFRESH_HZ = 8


class Terminal(Progress):
    """Colours, where NO_COLOR does not forbid them, and one line that moves.

    Checks that pass are counted in that line; only what did not pass stays on the screen.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__(out)
        self._console = Console(file=self.out, highlight=False)
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._said, self._passed = "", 0

    def begin(self, step: str, detail: str = "") -> None:
        """Start the line that moves."""
        super().begin(step, detail)
        self._stop()
        self._said, self._passed = detail, 0
        self._live = Live(
            get_renderable=self._moving,
            console=self._console,
            transient=True,
            refresh_per_second=REFRESH_HZ,
        )
        self._live.start()

    def done(self, step: Step) -> None:
        """Stop it and leave one line."""
        self._stop()
        mark = (f"{step.status:8}", ENDED.get(step.status, "yellow"))
        told = f" {duration(step.seconds)}  {plain(step.detail)}"
        self._console.print(Text.assemble(mark, (step.name, "bold"), told))

    def check(self, result: CheckResult) -> None:
        """Leave the id, what was found and what to do of one that did not pass."""
        if result.status in STYLES:
            show = self._console.print
            show(Text.assemble((f"  {MARKS[result.status]:8}", STYLES[result.status]), result.id))
            show(Padding(Text(plain(found(result))), (0, 0, 0, INDENT)))
            if fix(result):
                show(Padding(Text.assemble(("fix: ", "bold"), plain(fix(result))), (0, 0, 0, INDENT)))
        elif result.status == "passed":
            self._passed += 1

    def line(self, text: str) -> None:
        """Show it in the line that moves."""
        self._said = plain(text)

    def warning(self, text: str) -> None:
        """Leave a line for it."""
        self._console.print(Text.assemble(("  warning ", STYLES["warning"]), plain(text)))

    def plan(self, preview: PlanPreview) -> None:
        """Tell it, line by line."""
        self._stop()
        for line in preview.lines:
            self._console.print(Text(f"  {plain(line)}"))

    def end(self, release: Release, report: str, name: str = "") -> None:
        """Show the summary: the verdict first, and the next command last."""
        self._stop()
        good = release.exit_code == 0
        head = Text(summary.headline(release), "bold green" if good else "bold red")
        self._console.print(head)
        grid = Table.grid(padding=(0, 1))
        grid.add_column(min_width=INDENT, no_wrap=True)
        grid.add_column(overflow="fold")
        for word, text in summary.rows(release):
            grid.add_row(f"  {word}", Text(plain(text)))
        self._console.print(grid)
        # A path or a command that was broken into lines could not be copied.
        if report:
            self._console.print(Text(f"report: {report}"), soft_wrap=True)
        if command := summary.following(release, name):
            self._console.print(Text.assemble("next: ", (plain(command), "bold")), soft_wrap=True)

    def _moving(self) -> RenderableType:
        amount, room = self.amount, max(1, self._console.width - SPINNER)
        step = f"{self.step}: {self.part}" if self.part else self.step
        forms = [f"{step}  {amount.timed}"]
        if amount.told:
            forms += [f"{step}  {amount.told}", f"{self.part or step} {amount.short}"]
        elif self._passed or self._said:
            forms[0] += f"  {f'{self._passed} checks passed' if self._passed else self._said}"
        text = Text(next((form for form in forms if cell_len(form) <= room), forms[-1]), end="")
        text.truncate(room, overflow="ellipsis")
        self._spinner.update(text=text)
        return self._spinner

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None
