"""The pipeline: what several threads ask at the same moment goes to a few shells, without waiting in between.

A shell is sent its next questions before it has answered the ones before, so that the number of round trips
is the depth of what depends on each other, not the number of questions.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.ssh.channel import Gone, Late, TooMuch
from gonogo.deploy.ssh.framing import KILL_GRACE_S, Clock, Request, with_timeout
from gonogo.deploy.ssh.pool import Pool
from gonogo.deploy.ssh.shell import SLACK_S, TIMEOUT_STATUSES, Result, Shell
from gonogo.deploy.ssh.wake import Wake

LANES = 3
"""Shells that are asked side by side; the pool keeps one more for what cannot wait."""
WINDOW = 8
"""Questions that a shell is sent before it has answered: with fewer it would wait for the line."""

_TOGETHER: ContextVar[bool] = ContextVar("gonogo_together", default=False)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Let what this thread asks within go with what others ask at the same time, where it changes nothing."""
    token = _TOGETHER.set(True)
    try:
        yield
    finally:
        _TOGETHER.reset(token)


def is_together() -> bool:
    """Return whether this thread is within ``together``."""
    return _TOGETHER.get()


@dataclass
class Question:
    """A command on its way; ``result`` stays None when there came no answer that can be used."""

    command: str
    request: Request
    stdin: bytes | None
    limit: float
    done: threading.Event = field(default_factory=threading.Event)
    result: Result | None = None

    @property
    def data(self) -> bytes:
        """The lines for the shell."""
        return self.request.for_shell(self.stdin)

    def answer(self, result: Result | None) -> None:
        """Let whoever asked go on."""
        self.result = result
        self.done.set()


@dataclass
class Lane:
    """A shell's questions that are sent and not answered, and what wakes whoever waits for the answers."""

    wake: Wake
    sent: deque[Question] = field(default_factory=deque)
    ready: bool = False
    """Whether it has its shell by now."""


class Pipeline:
    """Asks questions of several threads over the shells of a pool, which it gives back when all is answered.

    ``clock``: what the target's ``timeout`` understands. ``stop`` ends what a shell runs.
    """

    def __init__(self, pool: Pool, clock: Clock, stop: Callable[[Shell], object]) -> None:
        self._pool, self._clock, self._stop = pool, clock, stop
        self._waiting: deque[Question] = deque()
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()
        self.answered = 0
        """How many questions were answered so."""

    def ask(self, command: str, stdin: bytes | None, timeout: float) -> Result | None:
        """Return the answer to a command that changes nothing; None where it has to be asked again, alone.

        ``timeout`` is in seconds. Raises UsageError for a command that no shell could be given.
        """
        request = Request(secrets.token_hex(16), with_timeout(command, timeout, self._clock))
        guarded = self._clock != "none"
        limit = timeout + KILL_GRACE_S + SLACK_S if guarded else timeout
        question = Question(command, request, stdin, limit)
        with self._lock:
            self._waiting.append(question)
            self._staff()
        question.done.wait()
        return question.result

    def _staff(self) -> None:
        """Let an idle shell take the question, or the one that has least to do."""
        more = len(self._lanes) < LANES
        ready = [lane for lane in self._lanes if lane.ready]
        if ready and not (more and self._pool.has_idle):
            min(ready, key=lambda lane: len(lane.sent)).wake.ring()
        if more:
            lane = Lane(Wake())
            self._lanes.append(lane)
            threading.Thread(target=self._run, args=(lane,), daemon=True, name="gonogo-lane").start()

    def _run(self, lane: Lane) -> None:
        shell: Shell | None = None
        try:
            shell = self._pool.take()
            lane.ready = True
            while self._serve(lane, shell):
                pass
            self._pool.give(shell)
        except ConnectionFailed:
            pass  # whoever asks again is given the cause
        except (Gone, Late, OSError, ValueError) as error:
            if shell and isinstance(error, Late):
                self._stop(shell)
            if shell:
                self._pool.retire(shell)
        finally:
            self._end(lane)

    def _serve(self, lane: Lane, shell: Shell) -> bool:
        """Ask what waits until nothing does; return whether something came meanwhile."""

        def send() -> None:
            for question in self._next(lane):
                shell.channel.send(question.data)

        lane.wake.call = send
        send()
        while lane.sent:
            question, begun = lane.sent[0], time.monotonic()
            result = self._receive(question, shell, lane.wake)
            lane.sent.popleft()
            question.answer(replace(result, seconds=time.monotonic() - begun) if result else None)
            self.answered += result is not None
            send()
        with self._lock:
            if not self._waiting:
                self._lanes.remove(lane)
            return bool(self._waiting)

    def _receive(self, question: Question, shell: Shell, wake: Wake) -> Result | None:
        try:
            status, out, err = shell.channel.receive(question.request.number, question.limit, wake=wake)
        except TooMuch:
            return None
        stopped = status in TIMEOUT_STATUSES and self._clock != "none"
        return None if stopped else Result(question.command, status, out, err, 0.0)

    def _next(self, lane: Lane) -> list[Question]:
        """Take a lane's share of what waits, as far as its window lets it through; the others take theirs."""
        with self._lock:
            room = [one for one in self._lanes if one.ready and len(one.sent) < WINDOW]
            if lane not in room:
                return []
            count = min(-(-len(self._waiting) // len(room)), WINDOW - len(lane.sent))
            taken = [self._waiting.popleft() for _ in range(count)]
            lane.sent.extend(taken)
            if self._waiting:
                for one in room:
                    one.wake.ring()
            return taken

    def _end(self, lane: Lane) -> None:
        """Let nobody wait for a lane that ended; without any other, for nothing."""
        with self._lock:
            if lane in self._lanes:
                self._lanes.remove(lane)
            left = [*lane.sent, *(() if self._lanes else self._waiting)]
            if not self._lanes:
                self._waiting.clear()
            lane.sent.clear()
            lane.wake.close()
        for question in left:
            question.answer(None)
