"""Runs the checks of a suite in this very process, over a release that a test made."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin.judge import Check, Place, judge
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.reports.model import CheckResult

SURPRISE = "surprise: "
"""How the message of a check begins that raised what no check should."""
CHECKS = Path(__file__).resolve().parents[1] / "checks"


@cache
def functions(suite: str) -> tuple[tuple[Check, Callable[..., None]], ...]:
    """Every check of a suite with its function, in the order in which pytest runs them."""
    return tuple(_functions(suite))


def _functions(suite: str) -> Iterator[tuple[Check, Callable[..., None]]]:
    for file in sorted((CHECKS / suite).glob("test_*.py")):
        module = importlib.import_module(f"gonogo.checks.{suite}.{file.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_"):
                (marker,) = [mark for mark in function.pytestmark if mark.name == "check"]
                yield Check.made(marker, function, name, file.stem, f"{file.name}::{name}"), function


def ids(suite: str) -> list[str]:
    return [check.id for check, _ in functions(suite)]


def run(
    target: Target, release: Release, *, suite: str = "preflight", only: Collection[str] = (), **options: Any
) -> dict[str, CheckResult]:
    """Run the checks of a suite (``only`` those with these ids) and return their results by id.

    ``options`` are those of ``Suite``, such as ``skip_build=True``.
    """
    state = Suite(target, release.redactor, checks=frozenset(ids("preflight") + ids("verify")), **options)
    state.release, release.skip_build = release, state.skip_build
    found = {}
    for check, function in functions(suite):
        if not only or check.id in only:
            state.begin()
            error: BaseException | None = None
            try:
                function(**{name: _given(name, state, suite) for name in _wanted(function)})
            except (Exception, pytest.skip.Exception) as raised:  # noqa: BLE001  judged as the plugin judges it
                error = raised
            error = state.expect.outcome(error, check.id, f"{SURPRISE}{error!r}")
            found[check.id] = judge(check, Place(suite, check.id), state, error, f"{SURPRISE}{error!r}")
    return found


def over(connection: Connection, target: Target, **options: Any) -> dict[str, CheckResult]:
    """Run checks over an open connection, with a release of which all is asked anew; else as ``run``."""
    return run(target, Release(target, connection, Redactor()), **options)


def failed(results: dict[str, CheckResult]) -> dict[str, str]:
    """The message of every check that failed or warned."""
    return {name: r.message for name, r in results.items() if r.status in ("failed", "warning")}


@cache
def _wanted(function: Callable[..., None]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _given(name: str, suite: Suite, kind: str) -> Any:
    given: dict[str, Callable[[], Any]] = {
        "suite": lambda: suite,
        "target": lambda: suite.target,
        "release": lambda: suite.released if kind == "verify" else suite.release,
        "host": lambda: suite.release.host,
        "controller": lambda: suite.release.controller,
        "expect": lambda: suite.expect,
    }
    return given[name]()
