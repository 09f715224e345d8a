"""What a check says of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from gonogo.reports.model import Severity


class CheckFailed(AssertionError):
    """A condition that does not hold; the Finding of the suite says what was found and expected."""


@dataclass
class Finding:
    """What was found and expected, what to do, and the severity where it is not that of the check."""

    found: str = ""
    expected: str = ""
    fix: str = ""
    severity: Severity | None = None
