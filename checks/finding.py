"""What a check says of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from gonogo.reports.model import Severity


@dataclass(frozen=True)
class Finding:
    """What was found and expected, what to do, and the severity where it is not that of the check."""

    found: str = ""
    expected: str = ""
    fix: str = ""
    severity: Severity | None = None


class CheckFailed(AssertionError):
    """A condition that does not hold, and what was found in place of what."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"found {finding.found}; expected {finding.expected}")
        self.finding = finding
