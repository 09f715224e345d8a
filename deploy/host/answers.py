"""A property that is asked once in a snapshot, kept with its evidence, and judged by one check."""

from __future__ import annotations

import contextlib
import threading
import typing
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from pydantic import TypeAdapter

from gonogo.deploy.errors import ConnectionFailed, GonogoError, Unknown
from gonogo.deploy.ssh.pipeline import together
from gonogo.deploy.ssh.transcript import Transcript

T = TypeVar("T")
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What parsers raise for an answer of an unknown form: from a wrapper in a program's place, say, or cut."""
SHOWN = 200
AHEAD = 32
"""Properties that are asked ahead at a time: nearly always they wait for the host or for each other."""
REACHABLE = ConnectionFailed.check
"""The check that judges whether there is a connection at all."""


@dataclass(frozen=True)
class Answer:
    """What a question gave: a value or an error, and which transcript entries it made.

    ``local``: this machine alone was asked, so a change of the target leaves it true.
    """

    value: Any
    error: Unknown | None
    entries: frozenset[int] = frozenset()
    local: bool = False


class Answers:
    """The answers of the present snapshot, by key. Safe for threads: each property is asked by one alone.

    ``fixed``: they are those of a recording, which no change makes void.
    """

    def __init__(self) -> None:
        self.known: dict[str, Answer] = {}
        self.latest: dict[str, Answer] = {}
        """What was answered last, also in a snapshot before."""
        self.fixed = False
        self._snapshot = 0
        self._guards: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._lock = threading.Lock()
        self._frames = threading.local()

    @property
    def used(self) -> set[int]:
        """The transcript entries behind what this thread used, since its frame began."""
        frames: list[set[int]] = self._frames.__dict__.setdefault("stack", [set()])
        return frames[-1]

    @contextmanager
    def frame(self) -> Iterator[set[int]]:
        """Collect what is used within, apart from what was used before."""
        _ = self.used
        stack: list[set[int]] = self._frames.stack
        stack.append(set())
        try:
            yield stack[-1]
        finally:
            stack.pop()

    def forget(self, *begins: str) -> None:
        """Forget every answer whose key begins so; it is asked for again then."""
        with self._lock:
            self._snapshot += 1
            self.known = {key: answer for key, answer in self.known.items() if not key.startswith(begins)}

    @property
    def snapshot(self) -> int:
        """The number of the present snapshot: an answer is kept only in the one in which it was asked for."""
        return self._snapshot

    def renew(self, *, here: bool = False) -> None:
        """Begin a new snapshot: forget what the target answered or, ``here``, what this machine did.

        What is being asked for now is not kept either.
        """
        if self.fixed:
            return
        with self._lock:
            self._snapshot += 1
            self.known = {key: answer for key, answer in self.known.items() if answer.local is not here}

    def keep(self, key: str, answer: Answer, snapshot: int) -> None:
        """Keep an answer that was asked for in ``snapshot``, unless there is a new one by now."""
        with self._lock:
            self.latest[key] = answer
            if snapshot == self._snapshot:
                self.known[key] = answer

    def guard(self, key: str) -> threading.RLock:
        """Return the lock under which the property with this key is asked."""
        with self._lock:
            return self._guards[key]


class Asker(Protocol):
    """What has such properties: a transcript, the answers so far, and a key for each property."""

    @property
    def transcript(self) -> Transcript: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def local(self) -> bool:
        """Whether all its properties ask this machine alone."""
        ...

    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        ...


class Asked(Generic[T]):
    """A property that asks once in a snapshot; later reads give the same value, or raise the same Unknown."""

    def __init__(
        self, check: str, ask: Callable[[Any], T], keep: Callable[[Any], Any] | None, local: bool
    ) -> None:
        self.check, self._ask, self._keep, self.local = check, ask, keep, local
        self.__doc__ = ask.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: Asker, owner: type) -> T: ...
    def __get__(self, holder: Asker | None, owner: type) -> T | Self:
        if holder is None:
            return self
        key = holder.key(self._name)
        answer = holder.answers.known.get(key)
        if answer is None:
            with holder.answers.guard(key):
                answer = holder.answers.known.get(key) or self._ask_now(holder, key)
        holder.answers.used.update(answer.entries)
        if answer.error:
            # The traceback of each who read it before would be part of it, and be told for each anew.
            raise answer.error.with_traceback(None)
        value: T = answer.value
        return value

    @cached_property
    def adapter(self) -> TypeAdapter[T]:
        """What turns the property's value into JSON and back."""
        return TypeAdapter(typing.get_type_hints(self._ask)["return"])

    def kept(self, value: T) -> Any:
        """Return the value as JSON's types, as it may be written to a file: without what must not be kept."""
        return self.adapter.dump_python(self._keep(value) if self._keep else value, mode="json")

    def _ask_now(self, holder: Asker, key: str) -> Answer:
        mark, snapshot = holder.transcript.mark(), holder.answers.snapshot
        value, error = None, None
        with holder.answers.frame() as used:
            try:
                value = self._ask(holder)
            except Unknown as unknown:
                error = unknown
            except ConnectionFailed as failed:
                error = Unknown(failed.check, str(failed))
            except GonogoError as failed:
                error = Unknown(self.check, str(failed))
            except UNREADABLE as garbled:
                said = " ".join(f"{type(garbled).__name__}: {garbled}".split())[:SHOWN]
                error = Unknown(self.check, f"the answer cannot be read ({said}): see the evidence for it")
            entries = frozenset(used | set(holder.transcript.mine(mark)))
        answer = Answer(value, error, entries, self.local or holder.local)
        holder.answers.keep(key, answer, snapshot)
        return answer


def ahead(wanted: Iterable[Callable[[], object]]) -> None:
    """Begin to ask, side by side, whatever each of these asks; who needs an answer meanwhile waits for it."""
    waiting = deque(wanted)
    for _ in range(min(AHEAD, len(waiting))):
        threading.Thread(target=_ask_each, args=(waiting,), daemon=True, name="gonogo-ahead").start()


def _ask_each(waiting: deque[Callable[[], object]]) -> None:
    with together(), contextlib.suppress(IndexError):
        while True:
            ask = waiting.popleft()
            # Whoever needs the answer asks again, and is given what was wrong.
            with contextlib.suppress(Exception):
                ask()


def asked(
    check: str, *, keep: Callable[[Any], Any] | None = None, local: bool = False
) -> Callable[[Callable[[Any], T]], Asked[T]]:
    """Make a method a property that is asked once and that the check ``check`` judges.

    ``keep``: what of a value that holds secrets may be written to a file. ``local``: it asks this machine
    alone, so that it can be asked while the target is still being connected to.
    """
    return lambda ask: Asked(check, ask, keep, local)
