"""A property that is asked once in a run, remembered with its evidence, and judged by one check."""

from __future__ import annotations

import threading
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from pydantic import TypeAdapter

from gonogo.deploy.errors import ConnectionFailed, GonogoError, Unknown
from gonogo.deploy.wire.transcript import Transcript

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
    """What a question gave: a value or an error, and which transcript entries it made."""

    value: Any
    error: Unknown | None
    entries: frozenset[int] = frozenset()


class Answers:
    """The answers so far, by key. Safe for several threads: each property is asked by one alone."""

    def __init__(self) -> None:
        self.known: dict[str, Answer] = {}
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
        for key in list(self.known):  # others may add to it meanwhile
            if key.startswith(begins):
                self.known.pop(key, None)

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
    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        ...


class Asked(Generic[T]):
    """A property that asks once; later reads give the same value, or raise the same Unknown, at no cost."""

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
            raise answer.error
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
        mark = holder.transcript.mark()
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
            answer = Answer(value, error, frozenset(used | set(holder.transcript.mine(mark))))
        holder.answers.known[key] = answer
        return answer


def ahead(wanted: Iterable[tuple[Asker, str]]) -> None:
    """Begin to ask for properties, each by what has it and its name; who needs one meanwhile waits for it."""
    pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="gonogo-ahead")
    for holder, name in wanted:
        pool.submit(_quietly, holder, name)
    pool.shutdown(wait=False)


def _quietly(holder: Asker, name: str) -> None:
    try:
        getattr(holder, name)
    except Unknown:
        return


def asked(
    check: str, *, keep: Callable[[Any], Any] | None = None, local: bool = False
) -> Callable[[Callable[[Any], T]], Asked[T]]:
    """Make a method a property that is asked once and that the check ``check`` judges.

    ``keep``: what of a value that holds secrets may be written to a file. ``local``: it asks this machine
    alone, so that it can be asked while the target is still being connected to.
    """
    return lambda ask: Asked(check, ask, keep, local)
