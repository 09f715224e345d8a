"""The early start: the connection to the target begins before pytest has read its plugins and the checks.

pytest loads this plugin first (``-p checks.early`` in pyproject.toml). It looks at the command line alone and
starts ssh, with the questions of the last run behind the handshake, while the rest of pytest is imported.
What it began is used by the run for that very target, and ended unused otherwise.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gonogo.checks import argv
from gonogo.deploy import workspace
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.wire import remembered
from gonogo.deploy.wire.opening import Opening, opened
from gonogo.deploy.wire.remembered import Remembered

CACHE = workspace.cache() / "d" / "gonogo"
"""Where pytest keeps what a plugin wants kept, in the folder that our command names to it."""
IDLE = {"-h", "--help", "--version", "-V", "--collect-only", "--co", "--catalogue", "--fixtures", "--markers"}
QUIET = re.compile(r"^--replay|\boffline\b|(?:^|\s)-\w*moffline\b")
"""An argument with which no target is asked, or may not be: ``-m offline``, whatever else stands there."""
CONNECT_TIMEOUT_S = 10.0

Key = tuple[str, Path | None, float]


class Early:
    """What was begun for one target: the opening, and what the last run had asked."""

    def __init__(self, key: Key, remembered: Remembered, opening: Opening) -> None:
        self._key, self.remembered, self._opening = key, remembered, opening
        self._taken = False
        atexit.register(self.close)

    def take(self, target: Any) -> Opening | None:
        """Return the opening where it leads to ``target``; it is given once, and closed where it does not."""
        given = (target.host, target.ssh.config_file, target.thresholds.connect_timeout_s)
        if self._taken or given != self._key:
            self.close()
            return None
        self._taken = True
        return self._opening

    def close(self) -> None:
        """End what nobody took."""
        if not self._taken:
            self._taken = True
            self._opening.close()
            self._opening.transport.close()


def begin(arguments: Sequence[str], folder: Path) -> Early | None:
    """Begin what the command line asks for; None where that is nothing, or a fault that pytest will tell."""
    suites = argv.suites(arguments, folder)
    file = argv.target_file(arguments, folder)
    words = [*arguments, os.environ.get("PYTEST_ADDOPTS", "")]
    if not suites or not file or IDLE & set(words) or any(QUIET.search(word) for word in words):
        return None
    try:
        raw = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
        config = raw.get("ssh", {}).get("config_file")
        seconds = float(raw.get("thresholds", {}).get("connect_timeout_s", CONNECT_TIMEOUT_S))
        path = (file.absolute().parent / Path(config).expanduser()).resolve() if config else None
        host = raw["host"]
        if not isinstance(host, str):
            return None
        uncached = "no:cacheprovider" in " ".join(arguments)
        known = Remembered() if uncached else remembered.load(remembered.file_of(CACHE, host, path, suites))
        place = SimpleNamespace(
            host=host,
            ssh=SimpleNamespace(config_file=path),
            thresholds=SimpleNamespace(connect_timeout_s=seconds, command_timeout_s=0.0),
        )
        return Early((host, path, seconds), known, opened(place, prefetch=known.prefetch))
    except (GonogoError, OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return None


def _started() -> Early | None:
    try:
        folder = Path.cwd()
    except OSError:
        return None  # it was removed, which the run tells
    return begin(list(argv.expanded(sys.argv[1:], folder)), folder)


STARTED = _started()
if STARTED:
    # What is imported from here on lives to the end: to search it for garbage takes a tenth of the whole run.
    gc.disable()
