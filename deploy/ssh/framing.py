"""Framing: how one command is asked of a remote ``sh``, and how its answer is cut out of two byte streams.

A request is text for the standard input of ``sh``. The answer stands on each stream between two markers that
hold a random number of this request, so output may be any bytes, and what stray processes wrote before is
dropped. The command never sees the markers: the shell's builtin printf writes them.
"""

from __future__ import annotations

import base64
import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from gonogo.deploy.errors import UsageError

INLINE_STDIN = 64 * 1024
"""Bytes of standard input that travel inside a request; more takes a session of its own."""

COMMAND_LIMIT = 120_000
"""Bytes of a command: Linux takes at most 131,072 in one argument (execve(2), MAX_ARG_STRLEN)."""

KILL_GRACE_S = 2
"""Seconds between TERM and KILL for a command that is over its time."""

ANSWER_LIMIT = 16_000_000
"""Bytes of an answer that are kept, of a stream; of a longer one none: a part would be judged as all."""

Clock = Literal["fractional", "whole", "none"]
"""What the target's ``timeout`` understands; ``none``: the target has no usable ``timeout``."""

SESSION = "exec sh -c 'IFS= read -r c && eval \"$c\"'"
"""What every ssh session of ours runs, whatever the login shell: bash, zsh, fish and csh read it alike. The
command follows on standard input, so that neither the local nor the remote ``ssh`` shows it."""

PREAMBLE = (
    "{ LC_ALL=C; export LC_ALL; trap : INT TERM HUP; echo $$; "
    "if timeout -k 0.1 0.9 true; then echo fractional; "
    "elif timeout -k 1 1 true; then echo whole; else echo none; fi; command -v printf; command -v base64; }"
)
"""What a shell is told first: untranslated messages, so that parsers read the same words on every target; to
survive a command that signals its process group; and to say its process id and what the target has."""


def with_timeout(command: str, seconds: float, clock: Clock) -> str:
    """Return the ``sh`` text that runs ``command`` in a shell of its own, ended after ``seconds`` if it can.

    Raises UsageError for a command that no shell could be given.
    """
    if "\0" in command:
        raise UsageError("a command holds a NUL byte, which no shell takes: send such data as stdin")
    if len(command.encode(errors="surrogateescape")) > COMMAND_LIMIT:
        raise UsageError(f"a command has over {COMMAND_LIMIT} bytes, which Linux refuses: send data as stdin")
    if seconds <= 0:
        raise UsageError(f"a command's timeout is {seconds:g} s: expected more than 0")
    inner = f"sh -c {shlex.quote(command)}"
    if clock == "none":
        return inner
    limit = f"{seconds:.3f}" if clock == "fractional" else str(math.ceil(seconds))
    return f"timeout -k {KILL_GRACE_S} {limit} {inner}"


@dataclass(frozen=True)
class Request:
    """One question; ``number`` is 128 random bits in hexadecimal, ``text`` what ``sh`` is to run."""

    number: str
    text: str = field(repr=False)

    def for_shell(self, stdin: bytes | None) -> bytes:
        """Return the lines for ``sh``; stdin goes as base64 through the builtin printf, never in an argv."""
        if stdin is None:
            return self._framed(f"{self.text} </dev/null")
        return self._framed(f"printf %s '{base64.b64encode(stdin).decode()}' | base64 -d | {self.text}")

    def for_session(self) -> bytes:
        """Return the one line for SESSION; all that follows it is the command's standard input."""
        lines = self._framed(f"LC_ALL=C; export LC_ALL; {self.text}").rstrip(b"\n")
        escaped = "".join(chr(b) if 32 <= b < 127 and b not in b"\\'" else f"\\0{b:03o}" for b in lines)
        return f"eval \"$(printf %b '{escaped}')\"\n".encode()

    def _framed(self, body: str) -> bytes:
        begin, end = f"{self.number}<", f"{self.number}>"
        lines = (
            f"printf '{begin}%d\\n' $$; printf '{begin}\\n' >&2\n{body}\n"
            f"printf '{end}%d\\n' $?; printf '{end}\\n' >&2\n"
        )
        return lines.encode(errors="surrogateescape")


class Answer:
    """Collects one stream of one answer.

    ``pid`` is what stands behind the begin marker: on standard output, the process id of the shell; ``value``
    what stands behind the end marker: the exit status there.
    """

    def __init__(self, number: str) -> None:
        self._begin = f"{number}<".encode()
        self._end = f"{number}>".encode()
        self._data = bytearray()
        self._searched = 0
        self.pid: bytes | None = None
        self.value: bytes | None = None
        self.cut = False
        """Whether the answer is longer than ANSWER_LIMIT, so that it is not kept."""
        self.rest = bytearray()
        """What came after the end marker: the beginning of the next answer, where several were asked for."""

    @property
    def complete(self) -> bool:
        """Whether the end marker has arrived."""
        return self.value is not None

    @property
    def data(self) -> bytes:
        """The bytes of the answer, or, when it never began, all that was said instead."""
        return bytes(self._data)

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the stream, cut anywhere."""
        if self.complete:
            self.rest += piece
            return
        self._data += piece
        if self.pid is None and (found := self._find(self._begin)):
            place, self.pid, after = found
            del self._data[:after]
            self._searched = 0
        if self.pid is not None and (found := self._find(self._end)):
            place, self.value, after = found
            self.rest += self._data[after:]
            del self._data[place:]
        elif len(self._data) > ANSWER_LIMIT:
            self.cut = True
            # The end marker may have begun in the last bytes that came.
            del self._data[: -(len(self._end) - 1)]
            self._searched = 0

    def _find(self, mark: bytes) -> tuple[int, bytes, int] | None:
        """Return where the mark stands, what follows it on its line, and where the next line begins."""
        place = self._data.find(mark, self._searched)
        if place < 0:
            # Only what is new, and a mark that was cut in two, has to be searched the next time.
            self._searched = max(0, len(self._data) - len(mark))
            return None
        self._searched = place
        line_end = self._data.find(b"\n", place)
        if line_end < 0:
            return None
        return place, bytes(self._data[place + len(mark) : line_end]), line_end + 1


class Passing(Answer):
    """An answer whose bytes are handed on as they come, and not kept."""

    def __init__(self, number: str, to: Callable[[bytes], None]) -> None:
        super().__init__(number)
        self._to = to
        self._held = len(self._end) - 1
        """The end marker may have begun in the last bytes that came."""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the stream, cut anywhere, and hand on what is sure to be of the answer."""
        super().feed(piece)
        if self.pid is None or not self._data:
            return
        ready = len(self._data) if self.complete else self._safe()
        if ready > 0:
            data = bytes(self._data[:ready])
            del self._data[:ready]
            self._searched = max(0, self._searched - ready)
            self._to(data)

    def _safe(self) -> int:
        place = self._data.find(self._end)
        return place if place >= 0 else len(self._data) - self._held
