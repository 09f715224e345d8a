"""Prefetch: what the last run asked is asked again at once, and each answer of this run is served once.

Nothing that was answered in an earlier run is ever served: only the questions are remembered. What was not
foreseen, what is asked a second time, and whatever comes after a command that may change something goes out.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gonogo.deploy.wire.channel import Gone, Late
from gonogo.deploy.wire.framing import KILL_GRACE_S, Clock, Request, with_timeout
from gonogo.deploy.wire.shell import SLACK_S, TIMEOUT_STATUSES, Result, Shell

STARTING_S = 0.15
"""How much later than the first shell the others begin, for dividing the questions among them."""


@dataclass(frozen=True)
class Question:
    """A command that changes nothing: its standard input, its time limit and how long it took, in seconds.

    ``urgent``: something that takes longer than a command had to wait for its answer.
    """

    command: str
    stdin: str | None
    timeout: float
    seconds: float = 0.0
    urgent: bool = False

    @property
    def key(self) -> tuple[str, str | None]:
        """What an answer is looked up by."""
        return self.command, self.stdin


@dataclass
class Slot:
    """An answer on its way; ``result`` is None when there came none that can be served."""

    done: threading.Event = field(default_factory=threading.Event)
    result: Result | None = None


@dataclass(frozen=True)
class Share:
    """The questions that one shell is asked, as it is asked them."""

    questions: list[Question]
    requests: list[Request]

    def data(self) -> bytes:
        """Return the lines for the shell."""
        asked = zip(self.questions, self.requests, strict=True)
        return b"".join(r.for_shell(None if q.stdin is None else q.stdin.encode()) for q, r in asked)


class Prefetch:
    """The answers to ``questions``, asked of several shells at a time. Safe to share between threads.

    ``clock``: what the shells of the target had for a clock when the questions were remembered.
    """

    def __init__(
        self,
        questions: Sequence[Question] = (),
        clock: Clock = "none",
        forwards: Iterable[tuple[str, int]] = (),
    ) -> None:
        self._clock: Clock = clock
        self.forwards = tuple(forwards)
        self._questions = list({question.key: question for question in questions}.values())
        self._slots = {question.key: Slot() for question in self._questions}
        self._unserved = dict(self._slots)
        self._lock = threading.Lock()
        self.asked: list[Question] = []
        """What was asked in this run and may be asked ahead in the next one."""
        self.served = 0
        """How many of these were answered ahead."""

    def remember(self, result: Result, stdin: bytes | None, timeout: float) -> Result:
        """Remember a question for the next run; returns its result as it is."""
        with contextlib.suppress(UnicodeDecodeError):
            text = None if stdin is None else stdin.decode()
            self.asked.append(Question(result.command, text, timeout, result.seconds))
        return result

    def shares(self, count: int) -> list[Share]:
        """Divide the questions among ``count`` shells, so that all have about as much to do.

        The urgent come first, then the slowest, which keeps the end short; the first shell begins earlier
        than the others.
        """
        busy = [0.0] + [STARTING_S] * (count - 1)
        parts: list[list[Question]] = [[] for _ in busy]
        for question in sorted(self._questions, key=lambda one: (not one.urgent, -one.seconds)):
            least = busy.index(min(busy))
            parts[least].append(question)
            busy[least] += question.seconds
        return [Share(part, [self._request(question) for question in part]) for part in parts]

    def _request(self, question: Question) -> Request:
        text = with_timeout(question.command, question.timeout, self._clock)
        return Request(secrets.token_hex(16), text)

    def collect(self, shell: Shell, share: Share) -> bool:
        """Take a shell's answers as they come; return whether the shell is ready for the next command."""
        usable = shell.clock == self._clock and shell.takes_stdin
        waiting = list(zip(share.questions, share.requests, strict=True))
        try:
            while waiting:
                question, request = waiting[0]
                limit = question.timeout + KILL_GRACE_S + SLACK_S
                status, out, err = shell.channel.receive(request.number, limit)
                waiting.pop(0)
                stopped = status in TIMEOUT_STATUSES and self._clock != "none"
                answer = Result(question.command, status, out, err, question.seconds)
                self._fill(question, answer if usable and not stopped else None)
        except (Gone, Late, OSError, ValueError):
            return False
        finally:
            self.give_up(question for question, _ in waiting)
        return True

    def give_up(self, questions: Iterable[Question]) -> None:
        """Let nobody wait for these any more."""
        for question in questions:
            self._fill(question, None)

    def _fill(self, question: Question, result: Result | None) -> None:
        slot = self._slots[question.key]
        if not slot.done.is_set():
            slot.result = result
            slot.done.set()

    def serve(self, command: str, stdin: bytes | None, seconds: float) -> Result | None:
        """Return the answer of this run to a question, once, waiting for it; None when it has to be asked."""
        try:
            key = command, None if stdin is None else stdin.decode()
        except UnicodeDecodeError:
            return None
        with self._lock:
            slot = self._unserved.pop(key, None)
        if slot is None or not slot.done.wait(seconds):
            return None
        self.served += slot.result is not None
        return slot.result

    def drop(self) -> None:
        """Forget every answer that was not served: something may have changed."""
        with self._lock:
            dropped, self._unserved = self._unserved, {}
        for slot in dropped.values():
            slot.result = None
            slot.done.set()
