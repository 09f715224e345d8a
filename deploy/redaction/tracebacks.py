"""Tracebacks, for who asked for them: ``--debug`` or GONOGO_DEBUG. Known secrets are hidden in them."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from gonogo.deploy.redaction.redactor import by_all

VARIABLE = "GONOGO_DEBUG"
OFF = ("", "0", "false", "no", "off")


def wanted() -> bool:
    """Return whether tracebacks are to be shown."""
    return os.environ.get(VARIABLE, "").strip().lower() not in OFF


def switch_on() -> None:
    """Show tracebacks from now on, in processes that this one starts as well."""
    os.environ[VARIABLE] = "1"


def traced(error: BaseException) -> str:
    """Return the traceback of an error, with the errors that led to it, redacted."""
    return by_all("".join(traceback.format_exception(error)))


def show(error: BaseException) -> None:
    """Print the traceback of an error to stderr, where that is wanted; each error once."""
    if wanted() and not getattr(error, "gonogo_shown", False):
        error.gonogo_shown = True  # type: ignore[attr-defined]
        print(traced(error), end="", file=sys.stderr, flush=True)


def place(error: BaseException) -> str:
    """Return where an error was raised, as ``file.py:12``; empty where nobody knows."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
