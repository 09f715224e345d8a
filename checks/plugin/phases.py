"""The plugin of a check's phases: its turn, its beginning, and what it expected in vain when one ends."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from gonogo.checks.plugin import argv, offline
from gonogo.checks.plugin.account import account
from gonogo.checks.plugin.catalogue import is_check
from gonogo.checks.plugin.fixtures import SUITE
from gonogo.checks.plugin.judge import Check

OURS_LAST = 2
"""The turn of our checks that are judged last."""


def turn(item: pytest.Item) -> int:
    """Return when an item has its turn: what is judged last comes last, and ours of it last of all."""
    last = is_check(item) and Check.of(item).last
    return 0 if not last else OURS_LAST if argv.FOLDER in item.path.parents else 1


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """End all fixtures before our last checks, which judge what the end of those did to the target."""
    if nextitem is None or turn(item) == OURS_LAST or turn(nextitem) != OURS_LAST:
        return None
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Start a new check, even one that is about to be skipped."""
    if is_check(item):
        suite = item.config.stash[SUITE]
        suite.begin(live=suite.live and item.path.parent != argv.FOLDER / "preflight")
        offline.note(suite, item)
    yield from _settled(item, also_passed=False)  # what a fixture expected in vain fails the call


def _settled(item: pytest.Item, *, also_passed: bool = True) -> Generator[None, None, None]:
    """Let what a check expected in vain fail the phase of it that ends here.

    ``also_passed``: whether it fails a phase that nothing else ended.
    """
    error: BaseException | None = None
    try:
        yield
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as raised:
        if isinstance(raised, pytest.exit.Exception):
            raise
        error = raised
    if is_check(item) and (error or also_passed):
        told = account(pytest.ExceptionInfo.from_exception(error), item.path) if error else ""
        error = item.config.stash[SUITE].expect.outcome(error, Check.of(item).id, told)
    if error:
        raise error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test for what it expected in vain."""
    yield from _settled(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a teardown for what it expected in vain."""
    yield from _settled(item)
