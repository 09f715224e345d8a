"""What the outcome of one test means for a deployment."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any, get_args

import pytest

from gonogo.checks.plugin.expect import CheckFailed, Finding
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.errors import ConnectionFailed, GonogoError, Unknown
from gonogo.reports.model import CheckResult, CheckStatus, Evidence, Severity
from gonogo.reports.words import plain

MOST = 4000
"""Characters that a message may have."""
USE = (
    'its marker has to be @pytest.mark.check("subject.name"), with reason, fix, data, last and '
    'severity ("error" or "warning") as keywords'
)


@dataclass(frozen=True)
class Check:
    """The marker of a test: ``@pytest.mark.check(id, reason=…, fix=…, severity=…, data=…, last=…)``.

    ``data``: it guards data, so it cannot be waived. ``last``: it is judged after all others.
    """

    id: str
    title: str
    reason: str = ""
    fix: str = ""
    severity: Severity = "error"
    data: bool = False
    last: bool = False

    @classmethod
    def of(cls, item: pytest.Item) -> Check:
        """Return the check of a test; one without a marker is named after its file and function.

        Each set of parameters is a check of its own, such as ``license.valid[eu]``. Raises GonogoError for a
        marker that is used wrongly.
        """
        name = getattr(item, "originalname", item.name)
        function = getattr(item, "function", None)
        made = cls.made(item.get_closest_marker("check"), function, name, item.path.stem, item.nodeid)
        parameters = getattr(item, "callspec", None)
        return replace(made, id=f"{made.id}[{parameters.id}]") if parameters else made

    @classmethod
    def made(cls, marker: pytest.Mark | None, function: Any, name: str, file: str, nodeid: str) -> Check:
        """Return the check of a test function called ``name`` in ``file``; raises as ``of``."""
        title = (inspect.getdoc(function) or name).splitlines()[0]
        if marker is None:
            subject = file.removeprefix("test_")
            return cls(f"{subject}.{name.removeprefix('test_').removeprefix(f'{subject}_')}", title)
        try:
            (id_,) = marker.args
            check = cls(id_, title, **marker.kwargs)
        except (TypeError, ValueError):
            raise GonogoError(f"{nodeid}: {USE}") from None
        if not isinstance(id_, str) or check.severity not in get_args(Severity):
            raise GonogoError(f"{nodeid}: {USE}")
        return check


@dataclass(frozen=True)
class Place:
    """Where a test stands: the folder that is its suite, and pytest's id of it."""

    suite: str
    nodeid: str


def judge(check: Check, place: Place, suite: Suite, error: BaseException | None, text: str) -> CheckResult:
    """Return the result of a check that ended with ``error``; ``text`` tells that in words."""
    cut = suite.cut(check.id, error)
    status, message = ("failed", str(error)) if cut else _status(check, error, text, suite.unreachable)
    finding, waiver = _finding(check, suite, error), None if cut else suite.waiver(check.id)
    if cut:
        finding = Finding(fix="See why the connection ended, and run it again.", severity="error")
    severity = (finding.severity if error else None) or check.severity
    if status == "failed" and waiver:
        if check.data:
            message += " (it guards data, so its waiver counts for nothing)"
        else:
            status = "waived"
            message = f"{message} (waived until {waiver.until}: {waiver.reason})"
    if status == "failed" and severity == "warning" and not suite.strict:
        status = "warning"
    hide = suite.redactor
    return CheckResult(
        id=check.id,
        suite=place.suite,
        title=plain(hide(check.title)),
        status=status,
        severity=severity,
        reason=check.reason,
        fix="" if status in ("passed", "skipped") else plain(hide(_fix(check, finding, error))),
        found=_short(hide(finding.found)),
        expected=_short(hide(finding.expected)),
        message=_short(hide(message)),
        waived_until=str(waiver.until) if waiver and status == "waived" else "",
        waiver=hide(waiver.reason) if waiver and status == "waived" else "",
        evidence=_evidence(suite),
        nodeid=place.nodeid,
    )


def _finding(check: Check, suite: Suite, error: BaseException | None) -> Finding:
    """Return what the check said of the end that it came to; what held before that counts no more."""
    if error is None:
        return suite.expect.held
    return error.finding(check.severity) if isinstance(error, CheckFailed) else Finding()


def _fix(check: Check, finding: Finding, error: BaseException | None) -> str:
    known = error.remedy if isinstance(error, Unknown) else ""
    return finding.fix or known or check.fix


def _status(
    check: Check, error: BaseException | None, text: str, unreachable: str
) -> tuple[CheckStatus, str]:
    if error is None:
        return "passed", ""
    if isinstance(error, pytest.skip.Exception):
        return "skipped", str(error.msg)
    if isinstance(error, ConnectionFailed | Unknown) and error.check != check.id:
        by = unreachable if error.check == ConnectionFailed.check else error.check
        return "blocked", f"blocked by {by}: {error}"
    if isinstance(error, GonogoError | CheckFailed):
        return "failed", str(error)
    return "failed", text


def _short(text: str) -> str:
    """Return a text that a person can read; what was answered in full is in the evidence."""
    text = plain(text)
    return text if len(text) <= MOST else f"{text[:MOST]}… [cut, {len(text)} characters in all]"


def _evidence(suite: Suite) -> list[Evidence]:
    return [
        Evidence(command=e.command, exit_status=e.exit_status, output=e.output, seconds=round(e.seconds, 4))
        for e in suite.evidence
    ]
