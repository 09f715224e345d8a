"""What pytest's own reports tell of each check: properties in JUnit XML, columns in pytest-html."""

from __future__ import annotations

import html
from typing import Any

import pytest

from gonogo.reports.model import CheckResult, Evidence

COLUMNS = ("Check", "Severity", "Found", "Fix", "Evidence")
PLACE = 1
"""Of the first of our columns in pytest-html's table, behind the result."""


def annotate(item: pytest.Item, report: pytest.TestReport, result: CheckResult) -> None:
    """Let JUnit XML tell of a check what the report does, as properties of its test case."""
    told = {
        "check": result.id,
        "status": result.status,
        "severity": result.severity,
        "found": result.found,
        "expected": result.expected,
        "fix": result.fix,
        "evidence": "\n".join(map(_line, result.evidence)),
    }
    given = [(name, text) for name, text in told.items() if text]
    # Both: JUnit XML is written from the report of the teardown, which copies those of the item.
    item.user_properties += given
    report.user_properties += given


def _line(one: Evidence) -> str:
    asked = one.command if one.exit_status is None else f"$ {one.command} [exit {one.exit_status}]"
    return f"{asked}\n{one.output}".rstrip()


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Add the columns of the checks to the table of pytest-html."""
    cells[PLACE:PLACE] = [f"<th>{name}</th>" for name in COLUMNS]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    """Add the cells of a check to its row; those of a test that is no check stay empty."""
    given: dict[str, Any] | None = getattr(report, "gonogo", None)
    cells[PLACE:PLACE] = _cells(CheckResult.model_validate(given)) if given else ["<td></td>"] * len(COLUMNS)


def _cells(result: CheckResult) -> list[str]:
    found = f"{result.found}; expected {result.expected}" if result.expected else result.found
    asked = "\n\n".join(map(_line, result.evidence))
    shown = f"<details><summary>{len(result.evidence)}</summary><pre>{html.escape(asked)}</pre></details>"
    return [
        f"<td>{html.escape(result.id)}</td>",
        f"<td>{result.severity}</td>",
        f"<td>{html.escape(found or result.message)}</td>",
        f"<td>{html.escape(result.fix)}</td>",
        f"<td>{shown if asked else ''}</td>",
    ]
