"""A browser for the tests of the report page."""

from __future__ import annotations

import os
import shutil

from gonogo.deploy.errors import GonogoError
from lab import engine
from lab.docker import say


def ensure() -> str:
    """Return the path of Chromium, installed with apt-get as root on Debian or Ubuntu where it is missing.

    Raises GonogoError where it cannot be had.
    """
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say("no chromium on PATH: installing it and a font with apt-get")
        engine.apt("chromium", "fonts-dejavu-core")
        found = shutil.which("chromium")
    if found is None:
        raise GonogoError("no chromium on PATH, which the report's browser tests need: install it")
    return found
