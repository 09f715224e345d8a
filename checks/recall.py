"""Recall: where a run finds what the last one asked, and where it leaves what it asked itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.checks import argv, early
from gonogo.checks.suite import Suite
from gonogo.deploy.target import Target
from gonogo.deploy.wire import remembered
from gonogo.deploy.wire.remembered import Remembered


def known(config: pytest.Config, target: Target) -> Remembered:
    """Return what the last run of the suites named on the command line asked of the target."""
    file = _file(config, target)
    return remembered.load(file) if file else Remembered()


def leave(config: pytest.Config, suite: Suite) -> None:
    """Leave for the next run what this one asked; what tests asked that did not run now is kept."""
    file = _file(config, suite.target)
    chosen = config.option.keyword or config.option.markexpr or any("::" in one for one in config.args)
    whole = not chosen and all(Path(one).is_dir() for one in config.args)
    if file and (found := suite.remembered(whole=whole)):
        remembered.save(file, found)


def _file(config: pytest.Config, target: Target) -> Path | None:
    # Without pytest's cache there is nowhere to keep it; with xdist the questions would be divided at random.
    if not config.pluginmanager.hasplugin("cacheprovider") or hasattr(config, "workerinput"):
        return None
    suites = argv.suites(config.args, config.invocation_params.dir)
    cache = config.cache.mkdir("gonogo") if config.cache else early.CACHE
    return remembered.file_of(cache, target.host, target.ssh.config_file, suites) if suites else None
