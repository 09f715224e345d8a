"""How a command ends that did not do what it was asked for: one sentence, an exit code, and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.progress import events, lines
from gonogo.deploy.redaction import tracebacks
from gonogo.deploy.redaction.redactor import by_all
from gonogo.deploy.steps.report_step import INTERRUPTED
from gonogo.reports.words import plain

FAULT = INTERRUPTED
"""The exit code after a fault of gonogo's own: as after an interruption, the journal has it."""


def code_of(command: Callable[[], object], *, as_json: bool) -> int:
    """Run a command and return its exit code; what went wrong is told on stderr, and as an event too."""
    try:
        done = command()
        return done if isinstance(done, int) else 0
    except typer.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _told("interrupted", INTERRUPTED, as_json=as_json)
    except GonogoError as error:
        tracebacks.show(error)
        return _told(str(error), error.exit_code, as_json=as_json)
    except Exception as error:  # noqa: BLE001  nobody is to read a traceback who did not ask for it
        return _unforeseen(error, as_json=as_json)


def _unforeseen(error: Exception, *, as_json: bool) -> int:
    show = getattr(error, "show", None)
    if show is not None:  # a usage error of the command line knows how to tell itself
        show()
        _event(str(getattr(error, "message", error)), UsageError.exit_code, as_json=as_json)
        return UsageError.exit_code
    tracebacks.show(error)
    more = "" if tracebacks.wanted() else "; --debug shows more"
    where = tracebacks.place(error)
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    sentence = (
        f"an internal error ({told}{f', at {where}' if where else ''}): "
        f"`gonogo status` says how things stand on the target{more}"
    )
    return _told(sentence, FAULT, as_json=as_json)


def _told(message: str, code: int, *, as_json: bool) -> int:
    message = by_all(message)
    print(f"gonogo: {plain(message)}", file=sys.stderr)
    _event(message, code, as_json=as_json)
    return code


def _event(message: str, code: int, *, as_json: bool) -> None:
    if as_json:
        lines.write(events.Failure(message=message, exit_code=code))
