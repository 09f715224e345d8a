"""The early start: the connection to the target begins before pytest has read its plugins and the checks.

pytest loads this plugin first (``-p gonogo.checks.plugin.early`` in pyproject.toml). It looks at the
command line and the target file alone and starts ssh, and where all of preflight is asked for its
questions, while the rest of pytest is imported. What it began is used by the run for that very target, and
ended unused otherwise.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gonogo.checks.plugin import argv
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.ssh.opening import Opening, opened
from gonogo.deploy.ssh.pipeline import LANES

if TYPE_CHECKING:
    from gonogo.checks.plugin.contact import Contact
    from gonogo.deploy.target.target import Target

IDLE = {"-h", "--help", "--version", "-V", "--collect-only", "--co", "--catalogue", "--fixtures", "--markers"}
QUIET = re.compile(r"^--replay|\boffline\b|(?:^|\s)-\w*moffline\b")
"""An argument with which no target is asked, or may not be: ``-m offline``, whatever else stands there."""
NARROWING = re.compile(
    r"(?:^|\s)(?:-[kmn]|--(?:deselect|ignore|last-failed|lf|stepwise|sw|numprocesses|dist)\b)"
)
"""An option with which only a part of preflight runs, or several processes share it."""
CONNECT_TIMEOUT_S = 10.0

Key = tuple[str, Path | None, float]


class Early:
    """What was begun for one target: the opening and, over it, the contact of a run of all of preflight."""

    def __init__(self, key: Key, opening: Opening, whole: bool) -> None:
        self._key, self._opening = key, opening
        self.whole = whole
        """Whether all of preflight is asked for."""
        self._contact: Contact | None = None
        self._taken = False
        atexit.register(self.close)

    def ask(self, arguments: Sequence[str], folder: Path) -> None:
        """Begin to ask what preflight will; a fault in the target file is left for pytest to tell."""
        # What a run imports anyway, and meanwhile ssh is on its way.
        from gonogo.checks.plugin.contact import Contact  # noqa: PLC0415
        from gonogo.deploy.redaction.redactor import Redactor  # noqa: PLC0415
        from gonogo.deploy.target import target_file  # noqa: PLC0415

        version, images_of = (
            next(argv.values(arguments, option), "") for option in ("--under-way", "--images-of")
        )
        file = argv.target_file(arguments, folder)
        assert file
        with contextlib.suppress(GonogoError):
            self._contact = Contact(
                target_file.load(file),
                Redactor(),
                opening=self._opening,
                asks=True,
                version=version,
                images_of=images_of,
            )

    def contact(self, target: Target, version: str, images_of: str) -> Contact | None:
        """Return the contact where it serves a run with these; it is given once."""
        if self._taken or self._contact is None or not self._contact.serves(target, version, images_of):
            return None
        self._taken = True
        return self._contact

    def take(self, target: Any) -> Opening | None:
        """Return the opening where it leads to ``target``; it is given once, and closed where it does not."""
        given = (target.host, target.ssh.config_file, target.thresholds.connect_timeout_s)
        if self._taken or self._contact or given != self._key:
            self.close()
            return None
        self._taken = True
        return self._opening

    def close(self) -> None:
        """End what nobody took."""
        if not self._taken:
            self._taken = True
            self._opening.close()
            if self._contact:
                self._contact.close()
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
        place = SimpleNamespace(
            host=host,
            ssh=SimpleNamespace(config_file=path),
            thresholds=SimpleNamespace(connect_timeout_s=seconds, command_timeout_s=0.0),
        )
        whole = argv.whole(arguments, folder, "preflight") and not any(map(NARROWING.search, words))
        return Early((host, path, seconds), opened(place, shells=LANES if whole else 1), whole)
    except (GonogoError, OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return None


def _started() -> Early | None:
    try:
        folder = Path.cwd()
    except OSError:
        return None  # it was removed, which the run tells
    arguments = list(argv.expanded(sys.argv[1:], folder))
    started = begin(arguments, folder)
    if started:
        # What is imported from here on lives to the end: to search it for garbage takes a tenth of the run.
        gc.disable()
        if started.whole:
            started.ask(arguments, folder)
    return started


STARTED = _started()
