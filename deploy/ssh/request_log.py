"""The log of requests: what was asked of a target, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed, GonogoError
from gonogo.deploy.ssh import framing
from gonogo.deploy.ssh.channel import Gone, Late, TooMuch
from gonogo.deploy.ssh.shell import Result
from gonogo.deploy.ssh.transcript import Entry, Transcript

RECORDED = 64_000_000
"""Bytes of all answers that are kept for a recording; one for which there is no room is left out."""
SHOWN = 120
"""Characters of a command that a message shows."""


@dataclass(frozen=True)
class Asked:
    """A command that changes nothing, and its whole answer; not redacted."""

    command: str
    exit_status: int
    output: str = field(repr=False)
    errors: str = field(repr=False)


class RequestLog:
    """Keeps what is asked of ``host``; ``lost`` words a command's end without an answer.

    ``asked``: what was asked that changes nothing and may be kept, with its whole answer, for a recording.
    """

    def __init__(self, host: str, transcript: Transcript, lost: Callable[[str, str, bool], str]) -> None:
        self._host, self.transcript, self._lost = host, transcript, lost
        self.asked: list[Asked] = []
        self._room = RECORDED

    def of(  # noqa: PLR0913  one for each choice of its callers
        self,
        command: str,
        limit: float,
        ask: Callable[[], Result],
        *,
        mutates: bool = False,
        private: bool = False,
        size: Callable[[], int] | None = None,
    ) -> Result:
        """Return what ``ask`` does, which runs the command, and keep it; ``limit`` is in seconds.

        ``private``: of its output the size alone; ``size``: the bytes, where the Result does not have them.
        Raises CommandTimeout, ConnectionFailed and, for an answer that is too long, GonogoError; redacted.
        """
        __tracebackhide__ = True
        at, begun = time.time(), time.monotonic()
        status: int | None = None
        output, took = "interrupted", 0.0
        try:
            result = ask()
            if not mutates and not private:
                self._record(result)
            count = size() if size else len(result.stdout)
            took, at = result.seconds, min(at, time.time() - result.seconds)
            status, output = result.exit_status, _size(count) if private else _output(result)
            return result
        except (CommandTimeout, Late):
            output = f"{self._host}: `{short(command)}` did not end within {limit:g} s and was stopped"
            raise CommandTimeout(self.transcript.redact(output)) from None
        except TooMuch:
            output = too_long(self._host, command)
            raise GonogoError(self.transcript.redact(output)) from None
        except Gone as gone:
            output = self._lost(command, str(gone), mutates)
            raise ConnectionFailed(self.transcript.redact(output)) from None
        finally:
            took = max(took, time.monotonic() - begun)
            self.transcript.add(Entry(command, status, output, took, mutates, at))

    def _record(self, result: Result) -> None:
        size = len(result.stdout) + len(result.stderr)
        if size <= self._room:
            self._room -= size
            self.asked.append(Asked(result.command, result.exit_status, result.text, result.error_text))


def too_long(host: str, command: str) -> str:
    """Return what is said of an answer of which nothing was kept."""
    limit = f"{framing.ANSWER_LIMIT / 1_000_000:g} MB"
    return f"{host}: `{short(command)}` answered more than {limit}, so nothing of it was kept or judged"


def short(command: str) -> str:
    """Return a command for a message: on one line, cut where it is long."""
    line = " ".join(command.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _output(result: Result) -> str:
    between = "\n" if result.stdout and result.stderr and not result.stdout.endswith(b"\n") else ""
    return f"{result.text}{between}{result.error_text}"


def _size(count: int) -> str:
    return f"[{count} bytes, not kept: they may hold secrets]"
