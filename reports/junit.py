"""The JUnit file of a release: its steps and checks in the XML that CI servers read.

There is no standard of it; this is what Jenkins, GitLab, GitHub's actions and Azure have in common:
``testsuites``, ``testsuite``, ``testcase`` with ``failure``, ``error`` or ``skipped``, and times in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from gonogo.reports import words
from gonogo.reports.model import CheckResult, CheckStatus, Release, Step, StepStatus
from gonogo.reports.truncation import cut

LONGEST = 20_000
"""Characters that one text may have; servers refuse or drop files that are too large."""
CHECK_TAGS: dict[CheckStatus, str] = {
    "failed": "failure",
    "blocked": "error",
    "warning": "skipped",
    "waived": "skipped",
    "skipped": "skipped",
}
STEP_TAGS: dict[StepStatus, str] = {
    "failed": "failure",
    "interrupted": "error",
    "undone": "skipped",
    "skipped": "skipped",
}


def junit(release: Release) -> str:
    """Return the JUnit XML of a release: a suite of its steps, and one for each suite of checks.

    A check that is blocked is an error, one that warns or is waived is skipped, with the reason: neither
    stops a release, so neither may fail a build. Characters that XML 1.0 does not have are replaced.
    """
    suites = [_suite("steps", [_step(step) for step in release.steps])] if release.steps else []
    for name, checks in groupby(
        sorted(release.checks, key=lambda result: result.suite), lambda result: result.suite
    ):
        suites.append(_suite(name, [_check(result) for result in checks]))
    root = Element("testsuites", name=_plain(f"gonogo {release.target} {release.version}"))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    root.set("time", f"{release.seconds:.3f}")
    for suite in suites:
        suite.set("hostname", _plain(release.host))
        suite.set("timestamp", _plain(release.started_at))
        suite.insert(0, _properties(release))
        root.append(suite)
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: list[Element]) -> Element:
    suite = Element("testsuite", name=_plain(name), tests=str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.extend(cases)
    return suite


def _properties(release: Release) -> Element:
    element = Element("properties")
    for name in ("target", "project", "version", "previous", "commit", "method", "verdict", "summary"):
        if value := str(getattr(release, name)):
            SubElement(element, "property", name=name, value=_plain(value))
    return element


def _case(group: str, name: str, seconds: float) -> Element:
    return Element("testcase", classname=_plain(group), name=_plain(name), time=f"{max(seconds, 0.0):.3f}")


def _step(step: Step) -> Element:
    case = _case("steps", step.name, step.seconds)
    if tag := STEP_TAGS.get(step.status):
        _outcome(case, tag, step.status, step.detail, [])
    return case


def _check(check: CheckResult) -> Element:
    case = _case(f"{check.suite}.{check.subject}", check.id, check.seconds)
    if tag := CHECK_TAGS.get(check.status):
        _outcome(case, tag, check.status, check.message or check.found, _account(check))
    if check.evidence and tag in ("failure", "error"):
        asked = (f"$ {evidence.command}\n{evidence.output}" for evidence in check.evidence)
        SubElement(case, "system-out").text = _plain("\n".join(asked))
    return case


def _outcome(case: Element, tag: str, status: str, message: str, lines: Iterable[str]) -> None:
    word = status if tag == "failure" else f"{status}: {message}" if message else status
    element = SubElement(case, tag, message=_plain(message if tag == "failure" and message else word))
    if tag != "skipped":
        element.set("type", status)
    element.text = _plain("\n".join([message, *lines]).strip())


def _account(check: CheckResult) -> list[str]:
    given = (
        ("", check.title),
        ("found: ", check.found),
        ("expected: ", check.expected),
        ("what to do: ", check.fix),
        ("why: ", check.reason),
    )
    return [label + text for label, text in given if text]


def _plain(text: str) -> str:
    return cut(words.plain(text), LONGEST).text
