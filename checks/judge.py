"""What the outcome of one test means for a deployment."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, get_args

import pytest

from checks.suite import CheckFailed, Suite
from deploy.errors import ConnectionFailed, GonogoError
from deploy.fact import REACHABLE, Unknown
from reports.model import CheckResult, CheckStatus, Evidence, Severity

USE = (
    'its marker has to be @pytest.mark.check("subject.name"), with reason, fix, data and severity '
    '("error" or "warning") as keywords'
)


@dataclass(frozen=True)
class Check:
    """The marker of a test: ``@pytest.mark.check(id, reason=…, fix=…, severity=…, data=…)``."""

    id: str
    title: str
    reason: str = ""
    fix: str = ""
    severity: Severity = "error"
    data: bool = False

    @classmethod
    def of(cls, item: pytest.Item) -> Check:
        """Return the check of a test; one without a marker is named after its file and function.

        Raises GonogoError for a marker that is used wrongly.
        """
        function = getattr(item, "function", None)
        title = (inspect.getdoc(function) or item.name).splitlines()[0]
        marker = item.get_closest_marker("check")
        if marker is None:
            subject = item.path.stem.removeprefix("test_")
            name = getattr(item, "originalname", item.name).removeprefix("test_")
            return cls(f"{subject}.{name.removeprefix(f'{subject}_')}", title)
        given: dict[str, Any] = dict(marker.kwargs)
        try:
            (id_,) = marker.args
            check = cls(id_, title, **given)
        except (TypeError, ValueError):
            raise GonogoError(f"{item.nodeid}: {USE}") from None
        if not isinstance(id_, str) or check.severity not in get_args(Severity):
            raise GonogoError(f"{item.nodeid}: {USE}")
        return check


def judge(item: pytest.Item, suite: Suite, error: BaseException | None, text: str) -> CheckResult:
    """Return the result of a test that ended with ``error``; ``text`` is pytest's own account of it."""
    check = Check.of(item)
    status, message = _status(check, error, text)
    finding, waiver = suite.finding, suite.waiver(check.id)
    if status == "failed" and waiver:
        if check.data:
            message += " (it guards data, so its waiver counts for nothing)"
        else:
            status = "waived"
            message = f"{message} (waived until {waiver.until}: {waiver.reason})"
    if status == "failed" and check.severity == "warning":
        status = "warning"
    hide = suite.redactor
    return CheckResult(
        id=check.id,
        suite=item.path.parent.name,
        title=hide(check.title),
        status=status,
        severity=check.severity,
        reason=check.reason,
        fix=hide(finding.fix or check.fix) if status not in ("passed", "skipped") else "",
        found=hide(finding.found),
        expected=hide(finding.expected),
        message=hide(message),
        evidence=_evidence(suite),
        nodeid=item.nodeid,
    )


def _status(check: Check, error: BaseException | None, text: str) -> tuple[CheckStatus, str]:
    if error is None:
        return "passed", ""
    if isinstance(error, pytest.skip.Exception):
        return "skipped", str(error.msg)
    cause = REACHABLE if isinstance(error, ConnectionFailed) else getattr(error, "check", check.id)
    if isinstance(error, ConnectionFailed | Unknown) and cause != check.id:
        return "blocked", f"blocked by {cause}: {error}"
    if isinstance(error, GonogoError | CheckFailed):
        return "failed", str(error)
    return "failed", text


def _evidence(suite: Suite) -> list[Evidence]:
    return [
        Evidence(command=e.command, exit_status=e.exit_status, output=e.output, seconds=round(e.seconds, 4))
        for e in suite.evidence
    ]
