"""What a check says of itself while it runs: a soft assert, so that no failure hides another."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.deploy.errors import ConnectionFailed, Unknown
from gonogo.reports.model import Severity


@dataclass(frozen=True)
class Finding:
    """What was found and expected, what to do, and the severity where it is not that of the check."""

    found: str = ""
    expected: str = ""
    fix: str = ""
    severity: Severity | None = None


class CheckFailed(AssertionError):
    """Conditions that do not hold, and what was found in place of what."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        found: dict[str, list[str]] = {}
        for one in self.findings:
            found.setdefault(one.expected, []).append(one.found)
        super().__init__(
            "\n".join(
                f"found {'; '.join(texts)}; expected {expected}" if expected else "\n".join(texts)
                for expected, texts in found.items()
            )
        )

    def finding(self, severity: Severity) -> Finding:
        """Return all of it in one; ``severity``: of the failures that have none of their own."""
        each = self.findings
        worst = {one.severity or severity for one in each}
        fix = " ".join(filter(None, dict.fromkeys(one.fix for one in each)))
        return Finding(*_told(each), fix, "error" if "error" in worst else "warning")


def _told(each: Collection[Finding]) -> tuple[str, str]:
    """Return what was found and what was expected, each sentence once."""
    found, expected = dict.fromkeys(one.found for one in each), dict.fromkeys(one.expected for one in each)
    return "; ".join(filter(None, found)), "; ".join(filter(None, expected))


class Expect:
    """``expect(holds, message)``: an assert that goes on; what failed fails the test when its phase ends."""

    def __init__(self) -> None:
        self._held: list[Finding] = []
        self._failed: list[Finding] = []

    def __call__(  # noqa: PLR0913  what a report has columns for
        self,
        holds: object,
        message: str | Iterable[str] = "",
        *,
        found: object = "",
        expected: object = "",
        fix: object = "",
        severity: Severity | None = None,
    ) -> bool:
        """Record what was found and what was expected, and return whether it ``holds``.

        ``message``: what is wrong, a sentence or several, in place of ``found`` where it does not hold; the
        line of the test where there is neither. ``fix`` and ``severity``: of this very failure, where they
        are not those of the check.
        """
        if holds:
            self._held.append(Finding(str(found), str(expected)))
            return True
        words = message if isinstance(message, str) else "; ".join(message)
        words = words or str(found) or _line(sys._getframe(1).f_code.co_filename, sys._getframe(1).f_lineno)
        self._failed.append(Finding(words, str(expected), str(fix), severity))
        return False

    @property
    def held(self) -> Finding:
        """What was found and expected by all that held."""
        return Finding(*_told(self._held))

    def outcome(
        self, error: BaseException | None, check: str = "", account: str = ""
    ) -> BaseException | None:
        """Return by what a phase of ``check`` is judged that ended with ``error``: what failed before, once.

        That counts more than a block or a skip that came after it; another failure is told beside it, in the
        words of ``account``.
        """
        failed, self._failed = self._failed, []
        if not failed:
            return error
        blocked = isinstance(error, ConnectionFailed | Unknown) and error.check != check
        if error and not blocked and not isinstance(error, pytest.skip.Exception):
            failed.append(Finding(account or str(error)))
        return CheckFailed(failed)


def _line(file: str, number: int) -> str:
    return f"{linecache.getline(file, number).strip()} ({Path(file).name}:{number})"
