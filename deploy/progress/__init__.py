"""How a run tells what it does: on a terminal, as plain lines, as JSON, or hardly at all."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from gonogo.deploy.progress.base import Progress
from gonogo.deploy.progress.lines import Lines
from gonogo.deploy.progress.plain import Plain
from gonogo.deploy.progress.terminal import Terminal

__all__ = ["Lines", "Plain", "Progress", "Terminal", "choose"]

DUMB = ("dumb", "unknown")
"""What TERM says of a terminal that cannot move its cursor."""


def choose(*, quiet: bool, as_json: bool, out: TextIO | None = None) -> Progress:
    """Return what fits the options and where the output goes."""
    stream = out or sys.stdout
    if as_json:
        return Lines(stream)
    if quiet:
        return Progress(stream)
    if not stream.isatty() or os.environ.get("TERM", "").lower() in DUMB:
        return Plain(stream)
    return Terminal(stream)
